import { describe, expect, it } from 'vitest';
import { courseShapes, joinedIn, ticksOf } from '../../../../renderer/components/figure/course.ts';
import { drawn, svgOf } from '../../../../renderer/components/figure/drawing.ts';
import { type CourseFigure, csvOf } from '../../../../renderer/components/figure/figure.ts';
import { ON_PAPER } from '../../../../renderer/components/figure/shapes.ts';

const series = (steps: readonly number[], isJoined = true) => ({
  name: 'Rome',
  hue: 'blue' as const,
  form: 'circle' as const,
  isJoined,
  points: steps.map((step) => ({ step, value: step / 10, says: `measured by entry ${step}` })),
});
const figure = (more: Partial<CourseFigure> = {}): CourseFigure => ({
  title: 'Tower Bridge stands in',
  what: 'Version',
  measure: 'Probability',
  steps: [0, 1, 2, 3].map((at) => ({ label: String(at), says: `Entry ${at}` })),
  series: [series([0, 1, 3])],
  short: (value) => value.toFixed(1),
  ...more,
});

describe('a figure over steps', () => {
  it('joins steps that follow each other, and nothing over one that has no value', () => {
    expect(joinedIn(series([0, 1, 3])).map(([from, to]) => [from.step, to.step])).toEqual([[0, 1]]);
    expect(joinedIn(series([1, 3]))).toEqual([]);
    expect(joinedIn(series([0, 1], false))).toEqual([]);
  });

  it('joins the value that was measured last where a step has several', () => {
    const twice = {
      ...series([]),
      points: [0.2, 0.4].map((value) => ({ step: 0, value, says: '' })).concat({ step: 1, value: 1, says: '' }),
    };
    expect(joinedIn(twice).map(([from, to]) => [from.value, to.value])).toEqual([[0.4, 1]]);
  });

  it('draws every point, and gives the same as a table', () => {
    const paths = courseShapes(figure(), ON_PAPER).shapes.filter((shape) => shape.is === 'path' && shape.fill === ON_PAPER.blue);
    expect(paths).toHaveLength(3 + 1); // the name of the series has one too
    expect(csvOf(figure())).toBe(
      'Version,,Probability,\r\nEntry 0,Rome,0,measured by entry 0\r\nEntry 1,Rome,0.1,measured by entry 1\r\n' +
        'Entry 3,Rome,0.3,measured by entry 3\r\n',
    );
    expect(svgOf(drawn(figure({ title: 'A & B' })))).toContain('<title>A &amp; B</title>');
  });

  it('draws a figure without any value, and one of a single value', () => {
    expect(() => svgOf(drawn(figure({ series: [] })))).not.toThrow();
    expect(svgOf(drawn(figure({ series: [{ ...series([2]), points: [{ step: 2, value: 0, says: '' }] }] })))).not.toContain('NaN');
  });
});

it('has a few round numbers at an axis, to both of its ends', () => {
  expect(ticksOf(0, 1)).toEqual({ ends: [0, 1], ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] });
  expect(ticksOf(0, 0.00382).ticks).toEqual([0, 0.001, 0.002, 0.003, 0.004]);
  expect(ticksOf(0, 7.14).ends).toEqual([0, 8]);
  expect(ticksOf(-0.3, 0.9).ends).toEqual([-0.5, 1]);
  for (const [least, most] of [
    [0, 0],
    [0, 5e-324],
    [3, 3],
    [0, 1e300],
  ] as const) {
    const { ends, ticks } = ticksOf(least, most);
    expect(ends[0]).toBeLessThanOrEqual(least);
    expect(ends[1]).toBeGreaterThanOrEqual(most);
    expect(ends[1]).toBeGreaterThan(ends[0]);
    expect(ticks.length).toBeLessThan(9);
  }
});
