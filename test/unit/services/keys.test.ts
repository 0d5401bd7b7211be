import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeKey, distrustKey, PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, trustedKeys } from '../../../electron/ledger/keys.ts';
import { openLedger } from '../../../electron/ledger/open.ts';
import { Engine } from '../../../electron/services/jobs.ts';
import { Library } from '../../../electron/services/library.ts';
import { Places } from '../../../electron/services/places.ts';
import { Preferences } from '../../../electron/services/preferences.ts';
import { explained } from '../../../electron/storage/file-errors.ts';
import { disk } from '../../../electron/storage/files.ts';
import { BY, commit, importBody } from '../ledger/samples.ts';

let home: string;
let places: Places;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'emend-keys-'));
  places = new Places(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const start = async () => {
  const preferences = await Preferences.open(places, { readOnly: false, author: 'A', threads: 1 });
  return { preferences, library: await Library.open(places, preferences, new Engine(), false) };
};

/** A library with a record that its key signed. */
async function withRecord(): Promise<void> {
  const { preferences } = await start();
  const id = importBody().model.id.slice(0, 16);
  const anchor = { file: places.anchor(id), id };
  const options = { app: 'test', engine: 'test', create: true, key: preferences.key!, anchor };
  const ledger = await openLedger(join(places.models, id, 'ledger'), options);
  await ledger.append('import', importBody(), BY);
  await commit(ledger, 1);
  await ledger.close();
}

const verified = async () => {
  const { preferences, library } = await start();
  const [model] = (await library.list()).models;
  const found = await model!.ledger.verify();
  const notices = [...preferences.notices, ...model!.ledger.notices].map(({ what }) => what);
  await library.close();
  return { found, notices };
};

describe('a signing key', () => {
  it('that is lost is told, and what it signed is not damaged; it counts again once it is trusted', async () => {
    await withRecord();
    renameSync(places.keys, join(home, 'lost'));
    renameSync(join(home, 'lost', 'anchors'), join(home, 'anchors'));
    const first = await verified();
    expect(first.notices).toContain('key');
    expect(first.found.ok).toBe(true);
    expect(first.found.unchecked).toEqual([expect.stringContaining('emend key --trust') as string]);
    expect(first.found.proof.end).toBe(false);

    const { preferences, library } = await start();
    const old = join(home, 'lost', PUBLIC_KEY_FILE);
    await preferences.trust(places, readFileSync(old, 'utf8'), old);
    await library.close();
    const second = await verified();
    expect(second.notices).not.toContain('key');
    expect(second.found).toMatchObject({ ok: true, unchecked: [] });
  });

  it('that was put in the place of another goes on with what that one signed, until that is not trusted any more', async () => {
    await withRecord();
    const files = explained(disk);
    const { before, now } = await changeKey(files, places.keys);
    expect(now.id).not.toBe(before.id);
    if (process.platform !== 'win32') expect(statSync(join(places.keys, PRIVATE_KEY_FILE)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(places.keys, PUBLIC_KEY_FILE), 'utf8')).toBe(now.pem);
    const whole = await verified();
    expect(whole.notices).toEqual([]);
    expect(whole.found).toMatchObject({ ok: true, unchecked: [], proof: { end: true, by: { key: before.id } } });
    // The next act is signed with the new one.
    const { library } = await start();
    const [model] = (await library.list()).models;
    await model!.append('note', { version: model!.ledger.history.current.id }, BY);
    await library.close();
    expect((await verified()).found).toMatchObject({ ok: true, unchecked: [], proof: { end: true, by: { key: now.id } } });
    await distrustKey(files, places.keys, before.id.slice(0, 8));
    expect(await trustedKeys(files, places.keys)).toEqual([]);
    const revoked = (await verified()).found;
    expect(revoked.entries.flatMap((one) => one.problems)).toEqual([]);
    expect(revoked.ok).toBe(true);
    expect(revoked.unchecked).toEqual([expect.stringContaining(before.id) as string]);
    await expect(distrustKey(files, places.keys, before.id)).rejects.toMatchObject({ code: 'not-found' });
    await expect(changeKey(files, places.keys, now)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('is made without a word where there is no record yet', async () => {
    expect((await start()).preferences.notices).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('that others may read is told', async () => {
    await start();
    chmodSync(join(places.keys, PRIVATE_KEY_FILE), 0o644);
    expect((await start()).preferences.notices).toMatchObject([{ what: 'key', hint: expect.stringContaining('chmod 600') as string }]);
  });

  it.skipIf(process.platform === 'win32')('and the whole data folder: that others may look into it is told', async () => {
    await start();
    chmodSync(home, 0o755);
    expect((await start()).preferences.notices).toMatchObject([{ what: 'folder', hint: expect.stringContaining('chmod 700') as string }]);
  });

  it('to be trusted must be one', async () => {
    const { preferences } = await start();
    const file = join(home, 'not-a-key');
    writeFileSync(file, 'hello');
    await expect(preferences.trust(places, 'hello', file)).rejects.toMatchObject({ code: 'bad-file' });
  });
});
