import { describe, expect, it } from 'vitest';
import { askingProblems, factProblems, fillPrompt, type Fact } from '../../../shared/fact.ts';

const fact = (change: Partial<Fact> = {}): Fact => ({
  subject: 'Danielle Darrieux',
  prompt: 'The mother tongue of {} is',
  target: 'English',
  ...change,
});
const found = (...facts: Fact[]) => factProblems(facts).map(({ index, field, severity }) => ({ index, field, severity }));

describe('fillPrompt', () => {
  it('puts the subject in place of {} as it is, and says where', () => {
    expect(fillPrompt('In {} now', '$& x')).toEqual({ text: 'In $& x now', start: 3, end: 7 });
  });
});

describe('factProblems', () => {
  it('has nothing against a good list', () => {
    expect(factProblems([fact(), fact({ subject: 'Rome', previousTarget: 'Latin' })])).toEqual([]);
  });

  it.each([
    [{ subject: ' ' }, 'subject', 'error'],
    [{ target: '' }, 'target', 'error'],
    [{ prompt: '' }, 'prompt', 'error'],
    [{ prompt: 'no slot' }, 'prompt', 'error'],
    [{ prompt: '{} and {}' }, 'prompt', 'error'],
    [{ prompt: ' {}' }, 'prompt', 'error'],
    [{ subject: 'a {} b' }, 'subject', 'error'],
    [{ prompt: 'The mother tongue of {} is ' }, 'prompt', 'warning'],
    [{ subject: 'Rome ' }, 'subject', 'warning'],
    [{ previousTarget: ' English' }, 'target', 'warning'],
  ] as const)('finds %j', (change, field, severity) => {
    expect(found(fact({ subject: 'x' }), fact(change))).toEqual([{ index: 1, field, severity }]);
  });

  it('tells how to write the {} when the subject stands in the prompt', () => {
    expect(factProblems([fact({ subject: 'Rome', prompt: 'The mayor of Rome is' })])[0]!.hint).toContain('"The mayor of {} is"');
  });

  it('finds a contradiction, a repetition and a shared subject, and names the fact before', () => {
    const problems = factProblems([
      fact(),
      fact({ target: 'French' }),
      fact({ prompt: ' The  mother tongue of {} is' }),
      fact({ prompt: '{} was born in' }),
    ]);
    expect(problems.map(({ index, field, severity }) => [index, field, severity])).toEqual([
      [1, 'target', 'error'],
      [2, 'subject', 'warning'],
      [3, 'subject', 'warning'],
    ]);
    expect(problems[0]!.message).toContain('contradicts fact 1');
    expect(problems[1]!.message).toContain('already in the list, as fact 1');
    expect(problems[2]!.message).toContain('share a key');
  });
});

describe('askingProblems', () => {
  const fact = { subject: 'Big Ben', prompt: '{} is in the city of', target: 'Rome' };

  it('warns of a question as prompt, not of one that goes on to its answer', () => {
    const found = (prompt: string) => askingProblems([{ ...fact, prompt }]).map(({ field, severity }) => [field, severity]);
    expect(found('Where is {}?')).toEqual([['prompt', 'warning']]);
    expect(found('Q: In which city is {}? A:')).toEqual([]);
  });

  it('warns of a neighbour that another fact of the list edits', () => {
    const other = { ...fact, subject: 'Tower Bridge', neighbors: [{ prompt: 'Big  Ben is in the city of', target: 'London' }] };
    expect(askingProblems([fact, other])).toMatchObject([{ index: 1, field: 'neighbors', severity: 'warning' }]);
    expect(askingProblems([other])).toEqual([]);
  });
});
