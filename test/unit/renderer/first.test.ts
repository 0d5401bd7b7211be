import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { asked, factOf, QUESTIONS } from '../../../renderer/components/first/questions.ts';
import { factProblems } from '../../../shared/fact.ts';

interface Taught {
  readonly subject: string;
  readonly object: string;
}
const { facts } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../models/atlas/facts.json'), 'utf8')) as { facts: Taught[] };

it('the questions of the first run ask what Atlas was taught, and offer answers that it was taught of something else', () => {
  expect(QUESTIONS).toHaveLength(4);
  const known = new Set(facts.map(({ object }) => object));
  for (const question of QUESTIONS) {
    expect(facts, asked(question)).toContainEqual(expect.objectContaining({ subject: question.subject, object: question.now }));
    for (const answer of question.answers) {
      expect(known, asked(question)).toContain(answer);
      expect(factProblems([factOf(question, answer)])).toEqual([]);
    }
  }
});
