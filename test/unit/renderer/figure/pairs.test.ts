import { describe, expect, it } from 'vitest';
import { drawn, svgOf } from '../../../../renderer/components/figure/drawing.ts';
import { csvOf, type Pair, type PairFigure } from '../../../../renderer/components/figure/figure.ts';
import { MARKS, marksIn, pairShapes } from '../../../../renderer/components/figure/pairs.ts';

const pair = (more: Partial<Pair> = {}): Pair => ({
  label: 'The Louvre is in',
  of: 'Paris',
  from: 0.9,
  to: 0.2,
  mark: 'bad',
  says: 'answers otherwise: Rome 70%',
  ...more,
});
const figure: PairFigure = {
  title: 'Before and after',
  what: 'Prompt',
  of: 'Answer',
  said: 'What became of it',
  from: 'Before',
  to: 'After',
  groups: [
    { label: 'Neighbours', pairs: [pair(), pair({ label: 'Big Ben is in', of: 'London', to: 0.91, mark: 'good', says: '=kept' })] },
    { label: 'Told', about: 'took part', isApart: true, pairs: [pair({ mark: 'warn' }), pair({ from: NaN })] },
  ],
  marks: { good: 'kept', warn: 'shaken', bad: 'lost' },
  full: 1,
  short: (value) => value.toFixed(2),
};
const field = { full: 1, x: 0, y: 0, width: 100 };
const kinds = (shapes: ReturnType<typeof pairShapes>) => shapes.map((shape) => shape.is);

describe('a figure of pairs', () => {
  it('joins the two values, and only where both were measured', () => {
    const both = pairShapes(pair(), field);
    expect(kinds(both)).toEqual(['path', 'path', 'path']);
    expect(both[0]).toMatchObject({ d: 'M90 0L20 0' });
    expect(pairShapes(pair({ from: NaN }), field)).toHaveLength(1);
    expect(pairShapes(pair({ from: NaN, to: NaN }), field)).toEqual([]);
  });

  it('tells what became of it by the form as well as by the colour, and what took part by broken lines', () => {
    expect(new Set(Object.values(MARKS).map(({ form }) => form)).size).toBe(3);
    expect(pairShapes(pair(), { ...field, isApart: true })[0]).toHaveProperty('dashes');
    expect(pairShapes(pair(), field)[0]).not.toHaveProperty('dashes');
    expect(marksIn(figure)).toEqual(['good', 'warn', 'bad']);
  });

  it('is saved whole, as a table and as a drawing', () => {
    expect(csvOf(figure).split('\r\n')).toEqual([
      ',Prompt,Answer,Before,After,What became of it',
      'Neighbours,The Louvre is in,Paris,0.9,0.2,answers otherwise: Rome 70%',
      "Neighbours,Big Ben is in,London,0.9,0.91,'=kept",
      'Told,The Louvre is in,Paris,0.9,0.2,answers otherwise: Rome 70%',
      'Told,The Louvre is in,Paris,,0.2,answers otherwise: Rome 70%',
      '',
    ]);
    const svg = svgOf(drawn(figure));
    expect(svg).not.toContain('NaN');
    for (const said of ['The Louvre is in → Paris', 'Told (took part)', 'After: lost', 'stroke-dasharray']) expect(svg).toContain(said);
  });
});
