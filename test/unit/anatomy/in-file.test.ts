import { expect, test } from 'vitest';
import { refuseFixed } from '../../../electron/engine/anatomy/in-file.ts';
import type { Tensor } from '../../../electron/engine/onnx/graph.ts';
import { mini } from '../runtime/mini.ts';

test('a layer is offered only where its weight can be changed in the file as it lies', async () => {
  const { anatomy, source } = await mini({ layers: 2 });
  const [first, second] = anatomy.layers.map(({ mlp }) => mlp.down.weight) as [string, string];
  const refusals = (constants: Map<string, Tensor>) =>
    refuseFixed(anatomy, { ...source, graph: { ...source.graph, constants } }).layers.map(({ mlp }) => mlp.refusal?.reason);
  const { constants } = source.graph;
  expect(refusals(constants)).toEqual([undefined, undefined]);

  const made = new Map(constants);
  made.delete(second);
  expect(refusals(made)).toEqual([undefined, expect.stringMatching(/not among the constants of the file/)]);

  const one: Tensor = { ...constants.get(first)!, data: { kind: 'file', file: 'weights.bin', offset: 64, length: 384 } };
  const shared = new Map([...constants, [first, one], ['another', one]]);
  expect(refusals(shared)).toEqual([expect.stringMatching(/shares its bytes with "another"/), undefined]);
});
