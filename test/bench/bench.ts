import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCheckpointChild } from './checkpoints.ts';
import { measureEdits, settingsFor } from './edits.ts';
import { runAsChild } from './memory.ts';
import type { Options, Part } from './part.ts';
import { Table } from './table.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const entries = ({ isQuick }: Options) => (isQuick ? 300 : 10_000);

/** What can be measured, in the order of a run of all. All but the edits are loaded late, so that the memory of an edit is its own. */
const PARTS: Readonly<Record<string, Part>> = {
  edits: {
    about: 'search and insertion of an edit against the plain way, and its memory',
    measure: (table, options) => measureEdits(table, options, SCRIPT),
  },
  checkpoints: {
    about: 'a checkpoint beside the export of the same weights',
    measure: async (table, { isQuick }) => (await import('./checkpoints.ts')).measureCheckpoints(table, isQuick, SCRIPT),
  },
  locate: { about: 'causal tracing', measure: async (table, options) => (await import('./locate.ts')).measureLocate(table, options) },
  ledger: {
    about: 'a record of many entries',
    measure: async (table, options) => (await import('./ledger.ts')).measureLedger(table, entries(options), options.isQuick),
  },
  steering: {
    about: 'asking while steered against asking',
    measure: async (table, options) => (await import('./steering.ts')).measureSteering(table, options),
  },
  window: {
    about: 'the window, with a model and many facts',
    measure: async (table, { isQuick }) => (await import('./window.ts')).measureJourney(table, isQuick),
  },
  log: {
    about: 'the window, with a record of many entries',
    measure: async (table, options) => (await import('./window.ts')).measureLog(table, entries(options), options.isQuick),
  },
  keep: {
    about: 'what edits of Atlas keep, each alone and many at once',
    isLong: true,
    measure: async (table, options) => (await import('./keep.ts')).measureKeep(table, options),
  },
  scale: {
    about: 'what a fact costs, in edits of 1 to 1,000',
    isLong: true,
    measure: async (table, options) => (await import('./scale.ts')).measureScale(table, options),
  },
  many: {
    about: 'parts of an edit of 10,000 facts',
    isLong: true,
    measure: async (table, options) => (await import('./many.ts')).measureMany(table, options, settingsFor),
  },
  sweep: {
    about: 'settings of MEMIT on Atlas',
    isLong: true,
    measure: async (table, options) => (await import('./sweep.ts')).measureSweep(table, options),
  },
  sequence: {
    about: 'one edit of Atlas after another, by the ways of the field; --ways names some of them',
    isLong: true,
    measure: async (table, options) => (await import('./sequence.ts')).measureSequence(table, options),
  },
};

const USAGE = `Usage: npm run bench -- [--part NAME] [--quick] [--threads N] [--ways NAME,…]

--quick only shows that everything runs; it says nothing of speed. With one thread, processor time is measured, else the wall's.

Parts:
${Object.entries(PARTS)
  .map(([name, { about, isLong }]) => `  ${name.padEnd(12)} ${about}${isLong ? ' (long: only by its name)' : ''}`)
  .join('\n')}`;

/** @throws TypeError for options that there are not */
function asked(args: readonly string[]): { readonly part: string; readonly options: Options } | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      threads: { type: 'string', default: '0' },
      part: { type: 'string', default: 'all' },
      ways: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.part !== 'all' && !Object.hasOwn(PARTS, values.part)) throw new TypeError(`There is no part "${values.part}".`);
  if (!/^\d{1,3}$/.test(values.threads)) throw new TypeError(`--threads is "${values.threads}"; expected a number.`);
  return { part: values.part, options: { isQuick: values.quick, threads: Number(values.threads), only: values.ways?.split(',') ?? [] } };
}

async function run(args: readonly string[]): Promise<number> {
  let wanted: ReturnType<typeof asked>;
  try {
    wanted = asked(args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (!wanted) {
    console.log(USAGE);
    return 0;
  }
  const { part, options } = wanted;
  const table = new Table();
  for (const [name, { isLong = false, measure }] of Object.entries(PARTS)) {
    if (name !== part && (part !== 'all' || isLong)) continue;
    console.log();
    await measure(table, options);
  }
  return table.holds ? 0 : 1;
}

if (!(await runAsChild(process.argv)) && !(await runCheckpointChild(process.argv.slice(2))))
  process.exitCode = await run(process.argv.slice(2));
