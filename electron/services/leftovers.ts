import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { addsPart } from '../ledger/entries.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ModelPlaces } from './places.ts';

/** What a version's finished file is called. */
const VERSION = /^[0-9a-f]{64}\.safetensors$/;
/** Another program that only reads may be building a version just now (ms). */
const ABANDONED = 3_600_000;

/**
 * Clears away what a process that was stopped left in a model's folder: drafts that were committed, files of versions and drafts that were
 * never finished.
 * It harms nobody, so what cannot be removed stays.
 * @param ledger open for writing
 */
export async function removeLeftovers(places: ModelPlaces, ledger: Ledger): Promise<void> {
  try {
    const committed = new Set(ledger.entries.filter(addsPart).map(({ body }) => body.details['draft']));
    for (const draft of (await ledger.drafts.list()).drafts) if (committed.has(draft.id)) await ledger.drafts.remove(draft.id);
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
  }
  for (const name of await readdir(places.versions).catch(() => [])) {
    if (VERSION.test(name)) continue;
    const path = join(places.versions, name);
    const changed = (await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity;
    if (Date.now() - changed > ABANDONED) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
