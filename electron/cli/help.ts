import { table, wrap } from './format/table.ts';
import { type OptionTable, type Positional, written } from './options.ts';

const WIDTH = 100;

/** What the help says of a command beside its options. */
interface Described {
  readonly name: string;
  readonly summary: string;
  readonly about?: string;
  readonly positionals: readonly Positional[];
  readonly examples: readonly (readonly [line: string, says: string])[];
}

/** The help of one command. */
export function helpText(command: Described, options: OptionTable): string {
  const place = ({ name, optional }: Positional) => (optional === true ? `[${name}]` : `<${name}>`);
  const places = command.positionals.map((one) => ` ${place(one)}`).join('');
  const rows = (entries: readonly (readonly [string, string])[]) => {
    const width = Math.max(...entries.map(([left]) => left.length)) + 4;
    return entries.flatMap(([left, right]) =>
      wrap(right, WIDTH - width).map((line, i) => `  ${(i === 0 ? left : '').padEnd(width - 2)}${line}`),
    );
  };
  return [
    `${command.summary}.`,
    '',
    `Usage: emend ${command.name}${places} [options]`,
    ...(command.about === undefined ? [] : ['', ...wrap(command.about, WIDTH)]),
    ...(command.positionals.length === 0 ? [] : ['', ...rows(command.positionals.map((one) => [place(one), one.help] as const))]),
    '',
    'Options:',
    ...rows(
      Object.entries(options).map(
        ([key, { placeholder, help }]) => [placeholder === '' ? written(key) : `${written(key)} ${placeholder}`, help] as const,
      ),
    ),
    '',
    'Examples:',
    ...command.examples.flatMap(([line, says]) => [`  # ${says}`, `  ${line}`]),
    '',
  ].join('\n');
}

/** Commands that belong together, under their heading. */
export type Group = readonly [heading: string, commands: readonly Pick<Described, 'name' | 'summary'>[]];

/** The help of the program. */
export function overview(groups: readonly Group[], version: string): string {
  const width = Math.max(...groups.flatMap(([, commands]) => commands.map(({ name }) => name.length)));
  return [
    `Emend ${version} corrects facts inside language models, measures what else changed, and keeps the record.`,
    '',
    'Usage: emend <command> [options]',
    ...groups.flatMap(([heading, commands]) => [
      '',
      `${heading}:`,
      ...table(commands.map(({ name, summary }) => [`  ${name.padEnd(width)}`, summary])),
    ]),
    '',
    'A model is one of the library, by its name or the beginning of its id; else the built-in name "atlas",',
    'or a folder with a Hugging Face checkpoint or an .onnx decoder, and its tokenizer.',
    'A version is "current", "base", a tag, or the first 6 or more digits of its id.',
    'See: emend <command> --help',
    'Exit codes: 0 done, 1 failed or found damaged, 2 wrong usage, 130 cancelled.',
    '',
  ].join('\n');
}
