import { EmendError } from '../../../shared/errors.ts';
import type { Anatomy, LayerAnatomy, Linear } from '../anatomy/types.ts';

/** Where a weight of the graph lies in the checkpoint that the graph was exported from. */
export interface CheckpointWeight {
  /** Name of the module; its weight is `<module>.weight`. */
  readonly module: string;
  /** `linear` keeps [out, in], GPT-2's `conv1d` keeps [in, out]. */
  readonly kind: 'linear' | 'conv1d';
}

/**
 * The down-projection of layer N in the checkpoints of a family, by the model_type of config.json. Source: transformers 5.18,
 * modeling_*.py.
 */
const FAMILIES: readonly { readonly types: readonly string[]; readonly module: string; readonly kind?: 'conv1d' }[] = [
  { types: ['gpt2', 'openai-gpt'], module: 'transformer.h.N.mlp.c_proj', kind: 'conv1d' },
  { types: ['gpt_neo', 'gpt_bigcode'], module: 'transformer.h.N.mlp.c_proj' },
  { types: ['gptj', 'codegen'], module: 'transformer.h.N.mlp.fc_out' },
  { types: ['bloom', 'falcon'], module: 'transformer.h.N.mlp.dense_4h_to_h' },
  { types: ['gpt_neox'], module: 'gpt_neox.layers.N.mlp.dense_4h_to_h' },
  { types: ['opt'], module: 'model.decoder.layers.N.fc2' },
  { types: ['phi'], module: 'model.layers.N.mlp.fc2' },
  { types: ['starcoder2'], module: 'model.layers.N.mlp.c_proj' },
  {
    types: [
      'llama',
      'mistral',
      'ministral',
      'ministral',
      'qwen2',
      'qwen3',
      'gemma',
      'gemma2',
      'gemma3_text',
      'phi3',
      'olmo',
      'olmo2',
      'olmo3',
      'granite',
      'cohere',
      'cohere2',
      'stablelm',
      'smollm3',
      'nemotron',
      'helium',
      'exaone4',
      'glm',
      'glm4',
    ],
    module: 'model.layers.N.mlp.down_proj',
  },
];

/** What torch.onnx.export of a wrapped model puts in front of every name. */
const WRAPPER = /^model\.(?=(?:model|transformer|gpt_neox)\.)/;

/**
 * Where a layer's down-projection lies in the checkpoint: by the constant's own name where the exporter kept the checkpoint's, else by the
 * model's family.
 * @param modelType model_type of config.json, where there is one
 * @throws EmendError 'unsupported' when it cannot be told, when other parts of the model use the weight too, or when it is quantised
 */
export function checkpointWeight(anatomy: Anatomy, layer: number, modelType: string | undefined): CheckpointWeight {
  const { down } = anatomy.layers[layer]!.mlp;
  const refuse = (why: string, hint: string) =>
    new EmendError(
      'unsupported',
      `The weight "${down.weight}" of layer ${layer} cannot be given its name in the checkpoint: ${why}.`,
      hint,
      { layer, weight: down.weight },
    );
  if (usesOf(anatomy, down.weight) > 1)
    throw refuse('other parts of the model use it too', 'Export the model with separate weights, or export the whole folder.');
  if (down.quantised)
    throw refuse('it is quantised here and not there', 'Make the edit on a float export of the model, or export the whole folder.');
  const family = FAMILIES.find((one) => one.types.includes(modelType ?? ''));
  const named = moduleInName(down, layer);
  const usual = family?.module.replace('N', String(layer));
  // checkpoints that were saved without their head leave out the first part of the name
  if (named && usual?.endsWith(`.${named.module}`) !== true)
    return { module: named.module, kind: family ? (family.kind ?? 'linear') : named.kind };
  if (family && usual !== undefined) return { module: usual, kind: family.kind ?? 'linear' };
  throw refuse(
    modelType === undefined
      ? 'the exporter did not keep it, and there is no config.json that tells the family'
      : `the exporter did not keep it, and the family "${modelType}" is not known`,
    'Export the whole folder, or the changed tensors under the names of the graph.',
  );
}

/**
 * A name such as "model.transformer.h.3.mlp.c_proj.weight", or "model.layers.3.mlp.down_proj.MatMul.weight" as the onnxruntime-genai
 * builder writes it (transposed).
 */
function moduleInName({ weight, layout }: Linear, layer: number): CheckpointWeight | undefined {
  const path = /^(\w+(?:\.\w+)+?)(\.MatMul)?\.weight$/.exec(weight);
  const module = path?.[1]?.replace(WRAPPER, '');
  // the layer's number must be in it: else it is a name that means something else
  if (module === undefined || !module.split('.').includes(String(layer))) return undefined;
  return { module, kind: layout === 'out-in' || path?.[2] !== undefined ? 'linear' : 'conv1d' };
}

function usesOf(anatomy: Anatomy, weight: string): number {
  const linears = (layer: LayerAnatomy) => [layer.mlp.down, ...(layer.attention ? [layer.attention.projection] : [])];
  return [...anatomy.layers.flatMap(linears), anatomy.unembedding].filter((linear) => linear.weight === weight).length;
}
