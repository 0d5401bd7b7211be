import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import type { JobContext } from '../../../shared/progress.ts';
import { readDelta } from '../edit/delta-file.ts';
import { ggufAdapter } from '../edit/gguf-adapter.ts';
import { othersOf } from '../evaluate/neighbours.ts';
import { checkRecords } from '../evaluate/protocol.ts';
import type { CheckRecord } from '../evaluate/records.ts';
import type { Jobs } from '../jobs.ts';
import { messageOf, mustCarry, readGgufFile } from '../llama/gguf-file.ts';
import { LLAMA_PACKAGE, loadLlama, type LlamaModel, type LlamaPackage, type LlamaRuntime } from '../llama/package.ts';
import { encode, LlamaScorer } from '../llama/scorer.ts';
import { readModelType } from '../onnx/model-config.ts';
import { joinTarget } from '../text/positions.ts';
import type { OpenModels } from './open-models.ts';

/** Asks a GGUF file in llama.cpp, without and with the adapter that deltas make. */
export async function ggufCheck(
  models: OpenModels,
  { model, deltas, gguf, records }: Jobs['ggufCheck']['params'],
  context: JobContext,
): Promise<Jobs['ggufCheck']['result']> {
  const found = await loadLlama();
  await models.forgetGenerators();
  const { base, tokenizer } = await models.open(model);
  const adapter = ggufAdapter({
    anatomy: base.anatomy,
    deltas: deltas.map((file) => readDelta(file).delta),
    modelType: readModelType(base.source.folder),
  });
  const file = await readGgufFile(found.llama, gguf);
  mustCarry(gguf, file, adapter);
  const threads = Number(process.env['EMEND_THREADS'] ?? 0);
  const place = await mkdtemp(join(tmpdir(), 'emend-gguf-'));
  const opened = await open(found.llama, gguf, threads).catch(async (error: unknown) => {
    await rm(place, { recursive: true, force: true });
    throw error;
  });
  try {
    const path = join(place, 'adapter.gguf');
    await writeFile(path, adapter.bytes);
    const texts = textsOf(records);
    const rows = texts.map((text) => encode(opened.model, text));
    const options = { longest: Math.max(...rows.map((row) => row.length)), threads, check: () => context.check() };
    const without = await LlamaScorer.create(opened.model, options);
    const laid = await LlamaScorer.create(opened.model, { ...options, adapter: path });
    const before = await checkRecords(without, records, { generation: false }, context);
    const after = await checkRecords(laid, records, { generation: false, baseline: without }, context);
    await laid.release();
    await without.release();
    return {
      before,
      after,
      file: { name: basename(gguf), architecture: file.architecture, type: file.type },
      runtime: `llama.cpp ${opened.runtime.llamaCppRelease.release} (${LLAMA_PACKAGE.name} ${found.version})`,
      texts: texts.length,
      cutOtherwise: texts.filter((text, at) => !isSame(rows[at]!, tokenizer.encode(text))).length,
    };
  } finally {
    await opened.model.dispose();
    await opened.runtime.dispose();
    await rm(place, { recursive: true, force: true });
  }
}

/** @throws EmendError 'failed' with what llama.cpp says */
async function open(
  llama: LlamaPackage,
  gguf: string,
  threads: number,
): Promise<{ readonly runtime: LlamaRuntime; readonly model: LlamaModel }> {
  const said: string[] = [];
  const reason = (error: unknown) => [messageOf(error), ...said.map((line) => line.trim())].filter((line) => line !== '').join('; ');
  const runtime = await llama
    .getLlama({
      build: 'never',
      gpu: false,
      logLevel: 'error',
      logger: (_, message) => void said.push(message),
      ...(threads > 0 ? { maxThreads: threads } : {}),
    })
    .catch((error: unknown) => {
      throw new EmendError(
        'failed',
        `llama.cpp could not be started: ${reason(error)}.`,
        `Install ${LLAMA_PACKAGE.name} with the binaries for this system: without --omit=optional.`,
      );
    });
  try {
    return { runtime, model: await runtime.loadModel({ modelPath: gguf, gpuLayers: 0 }) };
  } catch (error) {
    await runtime.dispose();
    throw new EmendError(
      'bad-file',
      `llama.cpp could not load ${gguf}: ${reason(error)}.`,
      'Try it in llama.cpp by itself: a newer kind of file needs a newer node-llama-cpp.',
    );
  }
}

/** Every text that a check asks, with its longest answer. */
function textsOf(records: readonly CheckRecord[]): string[] {
  const texts = records.flatMap((record) => {
    const { fact, paraphrases } = record;
    const own = [fillPrompt(fact.prompt, fact.subject).text, ...paraphrases].flatMap((prompt) => [
      prompt,
      ...[fact.target, fact.previousTarget].flatMap((target) => (target === undefined ? [] : joinTarget(prompt, target).text)),
    ]);
    const others = othersOf(record).flatMap(({ prompt, target }) => [
      prompt,
      ...[fact.target, target].flatMap((one) => (one === undefined ? [] : joinTarget(prompt, one).text)),
    ]);
    return [...own, ...others];
  });
  return [...new Set(texts)];
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((id, at) => id === other[at]);
}
