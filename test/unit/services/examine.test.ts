import { expect, it } from 'vitest';
import type { Inspection } from '../../../electron/engine/jobs.ts';
import { examinedOf, refusalOf } from '../../../electron/services/examine.ts';

const REFUSAL = { reason: 'Its down-projections are quantised to 4 bits.', hint: 'Take a float export.' };
const found = (precision: string, refusals: readonly (typeof REFUSAL | undefined)[]) =>
  ({
    architecture: 'gpt2',
    parameters: 1000,
    bytes: 600,
    precision,
    hiddenSize: 8,
    vocabulary: 50,
    layers: refusals.map((refusal, layer) => ({ layer, refusal })),
    warnings: ['Beside it is another graph.'],
  }) as unknown as Inspection;

it('tells what a model is, and about how much memory an edit of it takes', () => {
  expect(examinedOf(found('float32', [undefined, REFUSAL]))).toEqual({
    architecture: 'gpt2',
    parameters: 1000,
    precision: 'float32',
    layers: 2,
    hiddenSize: 8,
    vocabulary: 50,
    memory: 8000,
    warnings: ['Beside it is another graph.'],
  });
  // Half precision is computed in 32 bits.
  expect(examinedOf(found('bfloat16', [undefined])).memory).toBe(8000);
});

it('tells why it cannot be edited where no layer can, and what asking it takes then', () => {
  expect(examinedOf(found('quantised', [REFUSAL, REFUSAL]))).toMatchObject({ refusal: REFUSAL.reason, memory: 600 });
  expect(refusalOf({})).toBeUndefined();
});
