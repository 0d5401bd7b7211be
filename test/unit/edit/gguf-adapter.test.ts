import { describe, expect, it } from 'vitest';
import type { Anatomy } from '../../../electron/engine/anatomy/types.ts';
import { ggufAdapter } from '../../../electron/engine/edit/gguf-adapter.ts';
import type { WeightDelta } from '../../../electron/engine/edit/types.ts';
import type { Matrix } from '../../../electron/engine/linalg/matrix.ts';

const [WIDTH, INNER] = [3, 5];
const anatomy = {
  layers: [0, 1, 2].map((layer) => ({ mlp: { down: { weight: `w${layer}`, outWidth: WIDTH, inWidth: INNER } } })),
} as unknown as Anatomy;

const factor = (rows: number, columns: number, seed: number): Matrix => ({
  rows,
  columns,
  data: Float64Array.from({ length: rows * columns }, (_, i) => Math.fround(Math.sin(seed + 3 * i))),
});
const delta = (layer: number, rank: number): WeightDelta => ({
  layer,
  weight: `w${layer}`,
  left: factor(rank, WIDTH, layer),
  right: factor(rank, INNER, layer + 7),
});

/** A GGUF file read back, as its specification says. */
function read(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 24;
  const u32 = () => view.getUint32((at += 4) - 4, true);
  const u64 = () => Number(view.getBigUint64((at += 8) - 8, true));
  const text = () => {
    const length = u64();
    return new TextDecoder().decode(bytes.subarray(at, (at += length)));
  };
  const [tensors, facts] = [Number(view.getBigUint64(8, true)), Number(view.getBigUint64(16, true))];
  const about: Record<string, string | number> = {};
  for (let i = 0; i < facts; i++) {
    const key = text();
    about[key] = u32() === 8 ? text() : view.getFloat32((at += 4) - 4, true);
  }
  const infos = Array.from({ length: tensors }, () => {
    const name = text();
    const dims = Array.from({ length: u32() }, u64).toReversed();
    return { name, dims, type: u32(), offset: u64() };
  });
  const start = Math.ceil(at / 32) * 32;
  const values = ({ dims, offset }: (typeof infos)[number]) =>
    new Float32Array(bytes.slice(start + offset, start + offset + 4 * dims[0]! * dims[1]!).buffer);
  return { magic: new TextDecoder().decode(bytes.subarray(0, 4)), version: view.getUint32(4, true), about, infos, values };
}

describe('an adapter for llama.cpp', () => {
  it('adds the sum of the deltas, all layers filled up to one rank', () => {
    const deltas = [{ weights: [delta(0, 1), delta(2, 2)] }, { weights: [delta(2, 1)] }];
    const { bytes, modelfile, ranks } = ggufAdapter({ anatomy, deltas, modelType: 'qwen3', metadata: { version: 'v' } });
    expect(ranks).toEqual({ 0: 1, 2: 3 });
    const { magic, version, about, infos, values } = read(bytes);
    expect({ magic, version }).toEqual({ magic: 'GGUF', version: 3 });
    expect(about).toEqual({
      'general.type': 'adapter',
      'general.architecture': 'qwen3',
      'adapter.type': 'lora',
      'adapter.lora.alpha': 3,
      'emend.version': 'v',
    });
    for (const layer of [0, 2]) {
      const [a, b] = ['a', 'b'].map((part) => infos.find(({ name }) => name === `blk.${layer}.ffn_down.weight.lora_${part}`)!);
      expect([a!.dims, b!.dims]).toEqual([
        [3, INNER],
        [WIDTH, 3],
      ]);
      const parts = deltas.flatMap(({ weights }) => weights.filter((one) => one.layer === layer));
      for (let d = 0; d < WIDTH; d++)
        for (let f = 0; f < INNER; f++) {
          const wanted = parts.reduce((sum, { left, right }) => {
            for (let r = 0; r < left.rows; r++) sum += left.data[r * WIDTH + d]! * right.data[r * INNER + f]!;
            return sum;
          }, 0);
          const found = [0, 1, 2].reduce((sum, r) => sum + values(b!)[d * 3 + r]! * values(a!)[r * INNER + f]!, 0);
          expect(found).toBeCloseTo(wanted, 5);
        }
    }
    expect(modelfile).toContain('layer 0: rank 1, layer 2: rank 3');
    expect(modelfile).toContain('\nADAPTER ./adapter.gguf\n');
  });

  it('is refused where llama.cpp has no such graph, and where nothing was changed', () => {
    const deltas = [{ weights: [delta(0, 1)] }];
    expect(() => ggufAdapter({ anatomy, deltas, modelType: 'opt' })).toThrow('No adapter for llama.cpp can be made of a opt');
    expect(() => ggufAdapter({ anatomy, deltas, modelType: undefined })).toThrow('model of unknown kind');
    expect(() => ggufAdapter({ anatomy, deltas: [{ weights: [] }], modelType: 'gpt2' })).toThrow('no change of the weights');
  });
});
