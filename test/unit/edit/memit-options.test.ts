import { expect, test } from 'vitest';
import { keyCovariance } from '../../../electron/engine/edit/covariance.ts';
import { fullDelta } from '../../../electron/engine/edit/delta.ts';
import { memit } from '../../../electron/engine/edit/methods/memit.ts';
import { Statistics } from '../../../electron/engine/edit/statistics.ts';
import { silent } from '../../../shared/progress.ts';
import type { Tokenizer } from '../../../electron/engine/text/tokenizer.ts';
import { mini, tokenRows } from '../runtime/mini.ts';
import { someFacts } from './facts.ts';

/** Writes three facts into both layers. @returns each layer's whole change, D × F */
async function written(options: {
  readonly neurons?: number;
  readonly farAbove?: number;
  readonly farBelow?: number;
  readonly together?: boolean;
}) {
  const decoder = await mini();
  const as = <T>(value: T) => ({ value, source: 'test' });
  const given = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, as(value)]));
  const defaults = memit.defaults(decoder.anatomy) as Parameters<typeof memit.run>[0]['settings'];
  const { delta } = await memit.run({
    decoder,
    tokenizer: {} as Tokenizer, // nothing is told, so no text is cut
    facts: someFacts(3).map((_, n) => ({ subject: `Subject ${n}`, prompt: '{} is', target: ' so' })),
    tokens: someFacts(3),
    settings: {
      ...defaults,
      layers: as([0, 1]),
      steps: as(6),
      covarianceWeight: as(1),
      told: as('nothing' as const),
      together: as(false),
      ...given,
    },
    windows: [],
    statistics: new Statistics(await keyCovariance(decoder, [0, 1], tokenRows([20, 31, 9, 25, 30, 17, 28, 12]), silent)),
    contexts: ['{}'],
    earlier: [],
    together: undefined,
    ordinaryText: () => Promise.resolve([]),
    report: silent,
  });
  return delta.weights.map((weight) => fullDelta(weight));
}

const isMoved = (changes: Awaited<ReturnType<typeof written>>) => changes.some(({ data }) => data.some((x) => x !== 0));
const NOTHING = { code: 'bad-input', message: expect.stringContaining('So nothing was written') as string };

test('with a share of the neurons the others do not change, and all of them are the default', async () => {
  const all = await written({});
  const some = await written({ neurons: 0.5 });
  for (const [at, { columns, data }] of some.entries()) {
    const changed = (of: ArrayLike<number>) =>
      Array.from({ length: columns }, (_, f) => f).filter((f) => Array.from(of).some((x, i) => i % columns === f && x !== 0)).length;
    expect(changed(data)).toBeGreaterThan(0);
    expect(changed(data)).toBeLessThan(columns / 2);
    expect(changed(all[at]!.data)).toBe(columns);
  }
});

test('only facts that are as far from their targets as is asked for are written', async () => {
  expect(isMoved(await written({ farAbove: 1e-6 }))).toBe(true);
  await expect(written({ farAbove: 1e6 })).rejects.toMatchObject(NOTHING);
  expect(isMoved(await written({ farBelow: 1e6 }))).toBe(true);
  await expect(written({ farBelow: 1e-6 })).rejects.toMatchObject(NOTHING);
  // What is solved together must all be written, or facts of earlier edits would be lost.
  await expect(written({ farAbove: 1e-6, together: true })).rejects.toMatchObject({ code: 'bad-input', details: { field: 'farAbove' } });
});
