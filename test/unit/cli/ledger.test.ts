import { describe, expect, test } from 'vitest';
import type { Check, Draft } from '../../../shared/contract/edits.ts';
import { defineCommand } from '../../../electron/cli/command.ts';
import { filterOf } from '../../../electron/cli/commands/log.ts';
import { word } from '../../../electron/cli/commands/import.ts';
import { draftCalled } from '../../../electron/cli/drafts.ts';
import { counted, minute, short } from '../../../electron/cli/format/ids.ts';
import { ratio } from '../../../electron/cli/format/numbers.ts';
import { Printer } from '../../../electron/cli/format/printer.ts';
import { overview } from '../../../electron/cli/help.ts';
import { entryNumber } from '../../../electron/cli/named.ts';
import { choices, demanded, text, texts } from '../../../electron/cli/options.ts';
import { inShort, showChecks } from '../../../electron/cli/show/checks.ts';
import { factLine, factsLine } from '../../../electron/cli/show/facts.ts';
import { UsageError } from '../../../electron/cli/usage.ts';
import { findVersion } from '../../../electron/cli/versions.ts';

describe('the line', () => {
  let seen: unknown;
  const command = defineCommand({
    name: 'try',
    summary: 'Tries',
    examples: [['emend try a', 'An example']],
    positionals: [
      { name: 'model', help: 'A model' },
      { name: 'draft', help: 'A draft', optional: true },
    ],
    options: { prompt: texts('TEXT', 'What to ask'), kind: choices(['edit', 'tag'], 'Which'), author: text('NAME', 'Whose') },
    run: (values, positionals) => Promise.resolve((seen = { ...values, positionals })),
  });
  const given = (...argv: string[]) => {
    const parsed = command.parse(argv);
    void parsed.run({} as never);
    return { parsed, seen };
  };

  test('may leave out what is optional, and repeat what repeats', () => {
    expect(given('a').seen).toEqual({ positionals: ['a'], prompt: [], kind: undefined, author: undefined });
    expect(given('a', 'b', '--prompt', 'x', '--kind', 'tag, edit', '--prompt=y z').seen).toEqual({
      positionals: ['a', 'b'],
      prompt: ['x', 'y z'],
      kind: ['tag', 'edit'],
      author: undefined,
    });
    expect(command.help()).toContain('Usage: emend try <model> [draft] [options]');
  });

  test('carries the data folder and who acts, also where a command has its own word for the author', () => {
    expect(given('a', '--home', './here', '--author', 'Ada').parsed).toMatchObject({ home: './here', author: 'Ada' });
    expect(seen).toMatchObject({ author: 'Ada' });
    expect(command.help().match(/--author/g)).toHaveLength(1);
  });

  test.each([
    [[], 'the model is missing'],
    [['a', 'b', 'c'], 'unexpected "c"'],
    [['a', '--kind', 'edit,polish'], '--kind is "polish"; expected edit or tag.'],
    [['a', '--prompt', ' '], '--prompt is empty.'],
  ])('%j is refused', (argv, message) => expect(() => command.parse(argv)).toThrow(message));

  test('an entry is a number from 1', () => {
    expect(entryNumber('12')).toBe(12);
    for (const raw of ['0', '-1', '1.5', 'abc', '']) expect(() => entryNumber(raw)).toThrow(UsageError);
  });

  test('what a command cannot do without is asked for', () => {
    expect(demanded('x', 'commit', '--reason', 'Say why.')).toBe('x');
    expect(() => demanded(undefined, 'commit', '--reason', 'Say why.')).toThrow(
      expect.objectContaining({ message: 'emend commit: --reason is missing.', hint: 'Say why.' }),
    );
  });
});

test('the overview has the groups in their order, with commands aligned across them', () => {
  const text = overview(
    [
      ['Models', [{ name: 'ask', summary: 'Asks' }]],
      ['Record', [{ name: 'verify', summary: 'Verifies' }]],
    ],
    '1.0.0',
  );
  expect(text).toContain('\nModels:\n  ask     Asks\n\nRecord:\n  verify  Verifies\n');
});

describe('filters of the log', () => {
  const none = {
    kind: undefined,
    author: undefined,
    subject: undefined,
    relation: undefined,
    method: undefined,
    result: undefined,
    review: undefined,
    from: undefined,
    to: undefined,
    text: undefined,
    oldest: false,
  };

  test('hold only what was asked for', () => {
    expect(filterOf(none)).toEqual({});
    expect(filterOf({ ...none, kind: ['edit'], result: 'failed', review: 'none', oldest: true, text: 'bridge' })).toEqual({
      kinds: ['edit'],
      verdict: 'failed',
      review: 'none',
      order: 'oldest',
      text: 'bridge',
    });
  });

  test.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01 09:30', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01T09:30', '2026-03-01T09:30:00.000Z'],
    ['2026-03-01T09:30:00+02:00', '2026-03-01T07:30:00.000Z'],
  ])('%s is %s', (given, iso) => expect(filterOf({ ...none, from: given }).from).toBe(iso));

  test('a time that is none is refused', () =>
    expect(() => filterOf({ ...none, to: 'yesterday' })).toThrow('--to is "yesterday"; expected a date or time.'));
});

