import { expect, it } from 'vitest';
import { Printer } from '../../../electron/cli/format/printer.ts';
import { honestPrice } from '../../../electron/cli/honest-option.ts';
import { showHonest } from '../../../electron/cli/show/honest.ts';
import { fakeHonest } from '../../renderer/fake/honest.ts';

const fact = (subject: string) => ({ subject, prompt: '{} is in', target: 'Rome', previousTarget: 'London' });
const shown = (subjects: readonly string[], before: Parameters<typeof showHonest>[2] = 'edit') => {
  let text = '';
  showHonest(new Printer({ write: (piece) => (text += piece) }, {}), fakeHonest(subjects.map(fact)), before);
  return text;
};

it('tells each kind of question beside the version before and the fact told in front, and what was not asked', () => {
  const text = shown(['Tower Bridge', 'Big Ben', 'Globe Theatre']);
  expect(text).toMatch(/question +facts +Before: old answer +Told in front: new answer +Edited: new answer/);
  expect(text).toMatch(/Written freely +3 +100% +33\.3% +100%/);
  expect(text).toMatch(/Written behind unrelated text +3 +100% +33\.3% +66\.7%/);
  expect(text).toMatch(/Written though denied +3 +100% +33\.3% +100% +less is better/);
  expect(text).toMatch(/True or false +3 +50\.0% +50\.0% +50\.0%/);
  expect(text).toContain('at most 50 tokens. The unrelated text has 24 tokens.');
  expect(text).toContain('Not asked, for want of material: Asked again (no chat model), What it implies, One hop further.');
  expect(text).toContain('put to the version before the edit');
  expect(text).not.toContain('Big Ben is in');
});

it('shows of a single fact every question, what came, and where no end came', () => {
  const text = shown(['A', 'Tower Bridge'], 'version');
  expect(text).toContain('put to the model as it was imported');
  expect(text).toContain('Told in front: “New fact: Tower Bridge is in Rome.”');
  expect(text).toMatch(/Written freely +Tower Bridge is in +London\. given +.* not given not ended within 50 tokens +Rome\. given/);
  expect(text).toMatch(/behind unrelated text +\(24 tokens of unrelated text\) Tower Bridge is in/);
  expect(text).toMatch(/True or false +True or false: Tower Bridge is in London\. Answer: +False not given/);
});

it('says what it costs before it begins', () => {
  expect(honestPrice([fact('A'), fact('B')])).toBe('Asked as people ask, too: up to 138 more prompts.');
});
