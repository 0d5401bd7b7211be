import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadOrCreateKey } from '../../electron/ledger/keys.ts';
import { EmendError } from '../../shared/errors.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { anchorIn, BY, importBody, open } from '../unit/ledger/samples.ts';

/**
 * Opens the ledger in the folder that it is given, notes a few things, closes it, and again, until it is killed or its input ends. Where
 * another has the ledger it waits.
 * Says the hash of every entry once that is acknowledged, "held" and why where it waits; each a line, written at once.
 */
const say = (line: string) => writeSync(1, `${line}\n`);
const folder = process.argv[2]!;
let isAsked = true;
process.stdin.on('end', () => (isAsked = false)).resume();

const key = await loadOrCreateKey(explained(disk), `${folder}-keys`);
while (isAsked) {
  try {
    const ledger = await open(folder, { create: true, key, anchor: anchorIn(`${folder}-keys`), clock: () => new Date() });
    if (ledger.damage.length > 0 || ledger.unsigned !== undefined) throw new Error(JSON.stringify([ledger.damage, ledger.unsigned]));
    if (ledger.history.isEmpty) say((await ledger.append('import', importBody(), BY)).hash);
    for (let n = 0; n < 5; n++) say((await ledger.append('note', { version: ledger.history.current.id }, BY)).hash);
    await ledger.close();
  } catch (error) {
    if (!(error instanceof EmendError) || error.code !== 'failed') throw error;
    say(`held ${error.message} ${error.hint}`);
  }
  await sleep(Math.random() * 20);
}
process.exit();
