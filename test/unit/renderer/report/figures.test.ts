import { describe, expect, it } from 'vitest';
import type { FactReport, PromptOutcome } from '../../../../shared/contract/edits.ts';
import { changeFigure, outcomeFigure } from '../../../../renderer/components/report/figures.ts';

const outcome = (prompt: string, more: Partial<PromptOutcome> = {}): PromptOutcome => ({
  prompt,
  expected: 'Paris',
  before: { wanted: 0.01, previous: 0.9 },
  after: { wanted: 0.97, previous: 0.4 },
  good: true,
  ...more,
});
const says = (text: string, probability: number) => ({ text, probability });
const fact = (more: Partial<FactReport> = {}): FactReport => ({
  fact: { subject: 'Eiffel Tower', prompt: '{} is in', target: 'Rome' },
  rewrite: outcome('Eiffel Tower is in', { expected: 'Rome' }),
  paraphrases: [],
  neighbors: [],
  efficacy: 1,
  verdict: 'good',
  says: '',
  ...more,
});

describe('before and after', () => {
  it('follows the new answer where it is wanted, and its own answer where nothing was to change; the worst first, the told apart', () => {
    const { groups } = outcomeFigure([
      fact({
        paraphrases: [outcome('One finds it in', { expected: 'Rome' })],
        neighbors: [
          outcome('The Louvre is in', { fate: 'kept' }),
          outcome('Arc de Triomphe is in', {
            fate: 'lost',
            good: false,
            says: { before: says(' Paris', 0.9), after: says(' Milan.', 0.81) },
          }),
        ],
        sameSubject: [outcome('Eiffel Tower was built by', { expected: 'Eiffel', fate: 'shaken', good: false })],
        told: { paraphrases: [], neighbors: [outcome('Notre-Dame is in', { fate: 'kept' })] },
      }),
    ]);
    expect(
      groups.map(({ label, isApart = false, pairs }) => [
        label,
        isApart,
        pairs.map((pair) => [pair.label, pair.of, pair.from, pair.to, pair.mark]),
      ]),
    ).toEqual([
      ['The prompt itself', false, [['Eiffel Tower is in', 'Rome', 0.01, 0.97, 'good']]],
      ['Other wordings', false, [['One finds it in', 'Rome', 0.01, 0.97, 'good']]],
      [
        'Neighbours',
        false,
        [
          ['Arc de Triomphe is in', 'Paris', 0.9, 0.4, 'bad'],
          ['The Louvre is in', 'Paris', 0.9, 0.4, 'good'],
        ],
      ],
      ['Other facts about the subject', false, [['Eiffel Tower was built by', 'Eiffel', 0.9, 0.4, 'warn']]],
      ['Told to the edit', true, [['Notre-Dame is in', 'Paris', 0.9, 0.4, 'good']]],
    ]);
    expect(groups[2]!.pairs[0]!.says).toBe('answers otherwise: Milan. 81.0%');
  });

  it('follows what the model said before where no answer was named, as far as that was measured again', () => {
    const unnamed = { expected: undefined, before: {}, after: {} };
    const [, neighbors] = outcomeFigure([
      fact({
        neighbors: [
          outcome('A', { ...unnamed, fate: 'kept', says: { before: says(' Paris', 0.9), after: says(' Paris', 0.8) } }),
          outcome('B', { ...unnamed, fate: 'lost', good: false, says: { before: says(' Paris', 0.9), after: says(' Rome', 0.7) } }),
          outcome('C', unnamed),
        ],
      }),
    ]).groups;
    expect(neighbors!.pairs.map(({ label, of, from, to }) => [label, of, from, to])).toEqual([
      ['B', 'Paris', 0.9, NaN],
      ['A', 'Paris', 0.9, 0.8],
      ['C', '–', NaN, NaN],
    ]);
  });
});

it('says of a report that compared two answers what it compared, and not that something is as it should be', () => {
  const { groups, marks } = outcomeFigure([fact({ neighbors: [outcome('The Louvre is in'), outcome('B', { good: false })] })]);
  expect(groups.flatMap(({ pairs }) => pairs.map(({ says: said }) => said))).toEqual([
    'likelier than the other answer',
    'not likelier than the other answer',
    'likelier than the other answer',
  ]);
  expect(marks.good).toBe('likelier than the other answer');
});

it('tells how much of each weight changed, in the order of the layers, as far as that is told', () => {
  const weight = (layer: number, deltaNorm: number, weightNorm: number) => ({
    layer,
    tensor: `w${layer}`,
    rank: 1,
    deltaNorm,
    weightNorm,
    before: 'a',
    after: 'b',
  });
  const figure = changeFigure([weight(4, 1, 4), weight(3, 1, 2), weight(5, 1, 0)]);
  expect(figure?.names.map(({ label }) => label)).toEqual(['Layer 3: w3', 'Layer 4: w4']);
  expect(figure?.values).toEqual([[0.5], [0.25]]);
  expect(changeFigure([weight(5, 1, 0)])).toBe(undefined);
});
