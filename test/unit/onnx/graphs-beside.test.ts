import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import type { Tensor } from '../../../electron/engine/onnx/graph.ts';
import { belongingTo } from '../../../electron/engine/onnx/graphs-beside.ts';
import { othersBeside } from '../../../electron/engine/onnx/model-folder.ts';
import { linear, save, temporaryFolder } from './models.ts';

const lying = (file: string): Tensor => ({ dtype: 'float32', dims: [4, 4], data: { kind: 'file', file, offset: 0, length: 64 } });

test('other graphs are left out with the weights that they alone have; shared ones and what is no graph stay', () => {
  const folder = temporaryFolder();
  for (const name of ['shared.data', 'half.data', 'tokenizer.json']) writeFileSync(join(folder, name), new Uint8Array(64));
  const own = save(linear(folder, 4, 4, lying('shared.data')));
  save({ ...linear(folder, 4, 4, lying('half.data')), file: 'half.onnx' });
  save({ ...linear(folder, 4, 4, lying('shared.data')), file: 'other.onnx' });
  writeFileSync(join(folder, 'model.safetensors'), new Uint8Array(8));
  expect(othersBeside(own).map((path) => relative(folder, path))).toEqual(['half.onnx', 'other.onnx', 'model.safetensors']);
  expect(belongingTo(own, othersBeside(own)).map((path) => relative(folder, path))).toEqual([
    'half.onnx',
    'other.onnx',
    'model.safetensors',
    'half.data',
  ]);
});

test('beside a checkpoint lie graphs that do not read its weights', () => {
  const folder = temporaryFolder();
  for (const name of ['config.json', 'model.safetensors']) writeFileSync(join(folder, name), '{}');
  mkdirSync(join(folder, 'onnx'));
  writeFileSync(join(folder, 'onnx/half.data'), new Uint8Array(64));
  save({ ...linear(join(folder, 'onnx'), 4, 4, lying('half.data')), file: 'model.onnx' });
  const own = join(folder, 'config.json');
  expect(belongingTo(own, othersBeside(own)).map((path) => relative(folder, path))).toEqual(['onnx/model.onnx', 'onnx/half.data']);
});

test('a graph beside it that cannot be read is named', () => {
  const folder = temporaryFolder();
  const own = save(linear(folder, 4, 4));
  writeFileSync(join(folder, 'broken.onnx'), 'none');
  expect(() => belongingTo(own, othersBeside(own))).toThrow('broken.onnx');
});
