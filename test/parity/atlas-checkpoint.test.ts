import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSourceAndRanges } from '../../electron/engine/architectures/source.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { Stage } from '../../electron/engine/decoder/stage.ts';
import { changedBytes, fullDelta, withDelta } from '../../electron/engine/edit/delta.ts';
import { editFacts } from '../../electron/engine/edit/edit.ts';
import type { Delta } from '../../electron/engine/edit/types.ts';
import { norm } from '../../electron/engine/linalg/matrix.ts';
import { graphFile } from '../../electron/engine/onnx/model-folder.ts';
import { patchModel } from '../../electron/engine/onnx/patch.ts';
import { writeOnnxFolder } from '../../electron/engine/onnx/write-folder.ts';
import { feedsFor, rightPad } from '../../electron/engine/runtime/inputs.ts';
import { floats } from '../../electron/engine/runtime/session.ts';
import { loadTokenizer } from '../../electron/engine/text/load.ts';
import { silent } from '../../shared/progress.ts';
import { ATLAS, writeAtlasCheckpoint } from '../atlas-checkpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'emend-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FACTS = [{ subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' }];
const ROWS = rightPad([
  [11, 57, 300, 8, 1, 90],
  [5, 6, 7],
]);

async function edited(decoder: Decoder): Promise<Delta> {
  const request = { decoder, tokenizer: await loadTokenizer(ATLAS), facts: FACTS, earlier: [], name: 'atlas' };
  const quick = { choices: { layers: [2], steps: 4, covarianceTokens: 4000 }, covarianceText: join(ATLAS, 'corpus.txt') };
  return (await editFacts({ ...request, ...quick, method: 'rome' }, silent)).delta;
}

async function logitsOf(decoder: Decoder): Promise<Float32Array> {
  const stage = await Stage.create(decoder, undefined, [decoder.anatomy.logits]);
  const made = floats(await stage.run(ROWS), decoder.anatomy.logits);
  await stage.release();
  return made;
}

function furthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), a.length === b.length ? 0 : Infinity);
}

describe('the built-in model as a checkpoint', () => {
  const checkpoint = join(folder, 'float32');
  let export_: Decoder;
  let decoder: Decoder;
  let delta: Delta;

  beforeAll(async () => {
    writeAtlasCheckpoint(checkpoint);
    export_ = await Decoder.open(join(ATLAS, 'model.onnx'));
    decoder = await Decoder.open(graphFile(checkpoint));
    delta = await edited(decoder);
  });

  it('computes what its ONNX export computes, and the same edit changes both alike', async () => {
    expect(furthest(await logitsOf(decoder), await logitsOf(export_))).toBeLessThan(1e-4);
    const other = await edited(export_);
    expect(delta.weights.map(({ weight }) => weight)).toEqual(other.weights.map(({ weight }) => weight));
    delta.weights.forEach((one, i) => {
      const [a, b] = [fullDelta(one).data, fullDelta(other.weights[i]!).data];
      const difference = a.map((x, at) => x - b[at]!);
      expect(norm(difference) / norm(b)).toBeLessThan(1e-4);
    });
  });

  it('is exported with nothing but the edited tensors\u2019 bytes replaced', async () => {
    const changed = withDelta(decoder, delta);
    const target = join(folder, 'patched');
    const changes = changedBytes(changed);
    const { ranges } = await patchModel({ model: decoder.source, read: readSourceAndRanges, target, changes, root: checkpoint });
    expect(ranges.map(({ tensor }) => tensor)).toEqual(delta.weights.map(({ weight }) => weight));
    for (const name of readdirSync(checkpoint)) {
      const [before, after] = [readFileSync(join(checkpoint, name)), readFileSync(join(target, name))];
      for (const { file, offset, length } of ranges) {
        if (file !== name) continue;
        expect(after.subarray(offset, offset + length).equals(before.subarray(offset, offset + length))).toBe(false);
        before.copy(after, offset, offset, offset + length);
      }
      expect(after.equals(before), name).toBe(true);
    }
    expect(await logitsOf(await Decoder.open(graphFile(target)))).toEqual(await logitsOf(changed));
  });

  it.each(['float32', 'float16', 'bfloat16'] as const)('becomes an ONNX folder that ONNX Runtime runs by itself (%s)', async (dtype) => {
    const own = join(folder, `of-${dtype}`);
    writeAtlasCheckpoint(own, dtype);
    const source = await Decoder.open(graphFile(own));
    const changed = withDelta(source, delta);
    const target = join(folder, `onnx-${dtype}`);
    await writeOnnxFolder(source.source, changed.changes, target);
    const session = await ort.InferenceSession.create(join(target, 'model.onnx'));
    const run = async (rows: typeof ROWS, past?: ReadonlyMap<string, ort.Tensor>) => {
      const feeds = feedsFor(source.inputs, rows, new Set(session.inputNames), past);
      return (await session.run(feeds)) as Record<string, ort.Tensor>;
    };
    expect(furthest(floats(await run(ROWS), 'logits'), await logitsOf(changed))).toBeLessThan(1e-5);
    const row = [11, 57, 300, 8, 1, 90];
    const first = await run(rightPad([row.slice(0, 4)]));
    const past = new Map(source.inputs.past.map((slot) => [slot.input, first[slot.present]!]));
    const [whole, then] = [await run(rightPad([row])), await run(rightPad([row.slice(4)], 4), past)];
    expect(furthest(floats(whole, 'logits').slice(-8192), floats(then, 'logits'))).toBeLessThan(1e-5);
    await session.release();
    expect(readdirSync(target)).toEqual(expect.arrayContaining(['config.json', 'tokenizer.json', 'model.onnx', 'model.onnx_data']));
  });

  it('opens from a cache that links every file elsewhere, in shards', async () => {
    const [blobs, snapshot] = [join(folder, 'cache/blobs'), join(folder, 'cache/snapshots/main')];
    writeAtlasCheckpoint(blobs, 'float32', 3);
    mkdirSync(snapshot, { recursive: true });
    readdirSync(blobs).forEach((name, i) => {
      renameSync(join(blobs, name), join(blobs, `blob${i}`));
      symlinkSync(join('../../blobs', `blob${i}`), join(snapshot, name));
    });
    expect(await logitsOf(await Decoder.open(graphFile(snapshot)))).toEqual(await logitsOf(decoder));
  });

  it('is meant by a file of its own where an ONNX export lies beside it', () => {
    const both = join(folder, 'both');
    writeAtlasCheckpoint(both);
    copyFileSync(join(ATLAS, 'model.onnx'), join(both, 'model.onnx'));
    expect(graphFile(both)).toBe(join(both, 'model.onnx'));
    expect(graphFile(join(both, 'model.safetensors'))).toBe(join(both, 'config.json'));
  });
});
