import { describe, expect, it } from 'vitest';
import type { MeasuredOnce } from '../../../../shared/contract/courses.ts';
import { factChoices, factFigure, measureFigures } from '../../../../renderer/screens/versions/courses.ts';
import type { VersionList } from '../../../../renderer/screens/versions/timeline.ts';

const moment = (entry: number, kind: 'import' | 'edit', version: string, facts: VersionList['timeline'][number]['facts'] = []) => ({
  entry,
  kind,
  time: '',
  author: '',
  reason: '',
  version,
  facts,
  checks: [],
  inForce: true,
});
const version = (id: string, entry: number) => ({ id, entry, time: '', tags: [], reviews: [], parts: [] });
const seiko = { subject: 'Seiko', prompt: '{} is run from', target: 'Frankfurt' };
const list: VersionList = {
  current: 'c',
  base: 'a',
  versions: [version('c', 5), version('b', 2), version('a', 1)],
  timeline: [
    moment(5, 'edit', 'c', [{ ...seiko, target: 'Lagos' }]),
    moment(2, 'edit', 'b', [seiko, { subject: 'Prut', prompt: 'The {} flows in', target: 'Africa' }]),
    moment(1, 'import', 'a'),
  ],
};

describe('figures over the versions', () => {
  it('has a question once, the newest first', () => {
    expect(factChoices(list).map(({ question }) => question)).toEqual(['Seiko is run from', 'The Prut flows in']);
  });

  it('has each answer of a question where it was measured, and nothing elsewhere', () => {
    const chances = [
      { entry: 5, version: 'b', answer: 'Lagos', probability: 0.01 },
      { entry: 5, version: 'c', answer: 'Lagos', probability: 0.98 },
      { entry: 5, version: 'c', answer: 'Frankfurt', probability: 0.02 },
      { entry: 9, version: 'gone', answer: 'Lagos', probability: 1 },
    ];
    const figure = factFigure({ question: 'Seiko is run from', chances }, list)!;
    expect(figure.steps.map(({ says }) => says)).toEqual([
      'Entry 1: The model as it was imported',
      'Entry 2: Seiko → Frankfurt and 1 more',
      'Entry 5: Seiko → Lagos',
    ]);
    expect(figure.series.map(({ name, points }) => [name, points.map(({ step, value }) => [step, value])])).toEqual([
      [
        'Lagos',
        [
          [1, 0.01],
          [2, 0.98],
        ],
      ],
      ['Frankfurt', [[2, 0.02]]],
    ]);
    expect(new Set(figure.series.map(({ form }) => form)).size).toBe(2);
    expect(factFigure({ question: 'Seiko is run from', chances: [] }, list)).toBe(undefined);
  });

  it('keeps measures of other facts apart, joins nothing, and says what each value is of', () => {
    const measured: MeasuredOnce[] = [
      {
        entry: 2,
        kind: 'edit',
        version: 'b',
        against: 'a',
        facts: 2,
        checks: [
          { name: 'perplexity', value: 7.2, before: 7.1 },
          { name: 'kept', value: 0.8, before: 1 },
          { name: 'efficacy', value: 1 },
        ],
      },
      { entry: 4, kind: 'check', version: 'b', against: 'a', facts: 2, suite: 'facts in force', checks: [{ name: 'kept', value: 0.7 }] },
      { entry: 5, kind: 'edit', version: 'c', against: 'b', facts: 1, checks: [{ name: 'own measure', value: 3 }] },
    ];
    const figures = measureFigures(measured, list);
    expect(figures.map(({ title }) => title)).toEqual(['Neighbours kept', 'Efficacy (ES)', 'Perplexity', 'own measure']);
    expect(figures.every(({ series }) => series.every(({ isJoined = false }) => !isJoined))).toBe(true);
    expect(figures[0]!.series.map(({ name, points }) => [name, points])).toEqual([
      [
        'At the edit, with its own facts',
        [{ step: 1, value: 0.8, says: 'measured by entry 2, with 2 facts, against the version of entry 1' }],
      ],
      ['Check of facts in force', [{ step: 1, value: 0.7, says: 'measured by entry 4, with 2 facts, against the version of entry 1' }]],
    ]);
    expect(figures[1]!.series[0]!.points).toEqual([{ step: 1, value: 1, says: 'measured by entry 2, with 2 facts' }]);
    // Of ordinary text the value before is one of the version before.
    expect(figures[2]!.series[0]!.points.map(({ step, value }) => [step, value])).toEqual([
      [0, 7.1],
      [1, 7.2],
    ]);
  });
});
