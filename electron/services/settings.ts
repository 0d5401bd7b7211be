import { join } from 'node:path';
import type { OwnKey, Settings } from '../../shared/contract/settings.ts';
import { EmendError } from '../../shared/errors.ts';
import { given } from '../../shared/given.ts';
import { ensureFolder, writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import {
  changeKey,
  createKey,
  distrustKey,
  isProtected,
  parsePublicKey,
  PUBLIC_KEY_FILE,
  publicFileOf,
  readSigningKey,
  trustedKeys,
} from '../ledger/keys.ts';
import type { Grants } from './grants.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { recordPolicyEverywhere } from './policy-record.ts';
import { POINTER, usualFolder } from './places.ts';

type Part = Pick<
  Services,
  | 'settings.get'
  | 'settings.set'
  | 'settings.key'
  | 'settings.trustKey'
  | 'settings.distrustKey'
  | 'settings.trustedKeys'
  | 'settings.changeKey'
  | 'settings.newKey'
  | 'settings.ownKey'
  | 'settings.setOwnKey'
  | 'settings.addPerson'
  | 'settings.setDataFolder'
>;

/** What a person sets. */
export function settingsService({ library, preferences, places, grants, engine, tell }: Surroundings): Part {
  const change = async (changes: Partial<Settings>): Promise<Settings> => {
    const before = preferences.settings;
    const settings = await preferences.change(changes);
    // Also where it is as it was: a program that was ended in between may have told only some records.
    if (changes.policy !== undefined || changes.thresholds !== undefined)
      for (const model of await recordPolicyEverywhere(library, preferences)) tell({ type: 'ledger', model });
    if (settings.threads !== before.threads) await engine.close(); // the next job starts it with the new number
    tell({ type: 'settings', settings });
    return settings;
  };
  return {
    'settings.get': () => ({
      settings: preferences.settings,
      suggestedAuthor: preferences.suggestedAuthor,
      notices: preferences.notices.map(({ message, hint }) => ({ message, hint })),
    }),
    'settings.set': async ({ settings: given }) => ({
      settings: await change(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))),
    }),
    'settings.key': () => {
      const { key } = preferences;
      if (!key) throw new EmendError('not-found', 'There is no signing key yet.', 'It is made when something is recorded first.');
      return { id: key.id, publicKey: key.pem, path: join(places.keys, PUBLIC_KEY_FILE) };
    },
    'settings.trustKey': async ({ source }) => {
      const path = grants.path(source);
      const pem = Buffer.from(await explained(disk).read(path)).toString('utf8');
      return { id: (await preferences.trust(places, pem, path)).id };
    },
    'settings.distrustKey': async ({ id }) => ({ id: (await distrustKey(explained(disk), places.keys, id)).id }),
    'settings.trustedKeys': async () => ({ ids: (await trustedKeys(explained(disk), places.keys)).map(({ id }) => id) }),
    'settings.changeKey': async ({ source, passphrase }) => {
      const files = explained(disk);
      const to = source === undefined ? undefined : await readSigningKey(files, grants.path(source), passphrase);
      const { before, now } = await changeKey(files, places.keys, to);
      return { before: before.id, now: now.id, path: join(places.keys, PUBLIC_KEY_FILE) };
    },
    'settings.newKey': async ({ destination, passphrase }) => {
      const { key, publicFile } = await createKey(explained(disk), grants.target(destination), passphrase);
      return { id: key.id, publicKey: key.pem, path: publicFile };
    },
    'settings.ownKey': async () => ({ ...(await ownKey(preferences.ownKey, grants)) }),
    'settings.setOwnKey': async ({ source }) => {
      const path = source === null ? null : grants.path(source);
      if (path !== null) await readOwnKey(path);
      await preferences.setOwnKey(path);
      return { ...(await ownKey(preferences.ownKey, grants)) };
    },
    'settings.addPerson': async ({ source, name }) => {
      const path = grants.path(source);
      const { id } = parsePublicKey(Buffer.from(await explained(disk).read(path)).toString('utf8'), path);
      if (id === preferences.key?.id)
        throw new EmendError(
          'bad-input',
          `${path} is the key that signs this library's own records.`,
          'A person who is to approve makes a key of their own: emend key --new FILE.',
        );
      const { policy } = preferences.settings;
      await change({ policy: { ...policy, people: { ...policy.people, [id]: name } } });
      return { id };
    },
    'settings.setDataFolder': async ({ folder: handle }) => {
      const usual = usualFolder();
      const folder = handle === null ? usual : grants.path(handle);
      const files = explained(disk);
      await ensureFolder(files, usual);
      await ensureFolder(files, folder);
      await writeDurably(files, join(usual, POINTER), Buffer.from(`${JSON.stringify({ folder })}\n`));
      return { folder };
    },
  };
}

/** The key of a person's own as screens show it. */
async function ownKey(path: string | undefined, grants: Grants): Promise<{ key?: OwnKey }> {
  if (path === undefined) return {};
  const picked = grants.grant(path);
  try {
    return { key: { ...picked, ...(await readOwnKey(path)) } };
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
    return { key: { ...picked, isProtected: false, problem: error.message } };
  }
}

/** What can be told of a person's key without its passphrase. @throws EmendError where the file is no such key */
async function readOwnKey(path: string): Promise<Pick<OwnKey, 'id' | 'isProtected'>> {
  const files = explained(disk);
  const pem = Buffer.from(await files.read(path)).toString('utf8');
  if (!isProtected(pem)) return { id: (await readSigningKey(files, path)).id, isProtected: false };
  const publicFile = publicFileOf(path);
  const isBeside = (await files.stat(publicFile)) !== undefined;
  const id = isBeside ? parsePublicKey(Buffer.from(await files.read(publicFile)).toString('utf8'), publicFile).id : undefined;
  return { isProtected: true, ...given({ id }) };
}
