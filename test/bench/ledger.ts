import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { BodyInput } from '../../electron/ledger/kinds/index.ts';
import { seal, type Entry } from '../../electron/ledger/entries.ts';
import { hashOf, NO_HASH, sha256 } from '../../electron/storage/hash.ts';
import { History } from '../../electron/ledger/history.ts';
import { JOURNAL } from '../../electron/ledger/journal.ts';
import { loadOrCreateKey } from '../../electron/ledger/keys.ts';
import { openLedger } from '../../electron/ledger/open.ts';
import { modelId } from '../../electron/ledger/versions.ts';
import { Places } from '../../electron/services/places.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { Application } from '../../electron/services/application.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Params } from '../../shared/contract.ts';
import { processor, timed, wall } from './clock.ts';
import { median } from './measure.ts';
import type { Table } from './table.ts';

/** What must hold with so many entries; seconds. */
const LIMIT = { open: 1, append: 0.01, list: 0.1 };
const BY = { author: 'Ada', reason: 'The museum wrote that this is wrong.' };

/** Filters as people set them, the last one with everything at once. */
const FILTERS: readonly (readonly [string, Params<'audit.list'>['filter']])[] = [
  ['no filter', {}],
  ['one kind', { kinds: ['edit'] }],
  ['part of a subject', { subject: 'person 77' }],
  ['failed checks', { verdict: 'failed' }],
  ['words', { text: 'mother tongue français' }],
  ['no row fits', { text: 'nothing says this' }],
  [
    'everything at once',
    {
      author: 'ada',
      kinds: ['edit', 'tag'],
      method: 'memit',
      relation: 'P3',
      verdict: 'passed',
      from: '2026-01-01',
      text: 'english person',
      order: 'oldest',
    },
  ],
];

