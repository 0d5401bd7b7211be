import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { examine } from '../../electron/ledger/examine.ts';
import type { Application } from '../../electron/services/application.ts';
import { NAME, type ServiceAct, type Where } from './service-act.ts';
import { openHere } from './services-scene.ts';

/** Hashes of the entries in the one model's journal below a data folder, removed or not, before anything opens it. */
export function hashesIn(library: string): string[] {
  const folders = ['models', 'removed'].flatMap((place) => foldersIn(join(library, place)));
  const [folder, ...others] = folders.filter((one) => !one.endsWith('.purged'));
  expect(others).toEqual([]);
  if (folder === undefined) return [];
  const { entries, damage } = examine(readFileSync(join(folder, 'ledger', 'journal.jsonl')));
  expect(damage).toEqual([]);
  return entries.map((entry) => entry.hash);
}

const foldersIn = (place: string) => (existsSync(place) ? readdirSync(place).map((name) => join(place, name)) : []);

/** What a program that was killed may leave to be said of a model; each is so, and says what to do. */
const TOLD = [
  /^The lock of .* was taken over/,
  /^The journal ends with/,
  /^The export of .* had not been recorded/,
  /^Emend was ended while/,
  /^The policy of exports that is in force/,
];

/**
 * What must hold after an act was disturbed: it opens; all that was there before is there, and the act's entries if it was acknowledged,
 * all of them or none otherwise;
 * ledger, files and rebuilt tensors verify; nothing half looks whole; the act can be done again; nothing is left behind.
 */
export async function afterwards(
  act: ServiceAct,
  where: Where,
  before: readonly string[],
  acknowledged: boolean,
  when: string,
): Promise<void> {
  const recorded = hashesIn(where.library);
  expect([before.length, act.forgets ? 0 : before.length + act.adds], when).toContain(recorded.length);
  if (recorded.length > 0) expect(recorded.slice(0, before.length), when).toEqual(before);
  if (acknowledged) expect(recorded.length, when).toBe(act.forgets ? 0 : before.length + act.adds);
  age(where.library);
  const isForOpening = act.isForOpening?.(where) === true;

  const app = await openHere(where.library);
  try {
    const { models, notices } = await app.call('library.list', {});
    expect(
      notices.filter(({ message }) => act.says?.test(message) !== true),
      when,
    ).toEqual([]);
    expect(
      models.every(({ state }) => state === 'intact'),
      when,
    ).toBe(true);
    if (act.name === 'export' && isForOpening) {
      const found = await app.run('exports.verify', {
        source: app.grants.grant(where.target).handle,
        publicKey: (await app.call('settings.key', {})).publicKey,
      });
      expect(found.problems, when).toEqual([]);
      rmSync(where.target, { recursive: true });
    }
    const total = models[0]?.entries ?? recorded.length;
    expect(total, when).toBe(isForOpening ? before.length + act.adds : recorded.length);
    const isDone = act.isDone ? await act.isDone(app, where) : total > before.length;
    if (acknowledged) expect(isDone, when).toBe(true);
    if (!isDone) {
      if (models.length > 0) await mustVerify(app, act.from !== 'unanchored', when);
      await (act.again ? act.again(app) : act.run(app, where));
    }
    expect(act.isDone ? await act.isDone(app, where) : true, when).toBe(true);
    await act.bringBack?.(app, where);
    await mustVerify(app, true, when);
    await app.call('audit.note', { model: NAME, comment: 'It goes on' });
    expect((await app.call('audit.list', { model: NAME })).total, when).toBe((act.forgets ? 1 : before.length + act.adds) + 1);
    await mustVerify(app, true, when);
    if (act.name.startsWith('commit') && !act.name.includes('steering'))
      expect((await app.call('edits.drafts', { model: NAME })).drafts, when).toEqual([]);
  } finally {
    await app.close();
  }
  expect(strays(where), when).toEqual([]);
}

/** The record is whole, its end is proven from outside its folder, and nothing is said of it that is not so. */
async function mustVerify(app: Application, isAnchored: boolean, when: string): Promise<void> {
  const found = await app.run('audit.verify', { model: NAME, record: false });
  expect(found.problems, when).toEqual([]);
  expect(found.ok, when).toBe(true);
  const { anchored, entries, notices } = await app.call('library.get', { model: NAME });
  if (!isAnchored) return;
  expect(anchored?.upTo, when).toBe(entries);
  expect(
    notices.filter(({ message }) => !TOLD.some((one) => one.test(message))),
    when,
  ).toEqual([]);
}

/** Two hours pass, so that nobody may be working on what lies half made in versions/. */
function age(library: string): void {
  const then = Date.now() / 1000 - 7200;
  for (const path of readdirSync(library, { recursive: true, encoding: 'utf8' }))
    if (/versions[/\\]./.test(path)) utimesSync(join(library, path), then, then);
}

/** Whatever lies about that is neither a part of the library nor an export. */
function strays({ library, target, out }: Where): string[] {
  const below = readdirSync(library, { recursive: true, encoding: 'utf8' });
  const known = /^(keys|models|removed|incoming|(settings|library|opened|own-key)\.json(\.bak)?)([/\\]|$)/;
  const odd = below.filter(
    (path) =>
      !known.test(path) ||
      /^incoming[/\\]|\.tmp$|\.partial|LOCK|\.purged|blobs[/\\]sha256[/\\]new|[0-9a-f]{16}[/\\]exports[/\\]|draft-|safetensors\./.test(
        path,
      ) ||
      (/versions[/\\]/.test(path) && !/[0-9a-f]{64}\.safetensors$/.test(path)),
  );
  // A staging folder beside an export goes with the next export there; without one it stays, and is hidden.
  return [...odd, ...(existsSync(target) ? readdirSync(out).filter((name) => join(out, name) !== target) : [])];
}
