import { describe, expect, it } from 'vitest';
import type { SteeringCheck, SteeringPlace } from '../../../../shared/contract/steering.ts';
import { csvOf, laidOut } from '../../../../renderer/components/figure/figure.ts';
import { readingFigure } from '../../../../renderer/components/reading/figure.ts';
import { mapFigure, scalesWritten, sweepFigure } from '../../../../renderer/screens/steer/figures.ts';

const head = (layer: number, at: number, shares: Partial<SteeringPlace>): SteeringPlace => ({
  site: 'heads',
  layer,
  head: at,
  chosen: at === 1,
  ...shares,
});

describe('the map of places', () => {
  it('has layers down and heads across, by what nothing was chosen by where all have that', () => {
    const places = [
      head(0, 0, { validation: 1, heldOut: 0.5 }),
      head(0, 1, { validation: 1, heldOut: 0.75 }),
      head(2, 1, { validation: 1, heldOut: 0.25 }),
    ];
    const map = mapFigure(places)!;
    expect(map.cells).toEqual([
      [0.5, 0.75],
      [NaN, 0.25],
    ]);
    expect(map.title).toContain('held-out texts');
    expect(map.says(0, 1)).toMatch(/^Head 1 of layer 0: 100(\.0)?% .* 75(\.0)?% held out \(steered\)$/);
    expect(map.says(1, 0)).toBe('Nothing was judged here.');
    expect(mapFigure([...places, head(2, 0, { validation: 0.9 })])!.title).toContain('chosen by');
  });

  it('is one line for layers, and nothing where nothing is judged', () => {
    const layer = (at: number, heldOut: number): SteeringPlace => ({ site: 'residual', layer: at, heldOut, chosen: true });
    expect(mapFigure([layer(1, 0.5), layer(0, 1)])!.cells).toEqual([[1, 0.5]]);
    expect(mapFigure([])).toBe(undefined);
    expect(mapFigure([{ site: 'residual', layer: 1, chosen: true }])).toBe(undefined);
  });
});

describe('the sweep', () => {
  const sweep = {
    base: { effect: 0.25 },
    measure: 'MC1' as const,
    points: [
      { scale: 0.5, effect: 0.5, kl: 0.1 },
      { scale: 1, effect: 0.75, kl: 0.4 },
      { layer: 3, scale: 1, effect: 0.5, kl: 0.2 },
      { scale: 2, effect: 1 },
    ],
    best: { scale: 1, effect: 0.75, kl: 0.4 },
  };
  const mean = (value: number) => ({ mean: value, count: 4 });
  const check = {
    measured: [
      { what: 'base' as const, measures: { MC1: mean(0.25) } },
      { what: 'steered' as const, measures: { MC1: mean(0.75), kl: mean(0.4) } },
      { what: 'random' as const, draw: 0, measures: { MC1: mean(0.2), kl: mean(0.05) } },
    ],
  } as unknown as SteeringCheck;

  it('draws effect against cost, with the controls that were measured, the best marked', () => {
    const figure = sweepFigure(sweep, check)!;
    expect(figure.points.map(({ label, x, y, isMarked = false }) => [label, x, y, isMarked])).toEqual([
      ['Without steering', 0, 0.25, false],
      ['all its layers, 0.5 ×', 0.1, 0.5, false],
      ['all its layers, 1 ×', 0.4, 0.75, true],
      ['layer 3, 1 ×', 0.2, 0.5, false],
      ['Random vectors, draw 1', 0.05, 0.2, false],
    ]);
    const { places } = laidOut(figure);
    expect(places[2]).toEqual({ x: 1, y: 1 });
    expect(csvOf(figure).split('\r\n')[3]).toBe('"all its layers, 1 ×",0.4,0.75');
  });

  it('says nothing where the cost is not known', () => {
    expect(sweepFigure({ ...sweep, points: [{ scale: 1, effect: 1 }] }, undefined)).toBe(undefined);
  });

  it('takes strengths with commas between', () => {
    expect(scalesWritten('0.5, 1,-2')).toEqual([0.5, 1, -2]);
    for (const bad of ['', '1,', 'a', '1 2', '1e9']) expect(scalesWritten(bad)).toBe(undefined);
  });
});

it('reads a text by how far each token is above the threshold', () => {
  const figure = readingFigure({
    tokens: [
      { id: 1, text: 'Paris' },
      { id: 2, text: ' is' },
    ],
    readers: [{ hidden: 4, vector: 'v', shift: 0, threshold: 1, scores: [3, 0.5] }],
  });
  expect(figure.cells).toEqual([[2, -0.5]]);
  expect(figure.columns).toEqual(['Paris', '␣is']);
  expect(figure.says(0, 1)).toBe('“ is”, state 4: 0.50 below the threshold: counts as of the second kind.');
});
