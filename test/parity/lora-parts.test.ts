import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, describe, expect, it, test } from 'vitest';
import type { Anatomy, Linear } from '../../electron/engine/anatomy/types.ts';
import { changedTensorsFile } from '../../electron/engine/edit/changed-tensors.ts';
import { checkpointWeight } from '../../electron/engine/edit/checkpoint-names.ts';
import { readModelType } from '../../electron/engine/onnx/model-config.ts';
import { fullDelta } from '../../electron/engine/edit/delta.ts';
import { loraAdapter } from '../../electron/engine/edit/lora.ts';
import type { WeightDelta } from '../../electron/engine/edit/types.ts';
import { matrix } from '../../electron/engine/linalg/matrix.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorBytes, tensorFloats } from '../../electron/engine/onnx/tensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'emend-lora-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A model of which only the down-projections matter: D = 2, F = 3. */
function anatomyOf(weights: readonly string[], more: Partial<Linear> = {}): Anatomy {
  const linear = (weight: string): Linear => ({
    input: '',
    product: '',
    weight,
    layout: 'in-out',
    inWidth: 3,
    outWidth: 2,
    dtype: 'float32',
    quantised: false,
    ...more,
  });
  const layers = weights.map((weight) => ({
    residual: '',
    mlp: { down: linear(weight), key: '', output: '', bias: undefined, gated: false, postNorm: false, refusal: undefined },
    attention: undefined,
    parallel: false,
    added: undefined,
    middle: undefined,
  }));
  return {
    hiddenSize: 2,
    vocabulary: 5,
    layers,
    tokens: '',
    embedding: '',
    unembedding: linear('lm_head.weight'),
    logits: '',
    warnings: [],
  };
}

/** A change of rank 1 or more; each row of the factors is given. */
function part(layer: number, weight: string, left: readonly number[][], right: readonly number[][]): WeightDelta {
  return {
    layer,
    weight,
    left: matrix(left.length, 2, Float64Array.from(left.flat())),
    right: matrix(right.length, 3, Float64Array.from(right.flat())),
  };
}

function stored(bytes: Uint8Array) {
  const file = join(folder, 'file.safetensors');
  writeFileSync(file, bytes);
  const read = readSafetensors(file);
  return {
    metadata: read.metadata,
    tensors: Object.fromEntries(
      [...read.tensors].map(([name, tensor]) => [
        name,
        {
          dims: tensor.dims,
          dtype: tensor.dtype,
          values: tensor.dtype === 'float32' ? Array.from(tensorFloats(read, tensor)) : Array.from(tensorBytes(read, tensor)),
        },
      ]),
    ),
  };
}

describe('names in the checkpoint', () => {
  const families = v.parse(
    v.record(v.string(), v.array(v.object({ module: v.string(), kind: v.string() }))),
    JSON.parse(readFileSync(join(import.meta.dirname, 'lora', 'modules.json'), 'utf8')),
  );

  test.each(Object.keys(families))('%s: a weight without a name gets the one that transformers gives it', (family) => {
    const anatomy = anatomyOf(['onnx::MatMul_7', 'val_12']);
    expect([0, 1].map((layer) => checkpointWeight(anatomy, layer, family))).toEqual(families[family]);
  });

  it('are taken from the graph where the exporter kept them, whatever the family', () => {
    const named = (weight: string, more: Partial<Linear> = {}) => checkpointWeight(anatomyOf(['x', weight], more), 1, undefined);
    expect(named('transformer.h.1.mlp.c_proj.weight')).toEqual({ module: 'transformer.h.1.mlp.c_proj', kind: 'conv1d' });
    expect(named('model.decoder.layers.1.fc2.weight', { layout: 'out-in' })).toEqual({
      module: 'model.decoder.layers.1.fc2',
      kind: 'linear',
    });
    expect(named('model.model.layers.1.mlp.down_proj.weight', { layout: 'out-in' })).toEqual({
      module: 'model.layers.1.mlp.down_proj',
      kind: 'linear',
    });
    expect(named('model.layers.1.mlp.down_proj.MatMul.weight')).toEqual({ module: 'model.layers.1.mlp.down_proj', kind: 'linear' });
    expect(named('model.language_model.layers.1.mlp.down_proj.weight', { layout: 'out-in' })).toEqual({
      module: 'model.language_model.layers.1.mlp.down_proj',
      kind: 'linear',
    });
  });

  it('are refused where they cannot be told, with the reason', () => {
    expect(() => checkpointWeight(anatomyOf(['val_1']), 0, 'newest')).toThrow('the family "newest" is not known');
    expect(() => checkpointWeight(anatomyOf(['val_1']), 0, undefined)).toThrow('no config.json');
    // the number of another layer: the name means something else
    expect(() => checkpointWeight(anatomyOf(['model.layers.7.mlp.down_proj.weight']), 0, undefined)).toThrow('cannot be given its name');
    expect(() => checkpointWeight(anatomyOf(['shared', 'shared']), 0, 'llama')).toThrow('other parts of the model use it too');
    expect(() => checkpointWeight(anatomyOf(['lm_head.weight']), 0, 'llama')).toThrow('other parts of the model use it too');
    expect(() => checkpointWeight(anatomyOf(['val_1'], { quantised: true }), 0, 'llama')).toThrow('quantised');
  });

  it('need the family, from config.json beside the graph or above it, or from genai_config.json', () => {
    const inner = join(folder, 'onnx');
    mkdirSync(inner);
    expect(readModelType(inner)).toBeUndefined();
    writeFileSync(join(folder, 'config.json'), '{"model_type":"qwen3"}');
    expect(readModelType(inner)).toBe('qwen3');
    writeFileSync(join(inner, 'genai_config.json'), '{"model":{"type":"phi3"}}');
    expect(readModelType(inner)).toBe('phi3');
    writeFileSync(join(inner, 'config.json'), 'broken');
    expect(readModelType(inner)).toBe('phi3');
  });
});

