import { table, wrap } from './format/table.ts';
import { type OptionTable, written } from './options.ts';

const WIDTH = 100;

/** What the help says of a command beside its options. */
interface Described {
  readonly name: string;
  readonly summary: string;
  readonly about?: string;
  readonly positionals: readonly { readonly name: string; readonly help: string }[];
  readonly examples: readonly (readonly [line: string, says: string])[];
}

/** The help of one command. */
export function helpText(command: Described, options: OptionTable): string {
  const places = command.positionals.map(({ name }) => ` <${name}>`).join('');
  const rows = (entries: readonly (readonly [string, string])[]) => {
    const width = Math.max(...entries.map(([left]) => left.length)) + 4;
    return entries.flatMap(([left, right]) => wrap(right, WIDTH - width).map((line, i) => `  ${(i === 0 ? left : '').padEnd(width - 2)}${line}`));
  };
  return [
    `${command.summary}.`,
    '',
    `Usage: emend ${command.name}${places} [options]`,
    ...(command.about === undefined ? [] : ['', ...wrap(command.about, WIDTH)]),
    ...(command.positionals.length === 0 ? [] : ['', ...rows(command.positionals.map(({ name, help }) => [`<${name}>`, help] as const))]),
    '',
    'Options:',
    ...rows(Object.entries(options).map(([key, { placeholder, help }]) => [placeholder === '' ? written(key) : `${written(key)} ${placeholder}`, help] as const)),
    '',
    'Examples:',
    ...command.examples.flatMap(([line, says]) => [`  # ${says}`, `  ${line}`]),
    '',
  ].join('\n');
}

/** The help of the program. */
export function overview(commands: readonly Pick<Described, 'name' | 'summary'>[], version: string): string {
  return [
    `Emend ${version} corrects facts inside language models (ONNX) and measures what else changed.`,
    '',
    'Usage: emend <command> [options]',
    '',
    ...table(commands.map(({ name, summary }) => [`  ${name}`, summary])),
    '',
    'A model is a folder with an .onnx decoder and its tokenizer, or the built-in name "atlas".',
    'See: emend <command> --help',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled.',
    '',
  ].join('\n');
}
