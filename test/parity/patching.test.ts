import { describe, expect, test } from 'vitest';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { siteValue } from '../../electron/engine/decoder/sites.ts';
import { fromMean, fromRun, fromZero, outcomeOf, patched, patchSite, patchSites, record } from '../../electron/engine/locate/patching.ts';
import { Walk } from '../../electron/engine/locate/walk.ts';
import { PATCH_KINDS } from '../../shared/tracing.ts';
import { EmendError } from '../../shared/errors.ts';
import { silent } from '../../shared/progress.ts';
import { casesOf } from '../fixtures.ts';

const clean = [3, 5, 7, 11, 2];
const other = [3, 5, 9, 4, 2];
const answers = [1, 2] as const;
const close = (found: readonly number[], wanted: readonly number[]) => found.forEach((x, i) => expect(x).toBeCloseTo(wanted[i]!, 3));

const exported = [...casesOf('exports'), ...casesOf('memit')];

describe.skipIf(exported.length === 0)('activation patching', () => {
  test.each(exported)('$name', async ({ model }) => {
    const decoder = await Decoder.open(model, { threads: 1 });
    const kinds = PATCH_KINDS.filter((kind) => {
      try {
        return siteValue(decoder.anatomy, patchSite(kind, 0)) !== '';
      } catch (error) {
        if (error instanceof EmendError && error.code === 'unsupported') return false;
        throw error;
      }
    });
    const walk = await Walk.create(decoder, patchSites(decoder, kinds));
    const [from, into] = [await record(walk, clean, kinds), await record(walk, other, kinds)];
    const [high, low] = [await outcomeOf(walk, from, answers), await outcomeOf(walk, into, answers)];
    const layers = decoder.anatomy.layers.length;
    for (const kind of kinds) {
      const grid = await patched(walk, into, fromRun(from, other.length), kind, answers, silent);
      // What comes before the first difference is the same in both runs.
      if (kind !== 'head') for (let layer = 0; layer < layers; layer++) close(grid[0]![layer]!.logits, low.logits);
      // The last token's last hidden state is all that the answer hangs on.
      if (kind === 'hidden') close(grid.at(-1)!.at(-1)!.logits, high.logits);
      // A run's own states change nothing.
      const own = await patched(walk, into, fromRun(into, other.length), kind, answers, silent);
      for (const cell of own.flat()) close(cell!.logits, low.logits);
    }
    // A shorter text lies at the end of a longer one.
    const short = await record(walk, clean.slice(1), kinds);
    const moved = await patched(walk, into, fromRun(short, other.length), 'hidden', answers, silent);
    expect(moved[0]!.every((cell) => cell === null)).toBe(true);
    close(moved.at(-1)!.at(-1)!.logits, (await outcomeOf(walk, short, answers)).logits);
    // Without its MLP's output a last token's last layer is what it was before it with what attention adds.
    const nothing = await patched(walk, into, fromZero(into), 'mlp', answers, silent);
    const average = await patched(walk, into, fromMean([into]), 'mlp', answers, silent);
    expect(nothing.flat().every((cell) => cell!.logits.every(Number.isFinite))).toBe(true);
    expect(average.flat().map((cell) => cell!.logits)).not.toEqual(nothing.flat().map((cell) => cell!.logits));
    await walk.release();
  });
});