describe('an adapter', () => {
  const anatomy = anatomyOf(['val_0', 'val_1', 'val_2']);
  const one = { weights: [part(0, 'val_0', [[1, 2]], [[3, 4, 5]]), part(2, 'val_2', [[1, 0]], [[0, 1, 0]])] };
  const two = {
    weights: [
      part(
        0,
        'val_0',
        [
          [-1, 0.5],
          [7, 8],
        ],
        [
          [1, 0, 2],
          [0, 0, 1],
        ],
      ),
    ],
  };

  it('adds up to the sum of the deltas, with the ranks of one weight below each other', () => {
    const adapter = loraAdapter({
      anatomy,
      deltas: [one, two],
      modelType: 'llama',
      baseModel: 'someone/some-model',
      metadata: { emend: 'x' },
    });
    const { tensors, metadata } = stored(adapter.weights);
    const module = 'base_model.model.model.layers.0.mlp.down_proj';
    const a = tensors[`${module}.lora_A.weight`]!;
    const b = tensors[`${module}.lora_B.weight`]!;
    expect(a).toEqual({ dtype: 'float32', dims: [3, 3], values: [3, 4, 5, 1, 0, 2, 0, 0, 1] });
    expect(b).toEqual({ dtype: 'float32', dims: [2, 3], values: [1, -1, 7, 2, 0.5, 8] });
    const product = Array.from({ length: 6 }, (_, at) =>
      [0, 1, 2].reduce((sum, r) => sum + b.values[Math.floor(at / 3) * 3 + r]! * a.values[r * 3 + (at % 3)]!, 0),
    );
    const [first, second] = [fullDelta(one.weights[0]!), fullDelta(two.weights[0]!)];
    expect(product).toEqual(Array.from(first.data, (value, at) => value + second.data[at]!));
    expect(Object.keys(tensors)).toHaveLength(4);
    expect(metadata).toEqual({ format: 'pt', emend: 'x' });
    expect(JSON.parse(adapter.config)).toMatchObject({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: 'someone/some-model',
      fan_in_fan_out: false,
      r: 3,
      lora_alpha: 3,
      lora_dropout: 0,
      bias: 'none',
      target_modules: ['model.layers.0.mlp.down_proj', 'model.layers.2.mlp.down_proj'],
      rank_pattern: { 'model.layers.0.mlp.down_proj': 3, 'model.layers.2.mlp.down_proj': 1 },
      alpha_pattern: { 'model.layers.0.mlp.down_proj': 3, 'model.layers.2.mlp.down_proj': 1 },
    });
  });

  it('says that GPT-2 keeps its weights the other way round', () => {
    expect(JSON.parse(loraAdapter({ anatomy, deltas: [one], modelType: 'gpt2' }).config)).toMatchObject({
      fan_in_fan_out: true,
      target_modules: ['transformer.h.0.mlp.c_proj', 'transformer.h.2.mlp.c_proj'],
    });
  });

  it('is refused for another model’s deltas, for none, for what float32 cannot hold, and where names cannot be told', () => {
    const make =
      (weights: WeightDelta[], modelType = 'llama') =>
      () =>
        loraAdapter({ anatomy, deltas: [{ weights }], modelType });
    expect(make([part(0, 'other', [[1, 2]], [[3, 4, 5]])])).toThrow('does not fit the model');
    expect(make([part(9, 'val_0', [[1, 2]], [[3, 4, 5]])])).toThrow('does not fit the model');
    expect(make([{ ...part(0, 'val_0', [[1, 2]], [[3, 4, 5]]), left: matrix(1, 3) }])).toThrow('does not fit the model');
    expect(make([])).toThrow('no change');
    expect(make([part(0, 'val_0', [], [])])).toThrow('no change');
    expect(make([part(0, 'val_0', [[1e39, 0]], [[1, 1, 1]])])).toThrow('float32 cannot hold');
    expect(make(one.weights, 'newest')).toThrow('not known');
  });
});

