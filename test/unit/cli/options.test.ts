import { describe, expect, test } from 'vitest';
import { defineCommand } from '../../../electron/cli/command.ts';
import { choice, flag, integer, integers, number, orElse, text } from '../../../electron/cli/options.ts';
import { nearest, UsageError } from '../../../electron/cli/usage.ts';

const options = {
  method: choice(['memit', 'rome'], 'How'),
  layers: integers('3,4', 'Where', { min: 0 }),
  top: orElse(integer('N', 'How many', { min: 1, max: 50 }), 10),
  topP: number('P', 'Share', { min: 0, max: 1 }),
  save: text('FILE', 'File'),
  noDrift: flag('Less'),
};
let seen: unknown;
const command = defineCommand({
  name: 'try',
  summary: 'Tries',
  positionals: [{ name: 'model', help: 'A model' }],
  options,
  examples: [['emend try atlas', 'An example']],
  run: (values, positionals) => Promise.resolve((seen = { ...values, positionals })),
});

function given(...argv: string[]): unknown {
  void command.parse(argv).run({} as never);
  return seen;
}
function refusal(...argv: string[]): UsageError {
  try {
    command.parse(argv);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error as UsageError;
  }
  throw new Error('nothing was refused');
}

describe('options', () => {
  test('are read by kind, anywhere on the line, and keep defaults otherwise', () => {
    expect(given('--layers', '3, 4,5', 'atlas', '--top-p', '0.5', '--no-drift', '--method=rome')).toEqual({
      positionals: ['atlas'],
      method: 'rome',
      layers: [3, 4, 5],
      top: 10,
      topP: 0.5,
      save: undefined,
      noDrift: true,
    });
  });

  test('--threads and --json belong to every command', () => {
    expect(command.parse(['atlas', '--threads', '2', '--json'])).toMatchObject({ json: true, threads: 2, help: false });
  });

  test('--help needs nothing else', () => {
    expect(command.parse(['--help', '--method', 'nonsense']).help).toBe(true);
  });

  test.each([
    [['atlas', '--top', '0'], '--top is "0"; expected a whole number from 1 to 50.'],
    [['atlas', '--top', '2.5'], '--top is "2.5"; expected a whole number from 1 to 50.'],
    [['atlas', '--top', ''], '--top is ""; expected a whole number from 1 to 50.'],
    [['atlas', '--layers', '3,,4'], '--layers is ""; expected a whole number, 0 or more.'],
    [['atlas', '--top-p', 'half'], '--top-p is "half"; expected a number from 0 to 1.'],
    [['atlas', '--method', 'mend'], '--method is "mend"; expected memit or rome.'],
    [['atlas', '--save', ' '], '--save is empty.'],
    [['atlas', '--save'], '--save needs a value.'],
    [['atlas', '--top', '--json'], '--top needs a value.'],
    [['atlas', '--no-drift=1'], '--no-drift takes no value.'],
    [['atlas', '--lambda', '1'], 'There is no option --lambda.'],
    [['atlas', 'more'], 'emend try: unexpected "more".'],
    [[], 'emend try: the model is missing.'],
  ])('%j is refused: %s', (argv, message) => {
    expect(refusal(...argv).message).toBe(message);
  });

  test('a slip is recognised', () => {
    expect(refusal('atlas', '--methd', 'rome').hint).toContain('--method');
  });
});

test('the help names every option, its default and the examples', () => {
  const help = command.help();
  for (const part of [
    'emend try <model>',
    '--top N',
    '(default 10)',
    '--top-p P',
    '--no-drift',
    '--method memit|rome',
    '--json',
    '--threads N',
    'emend try atlas',
  ])
    expect(help).toContain(part);
  for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('the nearest word is one that could have been meant', () => {
  expect(nearest('chekc', ['check', 'ask', 'edit'])).toBe('check');
  expect(nearest('zebra', ['check', 'ask', 'edit'])).toBeUndefined();
});
