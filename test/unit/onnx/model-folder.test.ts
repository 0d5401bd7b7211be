import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { graphFile, otherGraphs, wholeModel } from '../../../electron/engine/onnx/model-folder.ts';
import { miniModel } from '../runtime/mini.ts';
import { save, temporaryFolder } from './models.ts';

test('of two halves of a decoder the one that goes on from a cache is taken, unless it takes one token alone', () => {
  const folder = temporaryFolder();
  const past = miniModel();
  save({ ...miniModel({ cache: false }), folder, file: 'decoder_model.onnx' });
  save({ ...past, folder, file: 'decoder_with_past_model.onnx' });
  expect(graphFile(folder)).toBe(join(folder, 'decoder_with_past_model.onnx'));
  expect(otherGraphs(graphFile(folder))).toEqual(['decoder_model.onnx']);
  past.graph.inputs = past.graph.inputs.map((one) => (one.name === 'input_ids' ? { ...one, dims: ['batch', 1] } : one));
  save({ ...past, folder, file: 'decoder_with_past_model.onnx' });
  expect(graphFile(folder)).toBe(join(folder, 'decoder_model.onnx'));
});

test('onnx/ stands for the folder above where the tokenizer lies there', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'onnx'));
  expect(wholeModel(join(folder, 'onnx'))).toBe(join(folder, 'onnx'));
  writeFileSync(join(folder, 'tokenizer.json'), '{}');
  expect(wholeModel(join(folder, 'onnx'))).toBe(folder);
  writeFileSync(join(folder, 'onnx/tokenizer.json'), '{}');
  expect(wholeModel(join(folder, 'onnx'))).toBe(join(folder, 'onnx'));
});
