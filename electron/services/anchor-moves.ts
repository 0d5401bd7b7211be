import { basename, dirname, join } from 'node:path';
import { readAnchor } from '../ledger/anchor.ts';
import { JOURNAL } from '../ledger/journal.ts';
import { ensureFolder } from '../storage/durable.ts';
import { errnoOf, explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { ModelPlaces, type Places } from './places.ts';

const files = explained(disk);

/** What the folder of a removed model is called: that of the model, and which removal it was. */
export const REMOVED = /^[0-9a-f]{16}-[0-9a-f]{8}$/;

/**
 * Brings an anchor to where its record went. The record goes first: its rename is the moment it is removed, or back.
 * @throws EmendError when the disk refuses
 */
export async function moveAnchor(from: string, to: string): Promise<void> {
  if ((await files.stat(from)) === undefined) return;
  await ensureFolder(files, dirname(to));
  try {
    await files.rename(from, to);
  } catch (error) {
    // Another program that began just now brought it there already.
    if (errnoOf(error) !== 'ENOENT' || (await files.stat(to)) === undefined) throw error;
  }
  await files.syncFolder(dirname(to));
  await files.syncFolder(dirname(from));
}

/** Brings anchors to their records where a program was ended between the two moves of a removal or a return. */
export async function settleAnchors(places: Places): Promise<void> {
  if ((await files.stat(places.anchors)) === undefined) return;
  const [models, removed] = [await namesIn(places.models), await namesIn(places.removed)];
  const [anchors, removedAnchors] = [await namesIn(places.anchors), await namesIn(places.removedAnchors)];
  for (const name of removed) {
    const model = name.slice(0, 16);
    const isOrphan = REMOVED.test(name) && !removedAnchors.has(`${name}.json`) && anchors.has(`${model}.json`) && !models.has(model);
    if (isOrphan && (await isOf(places.anchor(model), join(places.removed, name))))
      await moveAnchor(places.anchor(model), removedAnchor(places, name));
  }
  for (const file of removedAnchors) {
    const name = basename(file, '.json');
    const model = name.slice(0, 16);
    const isOrphan = REMOVED.test(name) && !removed.has(name) && models.has(model) && !anchors.has(`${model}.json`);
    if (isOrphan && (await isOf(removedAnchor(places, name), join(places.models, model))))
      await moveAnchor(removedAnchor(places, name), places.anchor(model));
  }
}

/** Where the anchor of a removed model lies. */
export function removedAnchor(places: Places, removed: string): string {
  return join(places.removedAnchors, `${removed}.json`);
}

/** Whether an anchor is of the record in a model's folder, and not of another one of the same model: its end stands there. */
async function isOf(anchorFile: string, folder: string): Promise<boolean> {
  const anchor = await readAnchor(files, anchorFile).catch(() => undefined); // one that cannot be read is told by its model, where it is
  const journal = join(new ModelPlaces(folder).ledger, JOURNAL);
  if (!anchor || (await files.stat(journal)) === undefined) return false;
  const text = Buffer.from(await files.read(journal)).toString('utf8');
  return [anchor.last, anchor.next].some((point) => point !== null && text.includes(`"hash":"${point.head}"`));
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  return new Set((await files.stat(folder)) === undefined ? [] : await files.list(folder));
}
