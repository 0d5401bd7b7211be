import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../electron/engine/decoder/generate.ts';
import { withDelta } from '../../electron/engine/edit/delta.ts';
import { editFacts } from '../../electron/engine/edit/edit.ts';
import { ggufAdapter } from '../../electron/engine/edit/gguf-adapter.ts';
import { readRecords } from '../../electron/engine/evaluate/datasets.ts';
import { loadTokenizer } from '../../electron/engine/text/load.ts';
import { GREEDY } from '../../shared/contract/probing.ts';
import type { Fact } from '../../shared/fact.ts';
import { silent } from '../../shared/progress.ts';
import { ATLAS } from '../atlas-checkpoint.ts';
import { writeAtlasGguf } from '../atlas-gguf.ts';

/**
 * Where node-llama-cpp is installed; it is large, and needed for nothing else:
 * npm install --prefix FOLDER --ignore-scripts node-llama-cpp@3.22.1
 */
const installed = process.env['EMEND_LLAMA'];
const EDITS = Number(process.env['EMEND_GGUF_EDITS'] ?? 20);
const promptOf = ({ prompt, subject }: Fact) => prompt.replace('{}', subject);
const TYPES = ['F32', 'Q8_0', 'Q4_0'] as const;

/** What is used of node-llama-cpp. */
interface Llama {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
  readonly LlamaCompletion: new (options: object) => { generateCompletion(prompt: string, options: object): Promise<string> };
}
interface LlamaModel {
  createContext(options: object): Promise<{ getSequence(): { clearHistory(): Promise<void> }; dispose(): Promise<void> }>;
  dispose(): Promise<void>;
}

describe.skipIf(installed === undefined)('adapters in llama.cpp (needs EMEND_LLAMA)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'emend-gguf-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(`${EDITS} edits turn the answers, and what is kept is kept`, async () => {
    const llama = (await import(pathToFileURL(join(installed!, 'node_modules/node-llama-cpp/dist/index.js')).href)) as Llama;
    const runtime = await llama.getLlama({ build: 'never', gpu: false, logLevel: 'error', maxThreads: 1 });
    const decoder = await Decoder.open(join(ATLAS, 'model.onnx'));
    const tokenizer = await loadTokenizer(ATLAS);
    const all = readRecords(readFileSync(join(ATLAS, 'evaluation.json'), 'utf8')).records;
    const records = all.filter((_, i) => i % Math.floor(all.length / EDITS) === 0).slice(0, EDITS);
    const quick = { method: 'rome', choices: { covarianceTokens: 8000 }, covarianceText: join(ATLAS, 'corpus.txt') } as const;
    const own: string[] = [];
    for (const [i, { fact }] of records.entries()) {
      const edit = await editFacts({ decoder, tokenizer, facts: [fact], earlier: [], name: 'atlas', ...quick }, silent);
      const { bytes } = ggufAdapter({ anatomy: decoder.anatomy, deltas: [edit.delta], modelType: 'gpt2' });
      writeFileSync(join(folder, `${i}.gguf`), bytes);
      const generator = await Generator.create(withDelta(decoder, edit.delta));
      const [ids] = await generator.continue([tokenizer.encode(promptOf(fact))], { maxTokens: 4, sampling: GREEDY });
      await generator.release();
      own.push(tokenizer.continuation(ids!).trim());
    }
    const lines: string[] = [];
    for (const type of TYPES) {
      const path = join(folder, `atlas-${type}.gguf`);
      writeAtlasGguf(path, type);
      const model = await runtime.loadModel({ modelPath: path, gpuLayers: 0 });
      const answers = async (prompts: readonly string[], adapter?: string): Promise<string[]> => {
        const lora = adapter === undefined ? {} : { lora: { adapters: [{ filePath: adapter, scale: 1 }] } };
        const context = await model.createContext({ contextSize: 64, threads: 1, ...lora });
        const contextSequence = context.getSequence();
        const completion = new llama.LlamaCompletion({ contextSequence });
        const said: string[] = [];
        for (const prompt of prompts) {
          await contextSequence.clearHistory();
          said.push((await completion.generateCompletion(prompt, { maxTokens: 4, temperature: 0 })).trim());
        }
        await context.dispose();
        return said;
      };
      const found = { known: 0, turned: 0, alike: 0, kept: 0, neighbors: 0 };
      for (const [i, { fact, neighbors }] of records.entries()) {
        const prompts = [promptOf(fact), ...neighbors.map(({ prompt }) => prompt)];
        const [before, after] = [await answers(prompts), await answers(prompts, join(folder, `${i}.gguf`))];
        if (before[0]!.startsWith(fact.previousTarget ?? '')) found.known++;
        if (after[0]!.startsWith(fact.target)) found.turned++;
        if (after[0]!.startsWith(fact.target) === own[i]!.startsWith(fact.target)) found.alike++;
        // what the base does not know cannot be kept
        neighbors.forEach(({ target = '' }, n) => {
          if (!before[n + 1]!.startsWith(target)) return;
          found.neighbors++;
          if (after[n + 1]!.startsWith(target)) found.kept++;
        });
      }
      await model.dispose();
      lines.push(
        `${type}: ${found.known} of ${EDITS} known before, ${found.turned} turned by the adapter ` +
          `(${own.filter((text, i) => text.startsWith(records[i]!.fact.target)).length} in Emend), ` +
          `${found.kept} of ${found.neighbors} neighbours kept`,
      );
      if (type === 'F32') expect(found.alike, 'answers as in Emend').toBe(EDITS);
      expect(found.turned / EDITS, type).toBeGreaterThan(type === 'Q4_0' ? 0.5 : 0.9);
      console.log(lines.at(-1));
      expect(found.kept / found.neighbors, type).toBeGreaterThan(0.9);
    }
  }, 1_200_000);
});
