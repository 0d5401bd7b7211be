import { expect, it } from 'vitest';
import { type Trial, widestOfBest } from '../../../electron/engine/edit/search.ts';

const trial = (layers: readonly number[], score: number, share = 0.1): Trial => ({
  layers,
  score,
  share,
  covarianceWeight: 1,
  efficacy: 1,
  drift: 0,
});

it('takes the widest of the windows that did about equally well, with the share that was best there', () => {
  const trials = [
    trial([0], 0.999),
    trial([0, 1, 2], 0.995, 0.3),
    trial([0, 1, 2], 0.99, 0.03),
    trial([0, 1], 0.985),
    trial([0, 1, 2, 3], 0.9),
  ];
  expect(widestOfBest(trials)).toBe(trials[1]);
});

it('takes the best where the others did worse, or are as wide', () => {
  for (const by of [1, 0.01]) {
    const trials = [trial([4], 0.95 * by), trial([2], 0.94 * by), trial([0, 1, 2], 0.92 * by)];
    expect(widestOfBest(trials)).toBe(trials[0]);
  }
});
