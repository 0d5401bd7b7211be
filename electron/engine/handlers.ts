import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { fillPrompt } from '../../shared/fact.ts';
import { changedBytes, deltaNorms, withDelta } from './edit/delta.ts';
import { readDelta, writeDelta } from './edit/delta-file.ts';
import { editFacts } from './edit/edit.ts';
import type { Report } from './edit/types.ts';
import { checkRecords } from './evaluate/protocol.ts';
import type { Answer, EditOutcome, ExportOutcome, Inspection, JobName, Jobs, ModelRef } from './jobs.ts';
import { modelFiles } from './onnx/identity.ts';
import { patchModel } from './onnx/patch.ts';
import { tensorBytes } from './onnx/tensors.ts';
import { Decoder } from './runtime/decoder.ts';
import { DecoderScorer, logSoftmax } from './runtime/decoder-scorer.ts';
import { Generator } from './runtime/generate.ts';
import { largest } from './runtime/sampling.ts';
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
};

interface Opened {
  readonly decoder: Decoder;
  /** Without the delta. */
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
  const decoder = model.delta === undefined ? base : withDelta(base, readDelta(model.delta).delta);
  return { decoder, base, tokenizer, folder };
}

/** The decoder graph in a folder: the only .onnx file, or the one that exporters call the decoder; in onnx/ too. */
export function graphFile(folder: string): string {
  if (!existsSync(folder)) throw new EmendError('not-found', `There is no folder ${folder}.`, 'Give the folder that holds the model.onnx.');
  if (!statSync(folder).isDirectory()) {
    if (folder.endsWith('.onnx')) return folder;
    throw new EmendError('bad-input', `${folder} is neither a folder nor an .onnx file.`, 'Give the folder that holds the model.onnx.');
  }
  const places = [folder, join(folder, 'onnx')].filter((p) => existsSync(p));
  const found = places.flatMap((p) => readdirSync(p).filter((f) => f.endsWith('.onnx')).map((f) => join(p, f)));
  const preferred = ['model.onnx', 'decoder_model_merged.onnx', 'decoder_with_past_model.onnx', 'decoder_model.onnx'];
  const best = preferred.map((name) => found.find((f) => basename(f) === name)).find((f) => f !== undefined) ?? (found.length === 1 ? found[0] : undefined);
  if (best !== undefined) return best;
  const listing = readdirSync(folder).slice(0, 8).join(', ');
  if (found.length === 0) throw new EmendError('not-found', `${folder} holds no .onnx file (found ${listing || 'nothing'}).`, 'Export the model first: optimum-cli export onnx --model <name> --task text-generation-with-past <folder>.');
  throw new EmendError('bad-input', `${folder} holds several graphs (${found.map((f) => basename(f)).join(', ')}).`, 'Name the .onnx file itself.');
}

/** Beside the graph, or a folder further up for a graph in onnx/. @param model folder or .onnx file */
function tokenizerFolder(model: string): string {
  if (statSync(model).isDirectory()) return model;
  const beside = dirname(model);
  return existsSync(join(beside, 'tokenizer.json')) || !existsSync(join(dirname(beside), 'tokenizer.json')) ? beside : dirname(beside);
}

async function inspect({ decoder, tokenizer, folder }: Opened): Promise<Inspection> {
  const { source, anatomy } = decoder;
  const constants = [...source.graph.constants.values()];
  const files = modelFiles(source).map((f) => join(source.folder, f));
  const special = (id: number | undefined) => (id === undefined ? undefined : tokenizer.tokenText(id));
  return {
    folder,
    graphFile: source.file,
    producer: source.producer,
    opset: source.opsets.get('') ?? 0,
    parameters: constants.filter((t) => t.dims.length >= 2).reduce((sum, t) => sum + t.dims.reduce((a, d) => a * d, 1), 0),
    bytes: files.reduce((sum, f) => sum + statSync(f).size, 0),
    hiddenSize: anatomy.hiddenSize,
    vocabulary: anatomy.vocabulary,
    cache: decoder.inputs.past.length > 0,
    precision: anatomy.layers[0]!.mlp.down.quantised ? 'quantised' : anatomy.layers[0]!.mlp.down.dtype,
    tokenizer: { kind: tokenizer.addsBos ? 'adds a start token' : 'plain', size: tokenizer.vocabularySize, bos: special(tokenizer.bosId), eos: special(tokenizer.eosId) },
    layers: anatomy.layers.map((l, layer) => ({
      layer, heads: l.attention?.heads, keyWidth: l.mlp.down.inWidth, weight: l.mlp.down.weight, layout: l.mlp.down.layout, gated: l.mlp.gated, parallel: l.parallel, postNorm: l.mlp.postNorm, refusal: l.mlp.refusal,
    })),
    warnings: anatomy.warnings,
  };
}

