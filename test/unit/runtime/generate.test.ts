import { describe, expect, test } from 'vitest';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../../electron/engine/decoder/generate.ts';
import { rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { greedy, logSoftmax } from '../../../electron/engine/runtime/sampling.ts';
import { ScoreSession } from '../../../electron/engine/decoder/score.ts';
import { floats } from '../../../electron/engine/runtime/session.ts';
import { Stage } from '../../../electron/engine/decoder/stage.ts';
import { mini, type Mini, tokenRows } from './mini.ts';

const V = 23;

const stages = new Map<Decoder, Promise<Stage>>();

async function allLogits(decoder: Decoder, row: readonly number[]): Promise<Float32Array[]> {
  const stage = stages.get(decoder) ?? Stage.create(decoder, undefined, [decoder.anatomy.logits]);
  stages.set(decoder, stage);
  const logits = floats(await (await stage).run(rightPad([row])), decoder.anatomy.logits);
  return row.map((_, t) => logits.slice(t * V, (t + 1) * V));
}

describe('Generator', () => {
  const prompts = tokenRows([4, 2, 4, 6]);

  /** The plain way: run everything again for each token. */
  async function plainly(decoder: Decoder, prompt: readonly number[], count: number): Promise<number[]> {
    const row = [...prompt];
    for (let i = 0; i < count; i++) {
      const last = (await allLogits(decoder, row)).at(-1)!;
      row.push(last.indexOf(Math.max(...last)));
    }
    return row.slice(prompt.length);
  }

  test.each<[string, Partial<Mini>]>([
    ['with a cache', {}],
    ['without', { cache: false }],
    ['rank 2, gathered afterwards', { flat: true, head: 'rotated' }],
  ])('ragged rows together give what each gives alone, run from the start each time: %s', async (_, choices) => {
    const decoder = await mini(choices);
    const generator = await Generator.create(decoder);
    const made = await generator.continue(prompts, { maxTokens: 5, sampling: greedy });
    for (const [i, prompt] of prompts.entries()) expect(made[i]).toEqual(await plainly(decoder, prompt, 5));
    const next = await generator.next(prompts);
    for (const [i, prompt] of prompts.entries())
      (await allLogits(decoder, prompt)).at(-1)!.forEach((x, v) => expect(next[i]![v]).toBeCloseTo(x, 4));
  });

  test('a row ends at its stop token, which is left out, and others go on', async () => {
    const decoder = await mini();
    const generator = await Generator.create(decoder);
    const free = await generator.continue(prompts, { maxTokens: 6, sampling: greedy });
    const stop = free[0]![2]!;
    const made = await generator.continue(prompts, { maxTokens: 6, sampling: greedy, stopAt: [stop] });
    made.forEach((ids, i) => expect(ids).toEqual(free[i]!.includes(stop) ? free[i]!.slice(0, free[i]!.indexOf(stop)) : free[i]));
  });

  test('whoever listens hears every token and can end a row', async () => {
    const generator = await Generator.create(await mini());
    const heard: number[][] = prompts.map(() => []);
    const made = await generator.continue(prompts, {
      maxTokens: 4,
      sampling: greedy,
      onToken: (row, id) => {
        heard[row]!.push(id);
        return row === 1 && heard[row]!.length === 2;
      },
    });
    expect(heard).toEqual(made);
    expect(made.map((ids) => ids.length)).toEqual([4, 2, 4, 4]);
  });

  test.each([4, 0])('whoever asks hears the logits behind each prompt, read once, with %i tokens to write', async (maxTokens) => {
    const generator = await Generator.create(await mini());
    const plain = await generator.next(prompts);
    const heard: Float32Array[] = [];
    let steps = 0;
    const made = await generator.continue(prompts, {
      maxTokens,
      sampling: greedy,
      check: () => steps++,
      onPrompt: (row, logits) => (heard[row] = logits.slice()),
    });
    expect(made.map((ids) => ids.length)).toEqual(prompts.map(() => maxTokens));
    expect(heard).toHaveLength(prompts.length);
    heard.forEach((logits, row) => logits.forEach((x, v) => expect(x).toBeCloseTo(plain[row]![v]!, 4)));
    const groups = new Set(prompts.map((row) => row.length)).size;
    expect(steps).toBe(groups * Math.max(maxTokens, 1));
  });

  test('drawn text depends on the seed and on the row, not on its company', async () => {
    const generator = await Generator.create(await mini());
    const sampling = { ...greedy, temperature: 1, seed: 4 };
    const first = await generator.continue(prompts, { maxTokens: 8, sampling });
    expect(await generator.continue(prompts, { maxTokens: 8, sampling })).toEqual(first);
    expect(await generator.continue(prompts.slice(0, 2), { maxTokens: 8, sampling })).toEqual(first.slice(0, 2));
    expect(await generator.continue(prompts, { maxTokens: 8, sampling: { ...sampling, seed: 5 } })).not.toEqual(first);
    const [a, b] = (await generator.continue([prompts[0]!, prompts[0]!], { maxTokens: 8, sampling })) as [number[], number[]];
    expect(a).not.toEqual(b);
  });

  test('stops when asked to', async () => {
    const generator = await Generator.create(await mini());
    let steps = 0;
    const check = () => {
      if (++steps === 3) throw new Error('enough');
    };
    await expect(generator.continue(prompts, { maxTokens: 9, sampling: greedy, check })).rejects.toThrow('enough');
    expect(steps).toBe(3);
  });
});

describe('ScoreSession', () => {
  test.each<[string, Partial<Mini>]>([
    ['plain', {}],
    ['rank 2', { flat: true }],
    ['rank 2, gathered afterwards', { flat: true, head: 'rotated' }],
    ['softcap, no cache', { head: 'softcap', cache: false }],
  ])('agrees with a plain softmax: %s', async (_, choices) => {
    const decoder = await mini(choices);
    const session = await ScoreSession.create(decoder);
    const rows = tokenRows([7, 3, 5, 2]).map((ids, i) => ({ ids, from: [4, 1, 2, 1][i]! }));
    const scores = await session.score(rows);
    for (const [i, row] of rows.entries()) {
      const logits = await allLogits(decoder, row.ids);
      expect(scores[i]).toHaveLength(row.ids.length - row.from);
      scores[i]!.forEach((score, k) => {
        const before = logits[row.from + k - 1]!;
        expect(score.logProbability).toBeCloseTo(logSoftmax(before)[row.ids[row.from + k]!]!, 4);
        expect(score.best).toBe(before.indexOf(Math.max(...before)));
      });
    }
  });

  test('many rows go in several runs and come back in order', async () => {
    const decoder = await mini();
    const session = await ScoreSession.create(decoder);
    const rows = tokenRows(Array.from({ length: 90 }, (_, i) => 2 + ((i * 7) % 25))).map((ids) => ({ ids, from: 1 }));
    let runs = 0;
    const together = await session.score(rows, () => runs++);
    expect(runs).toBeGreaterThan(1);
    for (const i of [0, 44, 89])
      (await session.score([rows[i]!]))[0]!.forEach((s, k) => expect(together[i]![k]!.logProbability).toBeCloseTo(s.logProbability, 4));
  });
});

test('logSoftmax sums to one, far from zero too', () => {
  const found = logSoftmax(Float32Array.of(1000, 1001, 998));
  expect([...found].reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(1, 5);
  expect(found[1]! - found[0]!).toBeCloseTo(1, 4);
});
