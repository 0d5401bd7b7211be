import { parseArgs } from 'node:util';
import type { Application, HostParts } from '../services/application.ts';
import type { Follow } from '../../shared/progress.ts';
import { helpText } from './help.ts';
import { flag, integer, type OptionTable, type Positional, type Raw, text, type Values, written } from './options.ts';
import type { Printer } from './format/printer.ts';
import { type EXIT, nearest, UsageError } from './usage.ts';

/** What a command works with. */
export interface Context {
  /** Text for people; says nothing with --json. */
  readonly out: Printer;
  /** To be handed to every job: shows progress and carries the cancel. */
  readonly follow: Follow;
  /** The data folder of this run: models, ledgers, settings, keys. */
  readonly home: string;
  /** The library and everything on it; opened with the first call, closed when the command is done. */
  open(how?: Opening): Promise<Application>;
  /** What a person should know although the command goes on. */
  warn(message: string, hint?: string): void;
  /** The command did its work, and the exit code says what it found. */
  ends(how: Exclude<keyof typeof EXIT, 'usage' | 'cancelled'>): void;
}

export interface Opening {
  /** Changes nothing, so it works beside a program that holds the library. */
  readonly readOnly?: boolean;
  /** Who does what is different in a window, instead of the terminal. */
  readonly host?: HostParts;
}

/** A command as its file writes it down. */
export interface CommandTable<O extends OptionTable> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** More than a line, for its own help. */
  readonly about?: string;
  readonly positionals: readonly Positional[];
  readonly options: O;
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** Does it, prints for people through `context.out`, and returns the document for --json. */
  run(values: Values<O>, positionals: readonly string[], context: Context): Promise<unknown>;
}

/** A command as the program uses it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  help(): string;
  /** @throws UsageError */
  parse(argv: readonly string[]): Parsed;
}

export interface Parsed {
  readonly help: boolean;
  readonly json: boolean;
  readonly threads: number | undefined;
  readonly home: string | undefined;
  readonly author: string | undefined;
  run(context: Context): Promise<unknown>;
}

const common = {
  json: flag('Print one JSON document instead of text; progress stays on stderr'),
  threads: integer('N', 'Processor threads to compute with (default: as many as useful)', { min: 1, max: 1024 }),
  home: text('FOLDER', 'Where models, ledgers and settings are kept (default: EMEND_HOME, else the usual place)'),
  author: text('NAME', 'Who acts, for the record (default: EMEND_AUTHOR, else the author of the settings)'),
  help: flag('Show this help'),
} satisfies OptionTable;

/** Makes a command of its table. */
export function defineCommand<O extends OptionTable>(table: CommandTable<O>): Command {
  const options: OptionTable = {
    ...table.options,
    ...Object.fromEntries(Object.entries(common).filter(([key]) => !(key in table.options))),
  };
  return {
    name: table.name,
    summary: table.summary,
    help: () => helpText(table, options),
    parse(argv) {
      const hint = `See: emend ${table.name} --help`;
      const { values: raw, positionals } = parsed(argv, options, hint);
      const read = <P extends OptionTable>(part: P) =>
        Object.fromEntries(
          Object.entries(part).map(([key, option]) => [key, option.read(raw[written(key).slice(2)], written(key))]),
        ) as Values<P>;
      if (raw['help'] === true)
        return { help: true, json: false, threads: undefined, home: undefined, author: undefined, run: () => Promise.resolve(undefined) };
      const { json, threads, home, author } = read(common);
      const values = read(table.options);
      const missing = table.positionals[positionals.length];
      if (missing && missing.optional !== true)
        throw new UsageError(`emend ${table.name}: the ${missing.name} is missing.`, `${missing.help}. ${hint}`);
      const extra = positionals[table.positionals.length];
      if (extra !== undefined)
        throw new UsageError(`emend ${table.name}: unexpected ${JSON.stringify(extra)}.`, `Put texts with spaces in quotes. ${hint}`);
      return { help: false, json, threads, home, author, run: (context) => table.run(values, positionals, context) };
    },
  };
}

function parsed(
  argv: readonly string[],
  options: OptionTable,
  hint: string,
): { values: Readonly<Record<string, Raw>>; positionals: string[] } {
  const config = Object.fromEntries(
    Object.entries(options).map(([key, { placeholder, repeats = false }]) => [
      written(key).slice(2),
      { type: placeholder === '' ? ('boolean' as const) : ('string' as const), multiple: repeats },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...config, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    return { values: values as Readonly<Record<string, Raw>>, positionals };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usage(error as NodeJS.ErrnoException, Object.keys(options).map(written), hint);
  }
}

/** The parser's own errors in our words. */
function usage(error: NodeJS.ErrnoException, known: readonly string[], hint: string): UsageError {
  const name = /'(-{1,2}[^' ]+)/.exec(error.message)?.[1] ?? '';
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearest(name, known);
    return new UsageError(`There is no option ${name}.`, near ? `Did you mean ${near}? ${hint}` : hint);
  }
  if (error.message.includes('does not take an argument')) return new UsageError(`${name} takes no value.`, hint);
  return new UsageError(`${name} needs a value.`, `A value that begins with a dash is written ${name}=-1. ${hint}`);
}
