import { basename } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { CHECKPOINT } from '../onnx/checkpoint-files.ts';
import type { Model } from '../onnx/graph.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { decoderGraph } from './decoder-graph.ts';
import { FAMILIES } from './families/index.ts';
import { llama } from './families/llama.ts';
import type { Family } from './family.ts';
import { Settings } from './settings.ts';
import type { DecoderPart } from './spec.ts';
import { unbuilt } from './unbuilt.ts';
import { Weights } from './weights.ts';

/** Opset 20 brought Gelu, the newest operator that parts use. */
const OPSETS = new Map([
  ['', 20],
  ['com.microsoft', 1],
]);

/**
 * The graph of a Hugging Face checkpoint, whose constants are byte ranges of its safetensors files under the tensors' own names.
 * Only headers are read. Every key of the configuration is used or known to be harmless, and every tensor is used or known to follow
 * from the configuration; anything else is refused by name.
 * @param folder absolute
 * @throws EmendError `not-found`, `bad-file`, `unsupported`
 */
export function buildCheckpoint(folder: string): Model {
  const checkpoint = readCheckpoint(folder);
  const { family, remarks } = familyOf(checkpoint);
  const settings = new Settings(checkpoint.config);
  const part = family.read(settings);
  refuseRest(settings, family, remarks.length > 0);
  const weights = new Weights(checkpoint, family.base);
  const graph = decoderGraph(part, weights);
  const rest = weights.rest();
  if (rest.length > 0)
    throw new EmendError(
      'unsupported',
      `${basename(folder)} holds ${rest.length} tensors that a ${family.types[0]} model does not have: ${some(rest)}.`,
      'If they belong to it, please report it with the name of the model; if they are left of a training run, save it without them.',
    );
  return {
    folder,
    file: CHECKPOINT.config,
    irVersion: 10,
    opsets: OPSETS,
    producer: `Emend, over a Hugging Face checkpoint (${family.types[0]})`,
    metadata: {},
    functions: [],
    graph,
    remarks,
    ...cacheLimit(part),
  };
}

/** Frequencies that follow the length of the text turn all of it anew. */
function cacheLimit({ blocks }: DecoderPart): Pick<Model, 'cacheHolds'> {
  const rotaries = blocks.flatMap(({ attention }) => attention.work.rotary ?? []);
  const limits = rotaries.flatMap(({ long, growing }) => long?.above ?? growing?.above ?? []);
  if (limits.length === 0) return {};
  return { cacheHolds: { upTo: Math.min(...limits), then: rotaries.some(({ growing }) => growing) ? 'never' : 'again' } };
}

/** The family that config.json names, or Llama's template for one that is not known and may be of that kind. */
function familyOf({ config, folder }: Checkpoint): { family: Family; remarks: readonly string[] } {
  const type = config['model_type'];
  const classes: unknown = config['architectures'];
  const named = Array.isArray(classes) && typeof classes[0] === 'string' ? classes[0] : undefined;
  const family = FAMILIES.find((one) => (typeof type === 'string' ? one.types.includes(type) : one.classes.includes(named ?? '')));
  if (family !== undefined) {
    if (named === undefined || family.classes.includes(named)) return { family, remarks: [] };
    throw new EmendError(
      'unsupported',
      `${folder} holds a ${named}, which is no ${family.classes[0]}: its task is another than writing text.`,
      'Take the model that was made for text generation.',
    );
  }
  refuseExperts(config, folder);
  const known = unbuilt(type);
  if (known !== undefined)
    throw new EmendError(
      'unsupported',
      `${folder} holds a model of kind ${String(type)} (${known.what}), which cannot be built: ${known.missing}.`,
      known.instead,
    );
  const what = named ?? (typeof type === 'string' ? type : 'model of unknown kind');
  if (named?.endsWith('ForCausalLM') === true)
    return { family: llama, remarks: [`${named} is not known; its configuration and tensors are those of Llama, and it is read as such`] };
  throw new EmendError(
    'unsupported',
    `${folder} holds a ${what}, which Emend does not know.`,
    `Known are ${FAMILIES.flatMap((one) => one.types).join(', ')}. An ONNX export (task text-generation-with-past) may be opened instead.`,
  );
}

function refuseExperts(config: Checkpoint['config'], folder: string): void {
  // What also sees or hears keeps the decoder's settings below this.
  const text = config['text_config'];
  const settings = typeof text === 'object' && text !== null ? { ...config, ...text } : config;
  const key = ['num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts', 'ffn_config'].find((name) => {
    const value: unknown = (settings as Checkpoint['config'])[name];
    return typeof value === 'number' ? value > 1 : typeof value === 'object' && value !== null && 'moe_num_experts' in value;
  });
  if (key !== undefined)
    throw new EmendError(
      'unsupported',
      `${folder} holds a mixture of experts (${key} in config.json).`,
      'Emend edits dense models; choose a dense variant of this family.',
    );
}

function refuseRest(settings: Settings, family: Family, isGuess: boolean): void {
  const rest = settings.rest();
  if (rest.length === 0) return;
  throw new EmendError(
    'unsupported',
    isGuess
      ? `The model's class is not known, and its configuration is not that of Llama: ${some(rest)}.`
      : `config.json says something about a ${family.types[0]} model that Emend does not know: ${some(rest)}.`,
    'Please report it with the name of the model. An ONNX export (task text-generation-with-past) may be opened instead.',
  );
}

function some(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
}
