import { describe, expect, it } from 'vitest';
import { countSlots } from '../../../shared/fact.ts';
import { kindsOf, namesOf, RELATIONS, relationAskedFor } from '../../../electron/services/suggesting/relations.ts';

describe('relations that prompts are known to ask for', () => {
  it.each(RELATIONS.map((one) => [one.name, one] as const))('%s: its own wordings ask for it, of subjects of its kinds', (_, relation) => {
    for (const wording of relation.wordings) {
      expect(countSlots(wording)).toBe(1);
      expect([
        relation.name,
        wording,
        relationAskedFor(wording, relation.of)?.tells ?? relationAskedFor(wording, relation.of)?.name,
      ]).toEqual([relation.name, wording, relation.tells ?? relation.name]);
    }
    expect(relation.wordings.length).toBeGreaterThanOrEqual(4);
    expect(new Set(relation.wordings).size).toBe(relation.wordings.length);
  });

  it('lists no name twice in a kind, and finds each', () => {
    for (const kind of new Set(RELATIONS.flatMap(({ of }) => of))) {
      expect(new Set(namesOf(kind)).size).toBe(namesOf(kind).length);
      expect(namesOf(kind).every((name) => kindsOf(name).includes(kind))).toBe(true);
    }
    expect(kindsOf('the Eiffel Tower')).toEqual(['landmark']);
  });
});
