import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Tensor } from '../../../electron/engine/onnx/graph.ts';
import { belongingTo } from '../../../electron/engine/onnx/graphs-beside.ts';
import { linear, save, temporaryFolder } from './models.ts';

const lying = (file: string): Tensor => ({ dtype: 'float32', dims: [4, 4], data: { kind: 'file', file, offset: 0, length: 64 } });

test('other graphs are left out with the weights that they alone have; shared ones and what is no graph stay', () => {
  const folder = temporaryFolder();
  for (const name of ['shared.data', 'half.data', 'tokenizer.json']) writeFileSync(join(folder, name), new Uint8Array(64));
  const own = save(linear(folder, 4, 4, lying('shared.data')));
  save({ ...linear(folder, 4, 4, lying('half.data')), file: 'half.onnx' });
  save({ ...linear(folder, 4, 4, lying('shared.data')), file: 'other.onnx' });
  expect(belongingTo(own, ['half.onnx', 'other.onnx'])).toEqual(['half.onnx', 'other.onnx', 'half.data']);
});

test('a graph beside it that cannot be read is named', () => {
  const folder = temporaryFolder();
  const own = save(linear(folder, 4, 4));
  writeFileSync(join(folder, 'broken.onnx'), 'none');
  expect(() => belongingTo(own, ['broken.onnx'])).toThrow('broken.onnx');
});
