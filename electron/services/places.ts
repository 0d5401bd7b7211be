import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';

/** Where the person moved their data to, kept in the usual place. */
const PointerSchema = v.object({ folder: v.string() });
export const POINTER = 'data-folder.json';

/** The data folder where nobody chose one. */
export function usualFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Emend');
  if (process.platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Emend');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'emend');
}

/**
 * The data folder: EMEND_HOME, else what was chosen in the settings, else the usual place. One that was chosen must be there: in
 * place of one on a drive that is not plugged in, an empty one with another key would be begun.
 * @throws EmendError 'not-found' where the chosen folder is not there, or the note of the choice cannot be read
 */
export function dataFolder(env: NodeJS.ProcessEnv = process.env): string {
  const asked = env['EMEND_HOME'];
  if (asked !== undefined && asked !== '') return resolve(asked);
  const usual = usualFolder(env);
  const pointer = join(usual, POINTER);
  const chosen = chosenFolder(pointer);
  if (chosen === undefined || resolve(chosen) === resolve(usual)) return usual;
  const found = statSync(chosen, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return chosen;
  throw new EmendError(
    'not-found',
    found ? `The data folder ${chosen} is a file.` : `The data folder ${chosen} is not there.`,
    `Plug in the drive that it lies on, or remove ${pointer} to go on in the usual place, ${usual}.`,
    { folder: chosen },
  );
}

/** The folder that was chosen; undefined where nobody chose one. */
function chosenFolder(pointer: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(pointer, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(pointer, error);
  }
  try {
    return v.parse(PointerSchema, JSON.parse(text)).folder;
  } catch (error) {
    throw unreadable(pointer, error);
  }
}

function unreadable(pointer: string, error: unknown): EmendError {
  const reason = error instanceof Error ? error.message : String(error);
  return new EmendError(
    'not-found',
    `Where the data folder lies cannot be read: ${pointer}: ${reason}.`,
    'Write {"folder": "…"} into it, or remove it to use the usual data folder.',
  );
}

/** Where everything lies below the data folder. */
export class Places {
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  get settings(): string {
    return join(this.root, 'settings.json');
  }

  /** What is remembered of models apart from their ledgers: names and when they were opened. */
  get shelf(): string {
    return join(this.root, 'library.json');
  }

  /** Which entries were opened in a window, and by whom. */
  get opened(): string {
    return join(this.root, 'opened.json');
  }

  /** Where the key lies that the person here signs approvals with. */
  get ownKey(): string {
    return join(this.root, 'own-key.json');
  }

  get keys(): string {
    return join(this.root, 'keys');
  }

  /** What proves each model's record from outside its folder, and what proved those that were removed. */
  get anchors(): string {
    return join(this.keys, 'anchors');
  }

  get removedAnchors(): string {
    return join(this.anchors, 'removed');
  }

  /** @param folder of a model, by its name */
  anchor(folder: string): string {
    return join(this.anchors, `${folder}.json`);
  }

  get models(): string {
    return join(this.root, 'models');
  }

  /** Imports that are under way. */
  get incoming(): string {
    return join(this.root, 'incoming');
  }

  /** Models that were taken out of the library. */
  get removed(): string {
    return join(this.root, 'removed');
  }

  /** Which browsers `emend serve` let in. */
  get sessions(): string {
    return join(this.root, 'sessions.json');
  }

  /** Archives that were brought, unpacked until they are imported. */
  get unpacked(): string {
    return join(this.root, 'unpacked');
  }

  /** Files that a browser sent. */
  get uploads(): string {
    return join(this.root, 'uploads');
  }
}

/** Where the parts of one model lie. */
export class ModelPlaces {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The files as imported; never changed. */
  get files(): string {
    return join(this.folder, 'model');
  }

  get ledger(): string {
    return join(this.folder, 'ledger');
  }

  /** By what it is noticed that an imported file changed; made again when missing. */
  get stamps(): string {
    return join(this.folder, 'stamps.json');
  }

  /** Exports that are being put in their places, one file each, until they are recorded. */
  get pendingExports(): string {
    return join(this.folder, 'exports');
  }

  /** The edit form while it is being filled in. */
  get form(): string {
    return join(this.folder, 'form.json');
  }

  /** Changed tensors of versions; made again from the ledger when missing. */
  get versions(): string {
    return join(this.folder, 'versions');
  }

  /** The changed tensors of a version. @param id of the version */
  version(id: string): string {
    return join(this.versions, `${id}.safetensors`);
  }
}
