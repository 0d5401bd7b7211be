import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { addsPart } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ModelPlaces } from './places.ts';

/** What a version's finished file is called. */
const VERSION = /^[0-9a-f]{64}\.safetensors$/;
/** Another program that only reads may be building a version just now (ms). */
const ABANDONED = 3_600_000;

/**
 * Clears away what a process that was stopped left of a model: drafts that were committed, files of versions, drafts and its anchor that
 * were never finished.
 * It harms nobody, so what cannot be removed stays.
 * @param ledger open for writing, so that nobody else writes its anchor
 * @param anchor the file of its anchor
 */
export async function removeLeftovers(places: ModelPlaces, ledger: Ledger, anchor: string): Promise<void> {
  try {
    const committed = new Set(ledger.entries.filter(addsPart).map(({ body }) => body.details['draft']));
    for (const draft of (await ledger.drafts.list()).drafts) if (committed.has(draft.id)) await ledger.drafts.remove(draft.id);
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
  }
  for (const name of await readdir(dirname(anchor)).catch(() => []))
    if (name.startsWith(`${basename(anchor)}.`) && name.endsWith('.tmp'))
      await rm(join(dirname(anchor), name), { force: true }).catch(() => undefined);
  for (const name of await readdir(places.versions).catch(() => [])) {
    if (VERSION.test(name)) continue;
    const path = join(places.versions, name);
    const changed = (await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity;
    if (Date.now() - changed > ABANDONED) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
