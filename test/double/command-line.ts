import { resolve } from 'node:path';

/** What stood on the command line of `electron`. */
export interface CommandLine {
  /** Files named by `-r`: Playwright loads itself so. */
  readonly requires: readonly string[];
  /** Switches for Chromium or the application, wherever they stood, such as `--user-data-dir=/x`. */
  readonly switches: readonly string[];
  /** The application's folder, file or archive. */
  readonly application: string | undefined;
}

/** Sorts the arguments of `electron`. Options of Node (`--inspect…`) were taken by the shell script before. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const requires: string[] = [];
  const switches: string[] = [];
  let application: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-r' || arg === '--require') requires.push(resolve(args[++i] ?? ''));
    else if (arg.startsWith('--inspect')) continue;
    else if (arg.startsWith('-')) switches.push(arg);
    else application ??= resolve(arg);
  }
  return { requires, switches, application };
}

/** `--name=value` gives the value, `--name` the empty string, neither gives undefined. The last one counts, as in Chromium. */
export function switchValue(switches: readonly string[], name: string): string | undefined {
  const found = switches.findLast((item) => item === `--${name}` || item.startsWith(`--${name}=`));
  return found?.slice(name.length + 3);
}
