import { resolve } from 'node:path';
import { EmendError, errorData, type ErrorData } from '../../shared/errors.ts';
import { Application } from '../services/application.ts';
import { version } from '../services/models.ts';
import { dataFolder } from '../services/places.ts';
import type { Command, Opening, Parsed } from './command.ts';
import { COMMANDS, GROUPS } from './commands.ts';
import { Printer, type Stream } from './format/printer.ts';
import { ProgressLine } from './format/progress.ts';
import { visibleJson } from './format/text.ts';
import { overview } from './help.ts';
import { terminalHost } from './host.ts';
import { EXIT, nearest, UsageError } from './usage.ts';

/** What the program is run with. */
export interface Surroundings {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs one command line. @returns the exit code */
export async function main(argv: readonly string[], { stdout, stderr, env }: Surroundings): Promise<number> {
  const json = argv.includes('--json');
  const errors = new Printer(stderr, env);
  try {
    const [first, ...rest] = argv;
    if (first === '--version' || first === 'version') return say(stdout, `emend ${version()}\n`);
    const asked = first === 'help' ? rest[0] : first;
    if (asked === undefined || asked === '--help' || asked === '-h') return say(stdout, overview(GROUPS, version()));
    const command = commandCalled(asked);
    if (first === 'help') return say(stdout, command.help());
    const parsed = command.parse(rest);
    if (parsed.help) return say(stdout, command.help());
    return await run(parsed, { stdout, stderr, env });
  } catch (error) {
    return fail(error, errors, json);
  }
}

function commandCalled(name: string): Command {
  const command = COMMANDS.find((one) => one.name === name);
  if (command) return command;
  const near = nearest(
    name,
    COMMANDS.map((one) => one.name),
  );
  throw new UsageError(
    `There is no command ${JSON.stringify(name)}.`,
    near ? `Did you mean: emend ${near}?` : `Commands: ${COMMANDS.map((one) => one.name).join(', ')}. See: emend --help`,
  );
}

async function run(parsed: Parsed, { stdout, stderr, env }: Surroundings): Promise<number> {
  const progress = new ProgressLine(stderr);
  // Text and progress share the terminal: the progress line goes before anything else is written.
  const above = (stream: Stream): Stream => ({
    isTTY: stream.isTTY,
    columns: stream.columns,
    write(text) {
      progress.clear();
      stream.write(text);
    },
  });
  const out = new Printer(parsed.json ? undefined : above(stdout), env);
  const errors = new Printer(above(stderr), env);
  const home = parsed.home === undefined ? dataFolder(env) : resolve(parsed.home);
  let application: Promise<Application> | undefined;
  const warned = new Set<string>();
  /** Each once, whoever tells it. */
  const warn = (message: string, hint?: string) => {
    if (warned.has(message)) return;
    warned.add(message);
    errors.line(`Warning: ${message}${hint ? ` ${hint}` : ''}`);
  };
  const openFirst = async ({ readOnly = false, host = terminalHost }: Opening) => {
    const author = parsed.author ?? (env['EMEND_AUTHOR'] || undefined);
    const opened = await Application.open({ host, dataFolder: home, readOnly, threads: parsed.threads, author });
    for (const { message, hint } of (await opened.call('settings.get', {})).notices) warn(message, hint);
    return opened;
  };
  const open = (how: Opening = {}) => (application ??= openFirst(how));
  /** @param grace ms for work that is under way */
  const close = async (grace?: number) => {
    await (await application?.catch(() => undefined))?.close(grace); // where it did not open, whoever opened it was told
  };
  let exit: number = EXIT.ok;
  const stop = new AbortController();
  const release = onInterrupt((times) => {
    if (times === 1) {
      errors.line('Stopping … (Ctrl-C again to stop at once)');
      stop.abort();
    } else void close(0).finally(() => process.exit(EXIT.cancelled));
  });
  try {
    const document = await parsed.run({
      out,
      home,
      open,
      follow: { signal: stop.signal, onProgress: (one) => progress.show(one) },
      ends: (how) => (exit = EXIT[how]),
      warn,
    });
    progress.clear();
    if (parsed.json) stdout.write(`${visibleJson(JSON.stringify(document, null, 2))}\n`);
    return exit;
  } catch (error) {
    return fail(error, errors, parsed.json);
  } finally {
    progress.clear();
    await close();
    release();
  }
}

/** Calls back on each Ctrl-C, termination, or end of the terminal, with how many there were. */
function onInterrupt(heard: (times: number) => void): () => void {
  let times = 0;
  const listener = () => heard(++times);
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}

/** SIGHUP: the terminal was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function say(stdout: Stream, text: string): number {
  stdout.write(text);
  return EXIT.ok;
}

/** Tells an error: a line and what to do next, or JSON in one line. */
function fail(error: unknown, errors: Printer, json: boolean): number {
  const usage = error instanceof UsageError;
  const data: Omit<ErrorData, 'code'> & { code: string } = usage
    ? { code: 'usage', message: error.message, hint: error.hint, details: {} }
    : errorData(error);
  if (json) errors.line(visibleJson(JSON.stringify({ error: data })));
  else {
    errors.line(data.code === 'cancelled' ? data.message : `${errors.style.bad('Error:')} ${data.message}`);
    if (data.hint !== '') errors.line(data.hint);
    const stack = error instanceof EmendError || usage ? data.details['stack'] : (error as Error).stack;
    if (process.env['EMEND_DEBUG'] && typeof stack === 'string') errors.piece(`${stack}\n`);
  }
  if (usage) return EXIT.usage;
  return data.code === 'cancelled' ? EXIT.cancelled : EXIT.failed;
}
