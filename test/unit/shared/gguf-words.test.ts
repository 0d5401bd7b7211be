import { expect, it } from 'vitest';
import { allAlike, askedIn, inAll, kindOf, promptsTitle, worthShowing } from '../../../shared/gguf-words.ts';
import { ggufReport } from '../../renderer/fake/gguf.ts';

it('sums up by kind what became of prompts in Emend and in the file', () => {
  const report = ggufReport();
  expect(askedIn(report)).toMatch(/^atlas-q4_0\.gguf is stored mostly as Q4_0; it was asked in llama\.cpp/);
  expect(inAll(report)).toEqual([
    { title: 'edited prompts', emend: '1 of 1 given', gguf: '1 of 1 given' },
    { title: 'other wordings', emend: '1 of 1 given', gguf: '1 of 1 given' },
    { title: 'neighbours', emend: '1 kept', gguf: '1 lost' },
  ]);
});

it('shows all prompts of few facts, and of many those alone that are not as in Emend', () => {
  const few = ggufReport();
  expect(worthShowing(few)).toMatchObject({ isAll: true, shown: few.prompts.flat() });
  const times = <T>(list: readonly T[]) => [...list, ...list, ...list];
  const many = { ...few, emend: { ...few.emend, facts: times(few.emend.facts) }, prompts: times(few.prompts) };
  const { isAll, shown } = worthShowing(many);
  expect(promptsTitle(isAll)).toBe('Prompts that are not as in Emend');
  expect(shown.map(kindOf)).toEqual(['neighbour', 'neighbour', 'neighbour']);
  expect(allAlike(few)).toBe('All 3 prompts are in atlas-q4_0.gguf as in Emend.');
});
