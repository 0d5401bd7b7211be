import { chmod, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Low } from 'lowdb';
import * as v from 'valibot';
import { OpenedSchema, type Opened } from '../../shared/contract/audit.ts';
import { DEFAULT_SETTINGS, SettingsSchema, type Settings } from '../../shared/contract/settings.ts';
import { EmendError } from '../../shared/errors.ts';
import { foldedName } from '../../shared/folded-name.ts';
import { ensureFolder } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { loadOrCreateKey, PRIVATE_KEY_FILE, tidyKeys, trustedKeys, trustKey, type SigningKey, type VerifyKey } from '../ledger/keys.ts';
import type { By } from '../ledger/ledger.ts';
import type { Notice } from '../storage/notice.ts';
import { openStore } from '../storage/store.ts';
import type { Places } from './places.ts';

const ShelfSchema = v.object({
  /** Names that people gave, by model id. */
  names: v.record(v.string(), v.string()),
  /** When models were opened last, by model id. */
  opened: v.record(v.string(), v.string()),
});
type Shelf = v.InferOutput<typeof ShelfSchema>;

/** By the hashes of entries, so that another entry in the same place is another one: who had it open, each at the last time. */
const OpenedEntriesSchema = v.object({ entries: v.record(v.string(), v.array(OpenedSchema)) });
type OpenedEntries = v.InferOutput<typeof OpenedEntriesSchema>;

/** Where a person keeps the key of their own; null where there is none. */
const OwnKeySchema = v.object({ path: v.nullable(v.string()) });
type OwnKey = v.InferOutput<typeof OwnKeySchema>;

/** What people set and use: settings, names of models, when they were opened, entries that were looked at, and the signing key. */
export class Preferences {
  readonly key: SigningKey | undefined;
  /** Further keys whose signatures count, such as earlier ones of the same person. */
  readonly trusted: readonly VerifyKey[];
  readonly notices: readonly Notice[];
  readonly #settings: Low<Settings>;
  readonly #shelf: Low<Shelf>;
  readonly #opened: Low<OpenedEntries>;
  readonly #ownKey: Low<OwnKey>;
  readonly #readOnly: boolean;
  readonly #author: string | undefined;
  readonly #threads: number | undefined;

  private constructor(parts: {
    settings: Low<Settings>;
    shelf: Low<Shelf>;
    opened: Low<OpenedEntries>;
    ownKey: Low<OwnKey>;
    readOnly: boolean;
    key: SigningKey | undefined;
    trusted: readonly VerifyKey[];
    notices: readonly Notice[];
    author: string | undefined;
    threads: number | undefined;
  }) {
    this.#settings = parts.settings;
    this.#shelf = parts.shelf;
    this.#opened = parts.opened;
    this.#ownKey = parts.ownKey;
    this.#readOnly = parts.readOnly;
    this.key = parts.key;
    this.trusted = parts.trusted;
    this.notices = parts.notices;
    this.#author = parts.author;
    this.#threads = parts.threads;
  }

  /** @throws EmendError when the data folder cannot be made or written to */
  static async open(
    places: Places,
    options: { readOnly: boolean; author: string | undefined; threads: number | undefined },
  ): Promise<Preferences> {
    const { readOnly, author, threads } = options;
    const files = explained(disk);
    if (!readOnly && (await files.stat(places.root)) === undefined) {
      await ensureFolder(files, places.root);
      await chmod(places.root, 0o700).catch(() => undefined); // where the file system knows no users
    }
    if (!readOnly && (await files.stat(places.keys)) !== undefined) await tidyKeys(files, places.keys);
    const settings = await openStore(places.settings, SettingsSchema, DEFAULT_SETTINGS, { readOnly });
    const shelf = await openStore<Shelf>(places.shelf, ShelfSchema, { names: {}, opened: {} }, { readOnly });
    const opened = await openStore<OpenedEntries>(places.opened, OpenedEntriesSchema, { entries: {} }, { readOnly });
    const ownKey = await openStore<OwnKey>(places.ownKey, OwnKeySchema, { path: null }, { readOnly });
    const isNew = (await disk.stat(join(places.keys, PRIVATE_KEY_FILE))) === undefined;
    const key = isNew && readOnly ? undefined : await loadOrCreateKey(files, places.keys);
    const trusted = await trustedKeys(files, places.keys);
    return new Preferences({
      settings: settings.db,
      shelf: shelf.db,
      opened: opened.db,
      ownKey: ownKey.db,
      readOnly,
      key,
      trusted,
      notices: [
        ...settings.notices,
        ...shelf.notices,
        ...opened.notices,
        ...ownKey.notices,
        ...(await keyNotices(places, isNew, key)),
        ...(await folderNotices(places.root)),
      ],
      author,
      threads,
    });
  }

