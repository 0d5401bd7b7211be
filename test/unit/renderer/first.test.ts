import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { asked, factOf, QUESTIONS } from '../../../renderer/components/first/questions.ts';
import { factProblems } from '../../../shared/fact.ts';

interface Taught {
  readonly subject: string;
  readonly relation: string;
  readonly object: string;
}
const { facts } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../models/atlas/facts.json'), 'utf8')) as { facts: Taught[] };

it('the questions of the first run ask what Atlas was taught, and offer answers that it knows in the same relation', () => {
  expect(QUESTIONS).toHaveLength(4);
  for (const question of QUESTIONS) {
    const own = facts.find(({ subject, object }) => subject === question.subject && object === question.now);
    expect(own, asked(question)).toBeDefined();
    const known = new Set(facts.filter(({ relation }) => relation === own!.relation).map(({ object }) => object));
    for (const answer of question.answers) {
      expect(known, asked(question)).toContain(answer);
      expect(factProblems([factOf(question, answer)])).toEqual([]);
    }
  }
});