describe('a file of changed tensors', () => {
  const entry = (dtype: 'float32' | 'bfloat16', dims: number[], values: ArrayLike<number>) => ({
    dtype,
    dims,
    bytes: dtype === 'float32' ? new Uint8Array(Float32Array.from(values).buffer) : new Uint8Array(Uint16Array.from(values).buffer),
  });
  const rising = [0, 1, 2, 3, 4, 5];

  it('has the checkpoint’s names and layout', () => {
    const { bytes, names, notes } = changedTensorsFile({
      anatomy: anatomyOf(['val_0']),
      modelType: 'llama',
      changed: new Map([['val_0', entry('float32', [3, 2], rising)]]),
      metadata: { version: 'v' },
    });
    const { tensors, metadata } = stored(bytes);
    expect(tensors).toEqual({ 'model.layers.0.mlp.down_proj.weight': { dtype: 'float32', dims: [2, 3], values: [0, 2, 4, 1, 3, 5] } });
    expect(metadata).toEqual({ format: 'pt', version: 'v', graph_names: '{"model.layers.0.mlp.down_proj.weight":"val_0"}' });
    expect([names, notes]).toEqual([{ 'model.layers.0.mlp.down_proj.weight': 'val_0' }, []]);
  });

  it('keeps the layout where it is the checkpoint’s already, and turns narrow types too', () => {
    const same = changedTensorsFile({
      anatomy: anatomyOf(['val_0']),
      modelType: 'gpt2',
      changed: new Map([['val_0', entry('float32', [3, 2], rising)]]),
    });
    expect(stored(same.bytes).tensors['transformer.h.0.mlp.c_proj.weight']).toMatchObject({ dims: [3, 2], values: rising });
    const narrow = changedTensorsFile({
      anatomy: anatomyOf(['val_0'], { dtype: 'bfloat16' }),
      modelType: 'llama',
      changed: new Map([['val_0', entry('bfloat16', [3, 2], [1, 2, 3, 4, 5, 256])]]),
    });
    expect(stored(narrow.bytes).tensors['model.layers.0.mlp.down_proj.weight']).toEqual({
      dtype: 'bfloat16',
      dims: [2, 3],
      values: [1, 0, 3, 0, 5, 0, 2, 0, 4, 0, 0, 1],
    });
  });

  it('keeps the graph’s name where it must, and says so in the file', () => {
    const changed = new Map([
      ['val_0', entry('float32', [3, 2], rising)],
      ['some.bias', entry('float32', [2], [1, 2])],
    ]);
    const { bytes, notes } = changedTensorsFile({ anatomy: anatomyOf(['val_0']), modelType: 'newest', changed });
    const { tensors, metadata } = stored(bytes);
    expect(tensors['val_0']).toMatchObject({ dims: [3, 2], values: rising });
    expect(notes).toHaveLength(2);
    expect(metadata['note']).toContain('the family "newest" is not known');
    expect(metadata['note']).toContain('"some.bias" has the name and layout of the ONNX graph');
    expect(() => changedTensorsFile({ anatomy: anatomyOf(['val_0']), changed: new Map() })).toThrow('No tensor differs');
  });
});
