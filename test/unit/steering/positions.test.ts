import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alignedStart, LAST, positionsSaid, type Positions, PositionsSchema, touchedOf } from '../../../shared/steering/positions.ts';
import * as v from 'valibot';
import { GraphBuilder } from '../../../electron/engine/onnx/build.ts';
import type { Graph } from '../../../electron/engine/onnx/graph.ts';
import { encodeModel } from '../../../electron/engine/onnx/write.ts';
import { value } from '../../../electron/engine/runtime/surgery.ts';
import { alignedRows, fromBoundaries, marksOf } from '../../../electron/engine/steer/positions.ts';

const RULES: Positions[] = [
  { kind: 'all' },
  { kind: 'prompt' },
  { kind: 'from', position: 3 },
  LAST,
  { kind: 'answer', offset: 0 },
  { kind: 'answer', offset: 4 },
  { kind: 'at', positions: [-1] },
  { kind: 'at', positions: [0, 2, -2] },
  { kind: 'aligned', to: 'front', tokens: 3 },
  { kind: 'aligned', to: 'mid', tokens: 3 },
  { kind: 'aligned', to: 'mid', tokens: 2 },
  { kind: 'aligned', to: 'back', tokens: 3 },
];
const named = (rule: Positions) => JSON.stringify(rule);

/** A graph with the marks of every rule as outputs; the vectors of aligned ones are 1. */
let session: ort.InferenceSession;
const outputs = new Map<string, string>();
beforeAll(async () => {
  const graph: Graph = {
    name: 'where',
    inputs: [value('ids', 'int64', ['b', 'l']), value('boundaries', 'int64', ['b', 3])],
    outputs: [],
    nodes: [],
    constants: new Map(),
  };
  const b = new GraphBuilder(graph, 't');
  const where = fromBoundaries(b, 'boundaries', 'ids');
  for (const rule of RULES) {
    if (rule.kind === 'all') continue;
    const made =
      rule.kind === 'aligned'
        ? alignedRows(b, rule, { width: 1, data: new Float32Array(rule.tokens).fill(1) }, where)
        : marksOf(b, rule, where);
    outputs.set(named(rule), made);
  }
  graph.nodes = b.take();
  graph.outputs = [...outputs.values()].map((name) => value(name));
  const model = { folder: '', file: 't', irVersion: 8, opsets: new Map([['', 18]]), producer: '', metadata: {}, functions: [], graph };
  session = await ort.InferenceSession.create(encodeModel(model));
});
afterAll(() => session.release());

async function marks(past: number, lengths: readonly number[], prompts: readonly number[]): Promise<Map<string, number[][]>> {
  const [batch, length] = [lengths.length, Math.max(...lengths)];
  const ids = new ort.Tensor('int64', new BigInt64Array(batch * length), [batch, length]);
  const boundaries = new ort.Tensor(
    'int64',
    BigInt64Array.from(
      prompts.flatMap((p) => [past, p, p]),
      BigInt,
    ),
    [batch, 3],
  );
  const result = await session.run({ ids, boundaries });
  return new Map(
    [...outputs].map(([rule, name]) => {
      const data = result[name]!.data as Float32Array;
      return [rule, prompts.map((_, row) => [...data.subarray(row * length, (row + 1) * length)])];
    }),
  );
}

describe('which tokens are steered', () => {
  test('the graph says what the schema says, in one pass and token by token', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 3, max: 9 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 5 }),
        async (prompts, more) => {
          const lengths = prompts.map((prompt) => prompt + more);
          const whole = await marks(0, lengths, prompts);
          for (const rule of RULES) {
            if (rule.kind === 'all') continue;
            prompts.forEach((prompt, row) => {
              const found = whole.get(named(rule))![row]!.flatMap((mark, at) => (mark === 1 && at < lengths[row]! ? [at] : []));
              expect(found, named(rule)).toEqual(touchedOf(rule, lengths[row]!, { prompt, answer: prompt }));
            });
          }
          // With a cache a pass holds one token; where it lies is the same.
          const [prompt] = prompts as [number];
          for (let at = prompt; at < prompt + more; at++) {
            const single = await marks(at, [1], [prompt]);
            for (const [rule, rows] of single) expect(rows[0]![0], rule).toBe(whole.get(rule)![0]![at]);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('the middle is two floors', () => {
    expect([alignedStart('mid', 4, 9), alignedStart('mid', 5, 11), alignedStart('back', 4, 9), alignedStart('front', 4, 9)]).toEqual([
      2, 3, 5, 0,
    ]);
  });

  test('a text that answers nothing is steered from its beginning', () => {
    expect(touchedOf(LAST, 4, { prompt: 4, answer: 0 })).toEqual([0, 1, 2, 3]);
    expect(touchedOf({ kind: 'prompt' }, 4, { prompt: 4, answer: 0 })).toEqual([0, 1, 2, 3]);
  });

  test('each has words of its own', () => {
    expect(new Set(RULES.map(positionsSaid)).size).toBe(RULES.length);
    expect(RULES.map(positionsSaid).every((said) => said !== '')).toBe(true);
  });

  test('what is no rule is refused', () => {
    for (const wrong of [
      { kind: 'last' },
      { kind: 'from', position: -1 },
      { kind: 'at', positions: [] },
      { kind: 'aligned', to: 'front', tokens: 0 },
    ])
      expect(v.safeParse(PositionsSchema, wrong).success).toBe(false);
  });
});
