import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { changedTensorsFile } from '../../electron/engine/edit/changed-tensors.ts';
import { checkpointWeight } from '../../electron/engine/edit/checkpoint-names.ts';
import { readModelType } from '../../electron/engine/onnx/model-config.ts';
import { changedBytes, withDelta } from '../../electron/engine/edit/delta.ts';
import { loraAdapter } from '../../electron/engine/edit/lora.ts';
import type { Delta, WeightDelta } from '../../electron/engine/edit/types.ts';
import { matrix } from '../../electron/engine/linalg/matrix.ts';
import { patchModel } from '../../electron/engine/onnx/patch.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats, tensorInts } from '../../electron/engine/onnx/tensors.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { rightPad } from '../../electron/engine/runtime/inputs.ts';
import { Stage } from '../../electron/engine/decoder/stage.ts';
import { floats } from '../../electron/engine/runtime/session.ts';
import { casesOf, root } from '../fixtures.ts';

/**
 * lora/make.py loaded with PEFT exactly the adapters that Emend wrote, on the same weights, and kept the logits and the adapters' hashes.
 * To make these anew: EMEND_LORA_WRITE=<folder> for this test, then make.py with that folder.
 */
const here = join(import.meta.dirname, 'lora');
const GOLDEN = ['gpt2', 'llama', 'opt'];
const writeTo = process.env['EMEND_LORA_WRITE'];

describe.skipIf(casesOf('exports').length === 0)('adapters and changed tensors', () => {
  test.each(GOLDEN)('%s: PEFT computes what the edited graph computes', async (family) => {
    const folder = join(root, 'exports', 'optimum', family);
    const decoder = await Decoder.open(join(folder, 'model.onnx'));
    const modelType = readModelType(folder);
    const deltas = twoDeltas(decoder);
    const edited = deltas.reduce(withDelta, decoder);
    const adapter = loraAdapter({ anatomy: decoder.anatomy, deltas, modelType });
    const changed = changedTensorsFile({
      anatomy: decoder.anatomy,
      modelType,
      changed: new Map(
        [...changedBytes(edited)].map(([name, bytes]) => [
          name,
          { dtype: edited.graph.constants.get(name)!.dtype, dims: edited.graph.constants.get(name)!.dims, bytes },
        ]),
      ),
    });
    if (writeTo !== undefined) {
      const out = join(writeTo, family);
      mkdirSync(out, { recursive: true });
      writeFileSync(join(out, 'adapter_config.json'), adapter.config);
      writeFileSync(join(out, 'adapter_model.safetensors'), adapter.weights);
      writeFileSync(join(out, 'changed.safetensors'), changed.bytes);
      await patchModel({ model: decoder.source, target: join(out, 'onnx'), changes: changedBytes(edited) });
      return;
    }
    const golden = readSafetensors(join(here, `${family}.safetensors`));
    expect(hash(adapter.config), 'the configuration that PEFT loaded').toBe(golden.metadata['adapter_config']);
    expect(hash(adapter.weights), 'the weights that PEFT loaded').toBe(golden.metadata['adapter_model']);
    expect(hash(changed.bytes), 'the tensors that transformers loaded').toBe(golden.metadata['changed']);

    const ids = golden.tensors.get('input_ids')!;
    const [batch, length] = ids.dims as [number, number];
    const tokens = tensorInts(golden, ids);
    const stage = await Stage.create(edited, undefined, [edited.anatomy.logits]);
    const found = floats(
      await stage.run(rightPad(Array.from({ length: batch }, (_, b) => tokens.slice(b * length, (b + 1) * length)))),
      edited.anatomy.logits,
    );
    for (const name of ['peft', 'merged', 'changed']) {
      const wanted = tensorFloats(golden, golden.tensors.get(`logits.${name}`)!);
      expect(largestDifference(found, wanted), name).toBeLessThan(1e-4);
      expect(
        largestDifference(wanted, tensorFloats(golden, golden.tensors.get('logits.base')!)),
        'the edit is no small one',
      ).toBeGreaterThan(0.1);
    }
  });

  const Modules = v.record(v.string(), v.array(v.object({ module: v.string(), kind: v.picklist(['linear', 'conv1d']) })));
  const modules = v.parse(Modules, JSON.parse(readFileSync(join(here, 'modules.json'), 'utf8')));

  test.each(casesOf('exports').filter((one) => !one.name.includes('int4')))(
    '$name: names are those of the checkpoint',
    async ({ folder, model }) => {
      const modelType = readModelType(folder)!;
      const decoder = await Decoder.open(model);
      expect(decoder.anatomy.layers.map((_, layer) => checkpointWeight(decoder.anatomy, layer, modelType))).toEqual(modules[modelType]);
    },
  );
});

/** Two edits: the first changes both layers, the second the last layer again, with other ranks. The same numbers every time. */
function twoDeltas(decoder: Decoder): Delta[] {
  const next = uniform(11);
  const part = (layer: number, rank: number): WeightDelta => {
    const { weight, outWidth, inWidth } = decoder.anatomy.layers[layer]!.mlp.down;
    const values = (columns: number) =>
      matrix(
        rank,
        columns,
        Float64Array.from({ length: rank * columns }, () => next() - 0.5),
      );
    return { layer, weight, left: values(outWidth), right: values(inWidth) };
  };
  return [{ weights: [part(0, 1), part(1, 3)] }, { weights: [part(1, 2)] }];
}

function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
