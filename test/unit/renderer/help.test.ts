import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measureExplained, methodExplained, settingExplained } from '../../../renderer/components/help/explained.ts';
import { entriesOf, plainOf, searched } from '../../../renderer/components/help/glossary-table.ts';
import { KEY_GROUPS } from '../../../renderer/key-list.ts';
import { COMMANDS } from '../../../shared/commands.ts';
import { measureNames } from '../../../shared/measures.ts';
import { EDIT_METHODS, METHOD_NAMES, SETTINGS } from '../../../shared/methods/list.ts';
import { SCREENS } from '../../../shared/screens.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const RENDERER = join(ROOT, 'renderer');
const sources = readdirSync(RENDERER, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(svelte|ts)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(RENDERER, name), 'utf8') }));

/** Keys by name that a source compares a pressed key with: `event.key === 'Enter'`, or the names of a table that `[event.key]` looks up. */
function comparedKeys(text: string): string[] {
  const single = [...text.matchAll(/event\.key [!=]== '([^']+)'/g)].map(([, key]) => key!);
  const tables = [...text.matchAll(/\{([^{}]*)\}\s*\[event\.key\]/g)].flatMap(([, table]) =>
    [...table!.matchAll(/(?:^|[\s,])(\w+):/g)].map(([, key]) => key!),
  );
  return [...single, ...tables];
}

describe('the list of keys', () => {
  const listed = new Set(KEY_GROUPS.flatMap(({ keys }) => keys.flatMap((one) => one.keys.map((key) => key.split('+').at(-1) || '+'))));

  it('has every key that a screen or command is registered under', () => {
    const all = KEY_GROUPS.flatMap(({ keys }) => keys.flatMap((one): readonly string[] => one.keys));
    for (const { keys } of [...SCREENS, ...COMMANDS]) expect(all).toEqual(expect.arrayContaining([...keys]));
  });

  it('has every key that some part of the page waits for', () => {
    const missing = sources.flatMap(({ name, text }) => comparedKeys(text).flatMap((key) => (listed.has(key) ? [] : `${name} ${key}`)));
    expect(missing).toEqual([]);
  });

  it('is looked for in the way that the page is written', () => {
    expect(comparedKeys("if (event.key === 'Enter' || event.key !== ' ') {}")).toEqual(['Enter', ' ']);
    expect(comparedKeys('const to = { ArrowUp: at - 1, j: at + 1,\n  End: 9 }[event.key];')).toEqual(['ArrowUp', 'j', 'End']);
    expect(sources.flatMap(({ text }) => comparedKeys(text)).length).toBeGreaterThan(20);
  });
});

describe('the glossary of the page', () => {
  const entries = entriesOf(readFileSync(join(ROOT, 'docs/GLOSSARY.md'), 'utf8'));

  it('has every word of the table in docs, and nothing of its marks', () => {
    const words = entries.map(({ title }) => title);
    expect(words).toEqual(expect.arrayContaining(['told', 'kept, shaken, lost', 'grant, handle', 'softness, ε']));
    expect(words).not.toContain('engine/edit/keys.ts');
    for (const { title, meaning } of entries) expect(`${title} ${plainOf(meaning)}`).not.toMatch(/\*\*|\]\(|^\s*\|/);
    expect(new Set(words).size).toBe(words.length);
  });

  it('is found by words and by meanings', () => {
    expect(searched(entries, 'SHAKEN').map(({ title }) => title)).toContain('kept, shaken, lost');
    expect(searched(entries, 'no such word anywhere')).toEqual([]);
  });
});

describe('explanations', () => {
  it('say of each measure what it is, in what it is counted, and which end is good', () => {
    for (const name of measureNames()) {
      const { about, lines } = measureExplained(name);
      expect(about).not.toBe('');
      expect(lines.length).toBeGreaterThanOrEqual(3);
      for (const line of lines) expect(line).toMatch(/^[A-Z].*[.!?]$/);
    }
    expect(measureExplained('drift').lines).toContain('Less is better.');
  });

  it('say of each setting what it takes and what it is called elsewhere', () => {
    for (const setting of SETTINGS.values()) for (const line of settingExplained(setting).lines) expect(line).toMatch(/^\S.*[.!?]$/);
    expect(settingExplained(SETTINGS.get('told')!).lines).toEqual([
      SETTINGS.get('told')!.help,
      'It takes all, neighbours or nothing.',
      'On the command line: --told.',
      'In hyperparameter files: told.',
    ]);
    expect(settingExplained(SETTINGS.get('factToken')!).lines).toContain('On the command line: --fact-token.');
  });

  it('say of each method when to choose it', () => {
    for (const name of METHOD_NAMES) expect(methodExplained(EDIT_METHODS[name]).lines.join(' ')).toContain('To be chosen for ');
  });
});
