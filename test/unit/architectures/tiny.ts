import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SafetensorsEntry, writeSafetensors } from '../../../electron/engine/onnx/safetensors.ts';

/** A configuration of Llama's template, as small as it can be. */
export const CONFIG: Readonly<Record<string, unknown>> = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 8,
  intermediate_size: 12,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  num_hidden_layers: 2,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  tie_word_embeddings: true,
  vocab_size: 17,
  torch_dtype: 'float32',
};

/** The tensors that this configuration asks for, with numbers that repeat. */
export function tensors(): Map<string, SafetensorsEntry> {
  const dims: Record<string, number[]> = { 'model.embed_tokens.weight': [17, 8], 'model.norm.weight': [8] };
  for (let layer = 0; layer < 2; layer++) {
    const of = (name: string) => `model.layers.${layer}.${name}.weight`;
    Object.assign(dims, {
      [of('input_layernorm')]: [8],
      [of('post_attention_layernorm')]: [8],
      [of('self_attn.q_proj')]: [8, 8],
      [of('self_attn.k_proj')]: [4, 8],
      [of('self_attn.v_proj')]: [4, 8],
      [of('self_attn.o_proj')]: [8, 8],
      [of('mlp.gate_proj')]: [12, 8],
      [of('mlp.up_proj')]: [12, 8],
      [of('mlp.down_proj')]: [8, 12],
    });
  }
  return new Map(Object.entries(dims).map(([name, size]) => [name, entry(size)]));
}

export function entry(dims: number[]): SafetensorsEntry {
  const values = Float32Array.from({ length: dims.reduce((a, d) => a * d, 1) }, (_, i) => Math.sin(7 * i + dims.length) / 3);
  return { dtype: 'float32', dims, bytes: new Uint8Array(values.buffer) };
}

/** Writes a checkpoint folder. */
export function write(folder: string, config: Readonly<Record<string, unknown>> = CONFIG, weights = tensors()): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(weights));
  return folder;
}
