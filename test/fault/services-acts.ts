import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { examine } from '../../electron/ledger/examine.ts';
import type { Application } from '../../electron/services/application.ts';
import { modelIn, NAME, type ServiceAct, type Where } from './services-doing.ts';
import { openHere } from './services-scene.ts';

/** Hashes of the entries in the one model's journal below a data folder, before anything opens it. */
export function hashesIn(library: string): string[] {
  const models = join(library, 'models');
  if (!existsSync(models) || readdirSync(models).length === 0) return [];
  const { entries, damage } = examine(readFileSync(join(modelIn(library), 'ledger', 'journal.jsonl')));
  expect(damage).toEqual([]);
  return entries.map((entry) => entry.hash);
}

/**
 * What must hold after an act was disturbed: it opens; all that was there before is there, and the act's entry if it was acknowledged, at
 * most that one otherwise;
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
  expect(recorded.slice(0, before.length), when).toEqual(before);
  expect(recorded.length, when).toBeLessThanOrEqual(before.length + 1);
  if (acknowledged) expect(recorded.length, when).toBe(before.length + 1);
  age(where.library);

  const app = await openHere(where.library);
  try {
    const { models, notices } = await app.call('library.list', {});
    expect(notices, when).toEqual([]);
    expect(
      models.map((model) => model.state),
      when,
    ).toEqual(recorded.length > 0 ? ['intact'] : []);
    if (recorded.length > 0) await mustVerify(app, when);
    const isInPlace = existsSync(where.target);
    if (isInPlace) {
      const found = await app.run('exports.verify', {
        source: app.grants.grant(where.target).handle,
        publicKey: (await app.call('settings.key', {})).publicKey,
      });
      expect(found.problems, when).toEqual([]);
      rmSync(where.target, { recursive: true });
    }
    const { total } = await app.call('audit.list', { model: NAME }).catch(() => ({ total: 0 }));
    // An export in its place is recorded, at the latest when its model is opened next; nothing else is recorded then.
    const isExported = act.name === 'export' && isInPlace;
    expect(total, when).toBe(isExported ? before.length + 1 : recorded.length);
    const isDone = total > before.length;
    if (!isDone) await act.run(app, where);
    else await app.call('audit.note', { model: NAME, comment: 'It goes on' });
    await mustVerify(app, when);
    expect((await app.call('audit.list', { model: NAME })).total, when).toBe(before.length + (isDone ? 2 : 1));
    if (act.name === 'commit') expect((await app.call('edits.drafts', { model: NAME })).drafts, when).toEqual([]);
  } finally {
    await app.close();
  }
  expect(strays(where), when).toEqual([]);
}

async function mustVerify(app: Application, when: string): Promise<void> {
  const { problems, ok } = await app.run('audit.verify', { model: NAME, record: false });
  expect(problems, when).toEqual([]);
  expect(ok, when).toBe(true);
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
  const known = /^(keys|models|incoming|settings\.json|library\.json)([/\\]|$)/;
  const odd = below.filter(
    (path) =>
      !known.test(path) ||
      /^incoming[/\\]|\.tmp$|\.partial|LOCK|blobs[/\\]sha256[/\\]new|[0-9a-f]{16}[/\\]exports[/\\]|draft-|safetensors\./.test(path) ||
      (/versions[/\\]/.test(path) && !/[0-9a-f]{64}\.safetensors$/.test(path)),
  );
  // A staging folder beside an export goes with the next export there; without one it stays, and is hidden.
  return [...odd, ...(existsSync(target) ? readdirSync(out).filter((name) => join(out, name) !== target) : [])];
}