/** Opening, appending to and searching a ledger of many entries, through the application as a window does it. */
export async function measureLedger(table: Table, count: number, isQuick: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'emend-bench-ledger-'));
  try {
    const model = writeLedger(folder, count);
    const row = (what: string, took: number, limit: number, more: string) => {
      table.row(
        what,
        `${ms(took)}, ${percent(took / limit)} of the limit (${more})`,
        isQuick ? undefined : { limit: `< ${ms(limit)}`, holds: took < limit },
      );
    };

    const models = join(folder, 'models');
    const journal = join(models, readdirSync(models)[0]!, 'ledger', JOURNAL);
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
    await anchored(folder, join(journal, '..'));
    // Whatever else the machine does only adds, so the fastest counts; and the same lines merely parsed tell how fast the machine is just
    // now.
    const plain = await repeated(isQuick ? 1 : 3, (measure) => measure(async () => lines.forEach((line) => JSON.parse(line))));
    const times = await repeated(isQuick ? 1 : 5, async (measure) => {
      const app = await openApplication(folder);
      await measure(() => app.call('library.list', {}));
      await app.close();
    });
    const [took, parsed] = [Math.min(...times.processor), Math.min(...plain.processor)];
    row(
      `ledger of ${count} entries, opened`,
      took,
      LIMIT.open,
      `processor time, the fastest of ${times.wall.length}; by the clock ${times.wall.map(ms).join(', ')}; ` +
        `${(took / parsed).toFixed(1)} × what JSON.parse takes for its ${(Buffer.byteLength(lines.join('\n')) / 1e6).toFixed(0)} MB`,
    );

    const app = await openApplication(folder);
    await app.call('library.list', {});
    const tries = isQuick ? 5 : 200;
    const appends = await repeated(tries, (measure) => measure((n) => app.call('audit.note', { model, comment: `Looked at ${n}` })));
    row(
      'a note appended and synced, median',
      median(appends.wall),
      LIMIT.append,
      `by the clock, ${tries} of them, longest ${ms(Math.max(...appends.wall))}`,
    );

    for (const [what, filter] of FILTERS) {
      let total = 0;
      const times = await repeated(isQuick ? 1 : 9, (measure) =>
        measure(async () => void ({ total } = await app.call('audit.list', { model, filter, limit: 200 }))),
      );
      row(
        `log listed, ${what}`,
        Math.max(...times.processor),
        LIMIT.list,
        `processor time, the longest of ${times.wall.length}; ${ms(median(times.wall))} by the clock; ${total} fit`,
      );
    }
    await app.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Does something over and over. Work that only computes is judged by the processor time it takes, however busy others keep the machine.
 * @returns seconds of each try
 */
async function repeated(
  tries: number,
  act: (measure: (work: (n: number) => Promise<unknown>) => Promise<void>) => Promise<void>,
): Promise<{ processor: number[]; wall: number[] }> {
  const times = { processor: [] as number[], wall: [] as number[] };
  for (let n = 0; n < tries; n++) {
    await act(async (work) => {
      const by = await timed(wall, () => timed(processor, () => work(n)));
      times.wall.push(by.seconds);
      times.processor.push(by.value.seconds);
    });
  }
  return times;
}

/** Gives a ledger its anchor, as every new one has it. */
async function anchored(root: string, folder: string): Promise<void> {
  const files = explained(disk);
  const places = new Places(root);
  const id = basename(dirname(folder));
  const key = await loadOrCreateKey(files, places.keys);
  const ledger = await openLedger(folder, { app: 'bench', engine: 'bench', key, anchor: { file: places.anchor(id), id } });
  await ledger.anchor(BY);
  await ledger.close();
}

function openApplication(dataFolder: string): Promise<Application> {
  const refuse = () => {
    throw new EmendError('unsupported', 'The benchmark has no screen.');
  };
  return Application.open({
    author: 'Ada',
    dataFolder,
    host: {
      methods: () => ({
        'host.info': refuse,
        'host.pick': refuse,
        'host.browse': refuse,
        'host.place': refuse,
        'host.reveal': refuse,
        'host.openLink': refuse,
      }),
    },
  });
}

/**
 * Writes a model's ledger of an import, edits, tags, checks and reverts, as ten years of work leave it.
 * @returns what the model is called
 */
export function writeLedger(root: string, count: number): string {
  const files = [{ path: 'model.onnx', bytes: 1000, sha256: sha256('graph') }];
  const id = modelId(files);
  const folder = join(root, 'models', id.slice(0, 16), 'ledger');
  mkdirSync(folder, { recursive: true });
  const history = new History();
  const lines: string[] = [];
  let last: Entry | undefined;
  const append = (kind: Entry['kind'], input: BodyInput) => {
    const seq = (last?.seq ?? 0) + 1;
    const time = new Date(Date.UTC(2026, 0, 1) + seq * 60_000).toISOString();
    const { entry, line } = seal({
      seq,
      prev: last?.hash ?? NO_HASH,
      kind,
      time,
      ...BY,
      app: 'Emend 0.1.0',
      engine: 'Emend engine 0.1.0',
      body: history.complete(kind, input as never, seq),
    } as Parameters<typeof seal>[0]);
    history.apply(entry);
    lines.push(line);
    last = entry;
  };
  append('import', { model: { id, name: 'bench', files }, anatomy: { layers: [] }, trial: {} });
  for (let n = 1; n < count; n++) {
    const current = history.current.id;
    if (n % 10 === 7) append('tag', { name: `release ${n}`, version: current });
    else if (n % 50 === 9) append('rollback', { parent: current, version: history.find('base').id, changed: [] });
    else append('edit', editBody(current, n));
  }
  writeFileSync(join(folder, JOURNAL), `${lines.join('\n')}\n`);
  return 'bench';
}

function editBody(parent: string, n: number): BodyInput<'edit'> {
  const blob = (what: string, type: string) => ({ blob: hashOf(`${what} ${n}`), bytes: 200, type });
  return {
    parent,
    method: n % 3 === 0 ? 'rome' : 'memit',
    hyperparameters: { layers: [3, 4, 5], learningRate: 0.1, clamp: 4, weightDecay: 1e-3 },
    seeds: { contexts: 17 },
    facts: [
      {
        subject: `Person ${n}`,
        prompt: 'The mother tongue of {} is',
        target: n % 2 === 0 ? 'English' : 'Français',
        previousTarget: 'Dutch',
        relation: `P${n % 7}`,
      },
    ],
    factSet: blob('facts', 'application/json'),
    delta: blob('delta', 'application/vnd.safetensors'),
    changed: [
      {
        tensor: 'transformer.h.3.mlp.c_proj.weight',
        before: sha256(`before ${n}`),
        after: sha256(`after ${n}`),
        measures: { rank: 1, norm: 0.25 },
      },
    ],
    checks: [
      { name: 'efficacy', value: 1, before: 0, count: 1, threshold: 0.9, passed: true },
      { name: 'specificity', value: n % 5 === 0 ? 0.4 : 0.97, before: 1, count: 10, threshold: 0.9, passed: n % 5 !== 0 },
    ],
    evidence: { report: blob('report', 'application/json') },
    details: { request: { method: 'memit', choices: {}, fluency: true } },
  };
}

const ms = (seconds: number) => `${(1000 * seconds).toFixed(seconds < 0.1 ? 1 : 0)} ms`;
const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
