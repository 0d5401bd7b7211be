import { describe, expect, it } from 'vitest';
import { factProblems, type Fact } from '../../../../shared/fact.ts';
import { hindrance, lookedAt, problemsOf, withSaid } from '../../../../renderer/screens/edit/problems.ts';
import { row } from '../../../../renderer/screens/edit/rows.ts';

const fact = (subject: string, target = 'Rome'): Fact => ({ subject, prompt: '{} is in', target });
const nothing = () => undefined;

describe('problemsOf', () => {
  it('does not reproach a row that is being written', () => {
    const rows = [row(), row({ subject: 'A', prompt: '', target: '' }), row(fact('B'))];
    const problems = problemsOf(rows, nothing);
    expect(rows.map(({ id }) => problems.get(id)?.standing)).toEqual([undefined, 'unfinished', 'ready']);
    expect(hindrance(rows, problems)).toBe('Fact 2 is unfinished.');
  });

  it('names rows as they are seen, blank ones counted', () => {
    const rows = [row(), row(fact('A')), row(), row(fact('A', 'Oslo'))];
    const [problem] = problemsOf(rows, nothing).get(rows[3]!.id)!.problems;
    expect(problem!.message).toContain('contradicts fact 2:');
    expect(hindrance(rows, problemsOf(rows, nothing))).toBe('Fact 4 has an error.');
  });

  it('adds what was looked up for the very fact', () => {
    const rows = [row(fact('A')), row(fact('B'))];
    const problems = problemsOf(rows, (one) =>
      one === rows[1]!.fact
        ? { problems: [{ field: 'target', severity: 'warning', message: 'Entry 3 wrote this.', hint: '' }], tokens: null }
        : undefined,
    );
    expect(rows.map(({ id }) => problems.get(id)!.standing)).toEqual(['ready', 'warning']);
    expect(hindrance(rows, problems)).toBeUndefined();
  });

  it('asks for a fact when there is none', () => {
    expect(hindrance([row()], new Map())).toBe('Write at least one fact.');
  });
});

describe('withSaid', () => {
  const said = { answer: 'Rome', text: ' Rome and is the largest' };

  it('warns where the model says the new answer already, and where it says something else than “Answer now”', () => {
    expect(withSaid(fact('A', 'Rome'), undefined, said)?.problems.map(({ field }) => field)).toEqual(['target']);
    const other = withSaid({ ...fact('A', 'Oslo'), previousTarget: 'Paris' }, undefined, said);
    expect(other?.problems.map(({ field }) => field)).toEqual(['previousTarget']);
    expect(other?.problems[0]!.message).toContain('says "Rome" here, not "Paris"');
  });

  it('has nothing against another answer, nor against one that only begins alike', () => {
    expect(withSaid({ ...fact('A', 'Oslo'), previousTarget: 'Rome' }, undefined, said)?.problems).toEqual([]);
    expect(withSaid(fact('A', 'Ro'), undefined, said)?.problems).toEqual([]);
    expect(withSaid(fact('A', 'Rome'), undefined, undefined)).toBeUndefined();
  });
});

describe('lookedAt', () => {
  it('keeps what only the services know, by fact', () => {
    const facts = [fact('A'), fact('A', 'Oslo')];
    const own = {
      index: 1,
      field: 'target',
      severity: 'warning' as const,
      message: 'Entry 2 wrote "Bonn" here, and it is in force.',
      hint: 'Revert it.',
    };
    const looked = lookedAt(facts, {
      problems: [...factProblems(facts), own],
      tokens: [{ tokens: [{ text: 'A', role: 'subject-last' }] }, null],
    });
    expect(looked).toEqual([
      [facts[0], { problems: [], tokens: [{ text: 'A', role: 'subject-last' }] }],
      [facts[1], { problems: [{ field: 'target', severity: 'warning', message: own.message, hint: 'Revert it.' }], tokens: null }],
    ]);
  });
});