describe('drafts', () => {
  const draft = (id: string, stale = false): Draft => ({
    id,
    changed: '2026-03-01T09:30:00.000Z',
    parent: 'f'.repeat(64),
    stale,
    method: 'rome',
    facts: [{ subject: 'Italy', prompt: 'The capital of {} is', target: id }],
    checks: [],
  });

  test('the only one that can be committed needs no name', () => {
    expect(draftCalled([draft('aaaa1111'), draft('bbbb2222', true)], undefined).id).toBe('aaaa1111');
  });

  test('another is found by the beginning of its id, in any case', () => {
    expect(draftCalled([draft('aaaa1111'), draft('bbbb2222', true)], 'BB').id).toBe('bbbb2222');
  });

  test.each([
    [[], undefined, 'There is no draft.'],
    [[draft('aaaa1111'), draft('bbbb2222')], undefined, /There are 2 drafts: aaaa1111 .*The capital of Italy is → aaaa1111.*bbbb2222/],
    [[draft('aaaa1111', true)], undefined, /No draft fits the current version any more.*aaaa1111/],
    [[draft('aaaa1111')], 'c', /No draft has an id that begins with "c".*aaaa1111/],
    [[draft('aaaa1111'), draft('aabb2222')], 'aa', /2 drafts have.*aaaa1111.*aabb2222/],
  ])('otherwise those there are are listed', (drafts, wanted, message) => expect(() => draftCalled(drafts, wanted)).toThrow(message));
});

describe('versions', () => {
  const version = (id: string, tags: string[] = []) => ({ id: id.padEnd(64, '0'), entry: 1, time: '', tags, reviews: [], parts: [] });
  const [one, two, three] = [version('abcdef11'), version('abcdef22', ['release']), version('123456')];
  const listed = { current: two.id, base: one.id, versions: [three, two, one] };

  test('by word, tag, id and an unambiguous beginning of an id', () => {
    expect(['current', 'base', 'release', two.id, 'abcdef22', '123456'].map((name) => findVersion(listed, name))).toEqual([
      two,
      one,
      two,
      two,
      two,
      three,
    ]);
    for (const name of ['abcdef', 'abcd', 'nowhere', '']) expect(findVersion(listed, name)).toBeUndefined();
  });

  test('a tag goes before the beginning of an id', () => {
    const named = version('999999', ['abcdef11']);
    expect(findVersion({ ...listed, versions: [...listed.versions, named] }, 'abcdef11')).toBe(named);
  });
});

describe('checks', () => {
  const checks: Check[] = [
    { name: 'efficacy', value: 1, before: 0, count: 2, threshold: 0.9, passed: true },
    { name: 'specificity', value: 0.5, threshold: 0.7, passed: false },
    { name: 'drift', value: 0.00123, count: 100 },
    { name: 'perplexity', value: 2.25, before: 2.2 },
  ];

  test('each in its unit, with what was demanded', () => {
    let text = '';
    showChecks(new Printer({ write: (piece) => (text += piece) }, {}), checks);
    expect(
      text
        .split('\n')
        .map((line) => line.split(/ {2,}/).filter((cell) => cell !== ''))
        .slice(2, 6),
    ).toEqual([
      ['efficacy', '0%', '100%', '2', '90.0%', 'passed'],
      ['specificity', '50.0%', '70.0%', 'failed'],
      ['drift', '0.00123 nats', '100'],
      ['perplexity', '2.20', '2.25'],
    ]);
  });

  test('in short: what is demanded', () => expect(inShort(checks)).toBe('efficacy 100%, specificity 50.0%'));
});

test('facts in a line', () => {
  const fact = { subject: 'Italy', prompt: 'The capital\nof {} is', target: 'Rome' };
  expect(factLine(fact)).toBe('The capital of Italy is → Rome');
  expect(factsLine([fact, fact, fact])).toBe('The capital of Italy is → Rome, and 2 more');
  expect(factsLine([])).toBe('');
  expect(factLine({ ...fact, prompt: 'no place' })).toBe('no place → Rome');
});

test('ids, times, counts, ratios, names', () => {
  expect(short('0123456789abcdef')).toBe('0123456789ab');
  expect(minute('2026-03-01T09:30:15.123Z')).toBe('2026-03-01 09:30');
  expect([counted(1, 'entry', 'entries'), counted(0, 'entry', 'entries'), counted(2, 'fact')]).toEqual(['1 entry', '0 entries', '2 facts']);
  expect([0.0123, 0.5, 1, 11.68].map(ratio)).toEqual(['1.23%', '50.0%', '1.00 ×', '11.7 ×']);
  expect(['gpt2', 'atlas 2', 'a"b'].map(word)).toEqual(['gpt2', '"atlas 2"', '"a\\"b"']);
});