  /** The settings, with what this run was told otherwise. */
  get settings(): Settings {
    const { threads } = this.#settings.data;
    return { ...this.#settings.data, threads: this.#threads ?? threads };
  }

  async change(changes: Partial<Settings>): Promise<Settings> {
    await keep(this.#settings, { ...this.#settings.data, ...changes });
    return this.settings;
  }

  /** The name that the system knows the person by. */
  get suggestedAuthor(): string {
    try {
      return userInfo().username;
    } catch {
      return '';
    }
  }

  /** Who acts: as told for this run, as set, or as the system calls the person. */
  get author(): string {
    return this.#author ?? (this.#settings.data.author.trim() || this.suggestedAuthor);
  }

  by(reason: string): By {
    if (this.author === '')
      throw new EmendError('bad-input', 'Nobody is named as the author.', 'Set your name in the settings, or give --author.', {
        field: 'author',
      });
    return { author: this.author, reason: reason.trim() };
  }

  nameOf(model: string): string | undefined {
    return this.#shelf.data.names[model];
  }

  openedAt(model: string): string | undefined {
    return this.#shelf.data.opened[model];
  }

  /** The file of the key that the person here signs approvals with; undefined where none was chosen. */
  get ownKey(): string | undefined {
    return this.#ownKey.data.path ?? undefined;
  }

  async setOwnKey(path: string | null): Promise<void> {
    await keep(this.#ownKey, { path });
  }

  /** Lets another key's signatures count, from the next start on. @throws EmendError 'bad-file' when it is no public key */
  trust(places: Places, pem: string, from: string): Promise<VerifyKey> {
    return trustKey(explained(disk), places.keys, pem, from);
  }

  async rename(model: string, name: string): Promise<void> {
    const { names, opened } = this.#shelf.data;
    await keep(this.#shelf, { names: { ...names, [model]: name }, opened });
  }

  /** Who had an entry open in a window of this data folder. @param hash of the entry */
  openedBy(hash: string): readonly Opened[] {
    return this.#opened.data.entries[hash] ?? [];
  }

  /** Whether the person who acts had an entry open. */
  hasOpened(hash: string): boolean {
    return this.openedBy(hash).some(({ author }) => foldedName(author) === foldedName(this.author));
  }

  /** Notes that the person who acts has an entry open; nothing where the data folder is only read, or nobody is named. */
  async openEntry(hash: string): Promise<void> {
    if (this.#readOnly || this.author === '') return;
    const others = this.openedBy(hash).filter(({ author }) => foldedName(author) !== foldedName(this.author));
    const own = { author: this.author, time: new Date().toISOString() };
    await keep(this.#opened, { entries: { ...this.#opened.data.entries, [hash]: [...others, own] } });
  }

  async opened(model: string): Promise<void> {
    const { names, opened } = this.#shelf.data;
    await keep(this.#shelf, { names, opened: { ...opened, [model]: new Date().toISOString() } });
  }
}

/** Writes new content; where that fails, the old one holds on. */
async function keep<T>(store: Low<T>, data: T): Promise<void> {
  const before = store.data;
  store.data = data;
  try {
    await store.write();
  } catch (error) {
    store.data = before;
    throw error;
  }
}

/** What a person should know of the key: that it is another one than records were signed with, or that others can read it. */
async function keyNotices(places: Places, isNew: boolean, key: SigningKey | undefined): Promise<Notice[]> {
  if (!key) return [];
  const path = join(places.keys, PRIVATE_KEY_FILE);
  const hasModels = (await disk.stat(places.models)) !== undefined && (await disk.list(places.models)).length > 0;
  const mode = await othersMay(path);
  return [
    ...(isNew && hasModels
      ? [
          {
            what: 'key' as const,
            message: `There was no signing key in ${places.keys}, so a new one was made; the records here were signed with another.`,
            hint: 'Bring the folder back from a backup. Where the old key is lost, let its public half count: emend key --trust FILE.',
          },
        ]
      : []),
    ...(mode === 0
      ? []
      : [
          {
            what: 'key' as const,
            message: `Others on this computer may read the signing key ${path}.`,
            hint: `Take that from them: chmod 600 ${path}. Whoever read it can sign records as you.`,
          },
        ]),
  ];
}

/** Folders that earlier releases made were open to everybody on the computer; one that a person shares on purpose stays as it is. */
async function folderNotices(root: string): Promise<Notice[]> {
  if ((await disk.stat(root)) === undefined || (await othersMay(root)) === 0) return [];
  return [
    {
      what: 'folder',
      message: `Others on this computer may look into the data folder ${root}: models, records, and what was asked.`,
      hint: `Take that from them: chmod 700 ${root}.`,
    },
  ];
}

/** What others than its owner may do with a file or folder; 0 for nothing, and where the system does not say. */
async function othersMay(path: string): Promise<number> {
  return process.platform === 'win32' ? 0 : (await stat(path)).mode & 0o077;
}
