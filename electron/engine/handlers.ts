import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { fillPrompt } from '../../shared/fact.ts';
import { changedTensorsFile } from './edit/changed-tensors.ts';
import { readModelType } from './edit/checkpoint-names.ts';
import { changedBytes, deltaNorms, withDelta } from './edit/delta.ts';
import { loraAdapter } from './edit/lora.ts';
import type { EditOutcome } from './edit/outcome.ts';
import { editSettings, listed, unusedInWords } from './edit/settings.ts';
import { readDelta, writeDelta } from './edit/delta-file.ts';
import { editFacts } from './edit/edit.ts';
import type { Report } from './edit/types.ts';
import { checkRecords } from './evaluate/protocol.ts';
import type { Answer, ExportOutcome, Inspection, JobName, Jobs, ModelRef } from './jobs.ts';
import { graphFile, tokenizerFolder } from './model-folder.ts';
import { modelFiles } from './onnx/identity.ts';
import { patchModel } from './onnx/patch.ts';
import { readModel } from './onnx/read.ts';
import { tensorBytes, tensorFloats } from './onnx/tensors.ts';
import { norm } from './linalg/matrix.ts';
import { Decoder } from './runtime/decoder.ts';
import { DecoderScorer } from './runtime/decoder-scorer.ts';
import { Generator } from './runtime/generate.ts';
import { readVersion, saveVersion } from './version-file.ts';
import { writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { sha256 } from '../storage/hash.ts';
import { largest, logSoftmax } from './runtime/sampling.ts';
import { cutFact, tokenizerOf } from './text/cut.ts';
import { loadTokenizer } from './text/load.ts';
import { Detokenizer, type Tokenizer } from './text/tokenizer.ts';

/** What a job may tell while it runs. */
export interface JobContext extends Report {
  /** A piece of generated text. */
  say(piece: string): void;
}

type Handlers = { readonly [J in JobName]: (params: Jobs[J]['params'], context: JobContext) => Promise<Jobs[J]['result']> };

/** Does the jobs; a worker thread calls them one at a time. */
export const handlers: Handlers = {
  inspect: async ({ model }) => inspect(await opened(model)),
  ask: async (params, context) => ask(await opened(params.model), params, context),
  edit: async (params, context) => edit(await opened(params.model), params, context),
  check: async (params, context) => check(params, context),
  export: async (params, context) => exportModel(await opened(params.model), params, context),
  rebuild: async ({ model, deltas, save }, context) => rebuild(await opened(model), deltas, save, context),
  compare: async ({ model, other }) => compare((await opened(model)).decoder, (await opened(other)).decoder),
  adapter: async ({ model, deltas, target, metadata }) => {
    const { base } = await opened(model);
    const adapter = loraAdapter({
      anatomy: base.anatomy,
      deltas: deltas.map((file) => readDelta(file).delta),
      modelType: readModelType(base.source.folder),
      metadata,
    });
    await writeDurably(explained(disk), join(target, 'adapter_config.json'), Buffer.from(adapter.config));
    await writeDurably(explained(disk), join(target, 'adapter_model.safetensors'), adapter.weights);
    return { files: ['adapter_config.json', 'adapter_model.safetensors'] };
  },
  tensorsFile: async ({ model, target, metadata }) => {
    const { decoder } = await opened(model);
    const changed = new Map(
      [...decoder.changes].map(([name, tensor]) => [
        name,
        { dtype: tensor.dtype, dims: tensor.dims, bytes: tensorBytes(decoder.model, tensor) },
      ]),
    );
    const { bytes } = changedTensorsFile({ anatomy: decoder.anatomy, changed, modelType: readModelType(decoder.source.folder), metadata });
    await writeDurably(explained(disk), join(target, 'changed.safetensors'), bytes);
    return { files: ['changed.safetensors'] };
  },
  settings: async ({ model, method, hyperparameterFile, name }) => {
    const { anatomy } = (await opened(model)).decoder;
    const { descriptor, settings, unused } = editSettings({ method, choices: {}, hyperparameterFile }, anatomy, name);
    const words = hyperparameterFile ? unused.map((fields) => unusedInWords(hyperparameterFile, fields)) : [];
    return { settings: listed(descriptor, settings), unused: words };
  },
  files: async ({ model }) => {
    const read = readModel(graphFile(model.folder));
    return { files: modelFiles(read).map((file) => join(read.folder, file)) };
  },
  cut: async ({ model, facts }) => {
    const tokenizer = await tokenizerOf(tokenizerFolder(model.folder));
    return { facts: facts.map((fact) => cutFact(tokenizer, fact)) };
  },
  tokens: async ({ model, text }) => {
    const tokenizer = await tokenizerOf(tokenizerFolder(model.folder));
    return { tokens: tokenizer.encode(text).map((id) => ({ id, text: tokenizer.tokenText(id) })) };
  },
};

interface Opened {
  readonly decoder: Decoder;
  /** Without the delta, and the imported folder as it is. */
  readonly before: Decoder;
  readonly base: Decoder;
  readonly tokenizer: Tokenizer;
  readonly folder: string;
}

let last: { folder: string; base: Decoder; tokenizer: Tokenizer } | undefined;

/** Opens a model; the last one stays open, since jobs on the same model follow one another. */
async function opened(model: ModelRef): Promise<Opened> {
  const folder = resolve(model.folder);
  if (last?.folder !== folder) {
    const file = graphFile(folder);
    const threads = Number(process.env['EMEND_THREADS'] ?? 0);
    last = { folder, base: await Decoder.open(file, { threads }), tokenizer: await loadTokenizer(tokenizerFolder(folder)) };
  }
  const { base, tokenizer } = last;
  const before = model.version === undefined ? base : readVersion(base, model.version);
  const decoder = model.delta === undefined ? before : withDelta(before, readDelta(model.delta).delta);
  return { decoder, before, base, tokenizer, folder };
}

async function inspect({ decoder, tokenizer, folder }: Opened): Promise<Inspection> {
  const { source, anatomy } = decoder;
  const constants = [...source.graph.constants.values()];
  const files = modelFiles(source).map((f) => join(source.folder, f));
  const special = (id: number | undefined) => (id === undefined ? undefined : tokenizer.tokenText(id));
  return {
    folder,
    graphFile: source.file,
    architecture: readModelType(source.folder) ?? 'decoder',
    producer: source.producer,
    opset: source.opsets.get('') ?? 0,
    parameters: constants.filter((t) => t.dims.length >= 2).reduce((sum, t) => sum + t.dims.reduce((a, d) => a * d, 1), 0),
    bytes: files.reduce((sum, f) => sum + statSync(f).size, 0),
    hiddenSize: anatomy.hiddenSize,
    vocabulary: anatomy.vocabulary,
    cache: decoder.inputs.past.length > 0,
    precision: anatomy.layers[0]!.mlp.down.quantised ? 'quantised' : anatomy.layers[0]!.mlp.down.dtype,
    tokenizer: {
      kind: tokenizer.addsBos ? 'adds a start token' : 'plain',
      size: tokenizer.vocabularySize,
      bos: special(tokenizer.bosId),
      eos: special(tokenizer.eosId),
    },
    layers: anatomy.layers.map((l, layer) => ({
      layer,
      heads: l.attention?.heads,
      keyWidth: l.mlp.down.inWidth,
      weight: l.mlp.down.weight,
      layout: l.mlp.down.layout,
      gated: l.mlp.gated,
      parallel: l.parallel,
      postNorm: l.mlp.postNorm,
      refusal: l.mlp.refusal,
    })),
    warnings: anatomy.warnings,
  };
}

/** Sessions of the versions asked last: asking again, or two versions in turn, need not make them anew. */
const generators = new Map<string, Promise<Generator>>();
const KEPT_GENERATORS = 2;

/** @param long repacking weights pays only over many tokens */
function generatorFor(model: ModelRef, decoder: Decoder, long: boolean): Promise<Generator> {
  const key = JSON.stringify([resolve(model.folder), model.version, model.delta, model.delta && statSync(model.delta).mtimeMs]);
  const known = generators.get(key);
  generators.delete(key);
  const generator = known ?? Generator.create(decoder, { prepack: long });
  generators.set(key, generator);
  generator.catch(() => generators.delete(key));
  for (const old of [...generators.keys()].slice(0, -KEPT_GENERATORS)) void forget(old);
  return generator;
}

async function forget(key: string): Promise<void> {
  const generator = generators.get(key);
  generators.delete(key);
  await (await generator)?.release();
}

/** Everything but asking needs the memory for itself. */
async function forgetGenerators(): Promise<void> {
  await Promise.all([...generators.keys()].map(forget));
}

async function ask({ decoder, tokenizer }: Opened, params: Jobs['ask']['params'], context: JobContext): Promise<Answer> {
  const ids = tokenizer.encode(params.prompt);
  if (ids.length === 0) throw new EmendError('bad-input', 'The prompt is empty.', 'Write a prompt, such as "The capital of France is".');
  const generator = await generatorFor(params.model, decoder, params.maxTokens > 8);
  const logits = (await generator.next([ids]))[0]!;
  const logp = logSoftmax(logits);
  const next = largest(logits, params.top).map((id) => ({ id, token: tokenizer.tokenText(id), probability: Math.exp(logp[id]!) }));
  const stream = new Detokenizer(tokenizer);
  let text = '';
  const say = (piece: string) => {
    text += piece;
    if (piece !== '') context.say(piece);
  };
  const pieces: { text: string; probability: number }[] = [];
  let tokens = 0;
  await generator.continue([ids], {
    maxTokens: params.maxTokens,
    sampling: params.sampling,
    stopAt: tokenizer.eosIds,
    check: () => context.check(),
    onToken: (_, id, probability) => {
      const piece = stream.push(id);
      tokens++;
      pieces.push({ text: piece, probability: probability() });
      say(piece);
      return undefined;
    },
  });
  const rest = stream.end();
  if (rest !== '') pieces.push({ text: rest, probability: pieces.at(-1)?.probability ?? 1 });
  say(rest);
  return { prompt: params.prompt, next, text, tokens, pieces };
}

async function edit({ decoder, tokenizer, folder }: Opened, params: Jobs['edit']['params'], context: JobContext): Promise<EditOutcome> {
  await forgetGenerators();
  const started = performance.now();
  const { facts, method, choices = {}, hyperparameterFile, covarianceText, earlier = [], name = basename(folder) } = params;
  const asked = { method, choices, hyperparameterFile, covarianceText, name };
  const made = await editFacts({ ...asked, decoder, tokenizer, facts, earlier }, context);
  const edited = withDelta(decoder, made.delta);
  const questions = params.facts.map((f) => ({ prompt: fillPrompt(f.prompt, f.subject).text, target: f.target }));
  const chances = async (version: Decoder) => {
    const scorer = new DecoderScorer(version, tokenizer, () => context.check(), { prepack: false });
    try {
      return (await scorer.scoreTargets(questions)).map((s) => Math.exp(-s.nll));
    } finally {
      await scorer.release();
    }
  };
  context.progress('measuring', 0, 2);
  const before = await chances(decoder);
  context.progress('measuring', 1, 2);
  const after = await chances(edited);
  context.check();
  if (params.save !== undefined) {
    await writeDelta(params.save, made.delta, {
      method: made.method,
      model: made.model,
      hyperparameters: [...made.hyperparameters],
      contexts: [...made.contexts],
      seed: made.seed,
      facts: [...params.facts],
    });
  }
  return {
    method: made.method,
    layers: made.layers,
    hyperparameters: made.hyperparameters,
    contexts: made.contexts,
    seed: made.seed,
    covariance: made.covariance,
    facts: params.facts.map((f, i) => {
      const history = made.histories[i]!;
      const loss = (step: readonly [number, number, number] | undefined) => (step ? step[0] + step[1] + step[2] : 0);
      return {
        subject: f.subject,
        prompt: f.prompt,
        target: f.target,
        steps: history.length,
        firstLoss: loss(history[0]),
        lastLoss: loss(history.at(-1)),
        before: before[i]!,
        after: after[i]!,
      };
    }),
    weights: made.delta.weights.map((w) => {
      const norms = deltaNorms(decoder, w);
      return {
        layer: w.layer,
        weight: w.weight,
        deltaNorm: norms.delta,
        weightNorm: norms.weight,
        rank: w.left.rows,
        sha256Before: hashOf(decoder, w.weight),
        sha256After: hashOf(edited, w.weight),
      };
    }),
    warnings: made.warnings,
    seconds: (performance.now() - started) / 1000,
    deltaFile: params.save,
  };
}

async function check(params: Jobs['check']['params'], context: JobContext): Promise<Jobs['check']['result']> {
  await forgetGenerators();
  const { decoder, before, tokenizer } = await opened(params.model);
  const against =
    params.baseline !== undefined ? (await opened(params.baseline)).decoder : params.model.delta === undefined ? undefined : before;
  const scorer = new DecoderScorer(decoder, tokenizer, () => context.check());
  const baseline = against && new DecoderScorer(against, tokenizer, () => context.check());
  try {
    const { driftProbes, driftTexts, ...options } = params.options;
    const drift = baseline && (driftProbes || driftTexts) ? { drift: { probes: driftProbes ?? [], texts: driftTexts ?? [] } } : {};
    return await checkRecords(scorer, params.records, { ...options, ...drift, ...(baseline ? { baseline } : {}) }, (phase, done, total) =>
      context.progress(phase, done, total),
    );
  } finally {
    await scorer.release();
    await baseline?.release();
  }
}

async function rebuild(
  { decoder, base }: Opened,
  deltas: readonly string[],
  save: string,
  context: JobContext,
): Promise<Jobs['rebuild']['result']> {
  let now = decoder;
  for (const [done, file] of deltas.entries()) {
    context.progress('rebuilding', done, deltas.length);
    context.check();
    now = withDelta(now, readDelta(file).delta);
  }
  context.progress('rebuilding', deltas.length, deltas.length);
  await saveVersion(now, save);
  return { changed: [...now.changes.keys()].map((tensor) => ({ tensor, sha256Base: hashOf(base, tensor), sha256: hashOf(now, tensor) })) };
}

function compare(one: Decoder, other: Decoder): Jobs['compare']['result'] {
  const names = new Set([...one.changes.keys(), ...other.changes.keys()]);
  const weights = [...names].flatMap((tensor) => {
    const [a, b] = [one, other].map((decoder) => tensorFloats(decoder.model, decoder.graph.constants.get(tensor)!)) as [
      Float32Array,
      Float32Array,
    ];
    const difference = norm(Float64Array.from(a, (x, i) => b[i]! - x));
    return difference === 0 ? [] : [{ tensor, norm: difference, weightNorm: norm(a) }];
  });
  return { weights };
}

function hashOf(decoder: Decoder, name: string): string {
  return sha256(tensorBytes(decoder.model, decoder.graph.constants.get(name)!));
}

async function exportModel({ decoder, folder }: Opened, params: Jobs['export']['params'], context: JobContext): Promise<ExportOutcome> {
  const stop = new AbortController();
  const report = await patchModel({
    model: decoder.source,
    target: resolve(params.target),
    changes: changedBytes(decoder),
    ...(statSync(folder).isDirectory() ? { root: folder } : {}),
    signal: stop.signal,
    onProgress: ({ done, total }) => {
      context.progress('copying', done, total);
      try {
        context.check();
      } catch {
        stop.abort();
      }
    },
  });
  const target = resolve(params.target);
  return {
    target,
    files: report.files.length,
    bytes: report.files.reduce((sum, f) => sum + statSync(join(target, f)).size, 0),
    changed: report.ranges.map((r) => ({
      file: r.file,
      weight: r.tensor,
      offset: r.offset,
      length: r.length,
      sha256Before: r.before,
      sha256After: r.after,
    })),
  };
}
