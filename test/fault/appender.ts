import { writeSync } from 'node:fs';
import { loadOrCreateKey } from '../../electron/ledger/keys.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { anchorIn, open, random } from '../unit/ledger/samples.ts';
import { begin, checkpoint, draft, edit, note, revert, rollback, tag, type Act } from './acts.ts';

/**
 * Appends to the ledger in the folder it is told on its first input line until it is killed.
 * Says "ready", then "open" with the number of entries, then the hash of every entry once that is acknowledged; each a line, written at
 * once.
 */
const say = (line: string) => writeSync(1, `${line}\n`);

say('ready');
process.stdin.once('data', (line: Buffer) => void run(line.toString().trim()));

async function run(folder: string): Promise<void> {
  const key = await loadOrCreateKey(explained(disk), `${folder}-keys`);
  const ledger = await open(folder, { create: true, key, anchor: anchorIn(`${folder}-keys`), clock: () => new Date() });
  if (ledger.damage.length > 0 || ledger.unsigned !== undefined) throw new Error(JSON.stringify([ledger.damage, ledger.unsigned]));
  say(`open ${ledger.entries.length}`);
  const roll = random(process.pid);
  const acts: Act[] = [edit(Math.floor(roll() * 1000)), edit(1), note, tag, revert, rollback, draft, checkpoint];
  for (let told = ledger.entries.length; ;) {
    await (ledger.history.isEmpty ? begin : acts[Math.floor(roll() * acts.length)]!)(ledger);
    for (; told < ledger.entries.length; told++) say(ledger.entries[told]!.hash);
  }
}
