import { expect, it } from 'vitest';
import { intTensor } from '../../../electron/engine/onnx/build.ts';
import { tensorBytes } from '../../../electron/engine/onnx/tensors.ts';

it('keeps "no limit" at its own end of int64', () => {
  const bytes = Buffer.from(tensorBytes({ folder: '' }, intTensor([2 ** 63, -(2 ** 63), 7], [3])));
  expect([0, 8, 16].map((at) => bytes.readBigInt64LE(at))).toEqual([2n ** 63n - 1n, -(2n ** 63n), 7n]);
});
