import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import type { Use } from '../../electron/services/grants.ts';
import { CONTRACT, EnvelopeSchema, isMethod, type MethodName } from '../../shared/contract.ts';
import { makeScene, openHere, removeTemporary, temporary } from '../fault/services-scene.ts';
import { methods, parameters, type Words } from './contract/hostile.ts';
import { watchWrites } from './contract/writes.ts';

const RUNS = Number(process.env['EMEND_FUZZ_RUNS'] ?? 10_000);
const SEED = Number(process.env['EMEND_FUZZ_SEED'] ?? 20);
const NAMES = Object.keys(CONTRACT) as MethodName[];
/** What JavaScript says when a program is wrong; a person must never read it. */
const DEFECT = /Cannot (read properties|convert)|is not (a function|iterable|defined)|Maximum call stack|Invalid array length|Assertion/;

let application: Application;
let words: Words;
let writes: ReturnType<typeof watchWrites>;
let allowed: readonly string[];
let untouched: () => string;
let untouchedBefore: string;

beforeAll(async () => {
  const root = temporary();
  const [home, out, beyond] = ['home', 'out', 'beyond'].map((name) => join(root, name)) as [string, string, string];
  process.env['XDG_DATA_HOME'] = home;
  process.env['APPDATA'] = home;
  const scene = await makeScene();
  const empty = join(out, 'empty');
  for (const folder of [home, out, beyond, empty]) mkdirSync(folder);
  const facts = join(beyond, 'facts.csv');
  writeFileSync(facts, 'subject,prompt,target\nAda,{} lives in,Rome\n');
  untouched = () => [beyond, scene.model].map(digest).join();
  untouchedBefore = untouched();

  writes = watchWrites();
  application = await openHere(scene.library);
  allowed = [scene.library, out, home, process.env['EMEND_CACHE']!];
  const { models } = await application.call('library.list', {});
  const { versions } = await application.call('versions.list', { model: models[0]!.id });
  const granted = (use: Use, ...paths: string[]) => paths.map((path) => application.grants.grant(path, use).handle);
  words = {
    models: [models[0]!.id, models[0]!.id.slice(0, 8), models[0]!.name],
    versions: ['current', 'base', ...versions.map(({ id }) => id)],
    handles: [...granted('read', scene.model, facts, beyond), ...granted('write', empty, join(out, 'new'), join(out, 'not', 'there'))],
    others: [
      'Ada',
      '{} lives in',
      'Rome',
      ' Oslo',
      'Bob moved',
      scene.draft,
      '2026-01-01',
      'edit',
      'memit',
      ...versions.map(({ id }) => id),
    ],
  };
});

afterAll(async () => {
  await application.close();
  writes.stop();
  removeTemporary();
});

it(`${RUNS} hostile calls each get an answer, and nothing outside is touched (seed ${SEED})`, async () => {
  const counts = { accepted: 0, refused: 0 };
  const faults = new Map<string, string>();
  const anyCall = methods(NAMES).chain((method) => fc.tuple(fc.constant(method), parameters(schemaOf(method), words)));
  await fc.assert(
    fc.asyncProperty(anyCall, async ([method, params]) => {
      const envelope = await application.handle(method, params);
      counts[envelope.ok ? 'accepted' : 'refused']++;
      try {
        checkEnvelope(method, envelope);
        if (envelope.ok) await tidy(method, envelope.value);
      } catch (error) {
        // All kinds of fault in one run, each with the first call that showed it.
        const kind = `${typeof method === 'string' ? method : typeof method}: ${(error as Error).message}`;
        if (!faults.has(kind)) faults.set(kind, inspect({ params, envelope }, { depth: 4, maxStringLength: 200 }));
      }
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
  expect(Object.fromEntries(faults)).toEqual({});
  await Promise.allSettled(application.jobs.list().map(({ id }) => application.jobs.finished(id)));
  console.log(`${counts.accepted} accepted, ${counts.refused} refused`);
  expect(counts.accepted).toBeGreaterThan(RUNS / 20);
  expect(counts.refused).toBeGreaterThan(RUNS / 20);

  expect([...writes.paths].filter((path) => !allowed.some((root) => path === root || path.startsWith(root + sep)))).toEqual([]);
  expect(writes.paths.size).toBeGreaterThan(0);
  expect(untouched()).toBe(untouchedBefore);
  expect(await application.handle('library.list', {})).toMatchObject({ ok: true });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

function schemaOf(method: unknown): v.GenericSchema {
  return typeof method === 'string' && isMethod(method) ? CONTRACT[method].params : v.unknown();
}

/** An answer that can cross to a page, says what the contract says, and speaks to people. */
function checkEnvelope(method: unknown, answer: unknown): void {
  const envelope = v.parse(EnvelopeSchema, answer);
  structuredClone(envelope);
  if (envelope.ok) {
    const { result, isJob } = CONTRACT[method as MethodName];
    v.parse(isJob ? v.strictObject({ job: v.string() }) : result, envelope.value);
    return;
  }
  expect(envelope.error.message).not.toBe('');
  expect(envelope.error.message).not.toMatch(DEFECT);
  expect(envelope.error.code).not.toBe('failed');
}

/** Keeps the library as it was, as far as that is needed to go on: work is stopped, a removed model comes back. */
async function tidy(method: unknown, value: unknown): Promise<void> {
  if (typeof method === 'string' && isMethod(method) && CONTRACT[method].isJob) {
    const { job } = value as { job: string };
    application.jobs.cancel(job);
    await application.jobs.finished(job).catch(() => undefined);
    const { error } = application.jobs.get(job);
    if (error !== undefined) expect(error.message).not.toMatch(DEFECT);
    application.jobs.clear(job);
  } else if (method === 'library.remove') {
    await application.call('library.restore', { removed: (value as { removed: string }).removed });
  }
}

function digest(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}