async function ask({ decoder, tokenizer }: Opened, params: Jobs['ask']['params'], context: JobContext): Promise<Answer> {
  const ids = tokenizer.encode(params.prompt);
  if (ids.length === 0) throw new EmendError('bad-input', 'The prompt is empty.', 'Write a prompt, such as "The capital of France is".');
  const generator = await Generator.create(decoder, { prepack: params.maxTokens > 8 });
  try {
    const logits = (await generator.next([ids]))[0]!;
    const logp = logSoftmax(logits);
    const next = largest(logits, params.top).map((id) => ({ id, token: tokenizer.tokenText(id), probability: Math.exp(logp[id]!) }));
    const stream = new Detokenizer(tokenizer);
    let text = '';
    const say = (piece: string) => {
      text += piece;
      if (piece !== '') context.say(piece);
    };
    let tokens = 0;
    await generator.continue([ids], {
      maxTokens: params.maxTokens, sampling: params.sampling, stopAt: tokenizer.eosIds, check: () => context.check(),
      onToken: (_, id) => { tokens++; say(stream.push(id)); return undefined; },
    });
    say(stream.end());
    return { prompt: params.prompt, next, text, tokens };
  } finally {
    await generator.release();
  }
}

async function edit({ decoder, tokenizer, folder }: Opened, params: Jobs['edit']['params'], context: JobContext): Promise<EditOutcome> {
  const started = performance.now();
  const made = await editFacts(decoder, tokenizer, params.facts, params.method, params.choices, basename(folder), context);
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
    await writeDelta(params.save, made.delta, { method: params.method, model: made.model, hyperparameters: [...made.hyperparameters], contexts: [...made.contexts], seed: made.seed, facts: [...params.facts] });
  }
  const sha = (version: Decoder, name: string) => createHash('sha256').update(tensorBytes(version.model, version.graph.constants.get(name)!)).digest('hex');
  return {
    method: params.method, layers: made.settings.layers.value, hyperparameters: made.hyperparameters, contexts: made.contexts, seed: made.seed, covariance: made.covariance,
    facts: params.facts.map((f, i) => {
      const history = made.histories[i]!;
      const loss = (step: readonly [number, number, number] | undefined) => (step ? step[0] + step[1] + step[2] : 0);
      return { subject: f.subject, prompt: f.prompt, target: f.target, steps: history.length, firstLoss: loss(history[0]), lastLoss: loss(history.at(-1)), before: before[i]!, after: after[i]! };
    }),
    weights: made.delta.weights.map((w) => {
      const norms = deltaNorms(decoder, w);
      return { layer: w.layer, weight: w.weight, deltaNorm: norms.delta, weightNorm: norms.weight, rank: w.left.rows, sha256Before: sha(decoder, w.weight), sha256After: sha(edited, w.weight) };
    }),
    warnings: made.warnings, seconds: (performance.now() - started) / 1000, deltaFile: params.save,
  };
}

async function check(params: Jobs['check']['params'], context: JobContext): Promise<Jobs['check']['result']> {
  const { decoder, base, tokenizer } = await opened(params.model);
  const scorer = new DecoderScorer(decoder, tokenizer, () => context.check());
  const baseline = params.model.delta === undefined ? undefined : new DecoderScorer(base, tokenizer, () => context.check());
  try {
    const { driftProbes, driftTexts, ...options } = params.options;
    const drift = baseline && (driftProbes || driftTexts) ? { drift: { probes: driftProbes ?? [], texts: driftTexts ?? [] } } : {};
    return await checkRecords(scorer, params.records, { ...options, ...drift, ...(baseline ? { baseline } : {}) }, (phase, done, total) => context.progress(phase, done, total));
  } finally {
    await scorer.release();
    await baseline?.release();
  }
}

async function exportModel({ decoder, folder }: Opened, params: Jobs['export']['params'], context: JobContext): Promise<ExportOutcome> {
  const stop = new AbortController();
  const report = await patchModel({
    model: decoder.source, target: resolve(params.target), changes: changedBytes(decoder),
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
    target, files: report.files.length, bytes: report.files.reduce((sum, f) => sum + statSync(join(target, f)).size, 0),
    changed: report.ranges.map((r) => ({ file: r.file, weight: r.tensor, offset: r.offset, length: r.length, sha256Before: r.before, sha256After: r.after })),
  };
}
