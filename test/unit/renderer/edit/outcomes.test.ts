import { describe, expect, it } from 'vitest';
import type { FactReport, Fate } from '../../../../shared/contract/edits.ts';
import { compareDrafts, factKey, outcomesOf } from '../../../../renderer/screens/edit/outcomes.ts';

const outcome = (good: boolean, wanted?: number) => ({ prompt: 'p', before: {}, after: wanted === undefined ? {} : { wanted }, good });
function report(subject: string, verdict: FactReport['verdict'], chance: number, fates: readonly Fate[]): FactReport {
  return {
    fact: { subject, prompt: '{} is in', target: 'Rome' },
    rewrite: outcome(true, chance),
    paraphrases: [outcome(true), outcome(false)],
    neighbors: fates.map((fate) => ({ ...outcome(fate === 'kept'), fate })),
    efficacy: 1,
    verdict,
    says: `${subject} said`,
  };
}

describe('facts and what became of them', () => {
  it('are known again whatever they are checked by, and not with another answer', () => {
    const outcomes = outcomesOf({ facts: [report('A', 'harmful', 1, [])] });
    expect(outcomes.get(factKey({ subject: ' A ', prompt: '{} is in', target: 'Rome', paraphrases: ['q'] }))?.verdict).toBe('harmful');
    expect(outcomes.get(factKey({ subject: 'A', prompt: '{} is in', target: 'Oslo' }))).toBeUndefined();
  });

  it('stand side by side in two drafts, those of one alone too', () => {
    const one = { facts: [report('A', 'weak', 0.4, ['kept', 'lost', 'shaken']), report('B', 'good', 0.9, [])] };
    const other = { facts: [report('C', 'good', 0.8, []), report('A', 'good', 0.95, ['kept', 'kept', 'kept'])] };
    const found = compareDrafts(one, other);
    expect(found.map(({ fact, one: a, other: b }) => [fact.subject, a?.verdict, b?.verdict])).toEqual([
      ['A', 'weak', 'good'],
      ['B', 'good', undefined],
      ['C', undefined, 'good'],
    ]);
    expect(found[0]!.one).toEqual({ verdict: 'weak', chance: 0.4, held: 1, wordings: 2, kept: 2, neighbors: 3 });
  });
});
