import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';

/** Where the person moved their data to, kept in the usual place. */
const PointerSchema = v.object({ folder: v.string() });
export const POINTER = 'data-folder.json';

/** The data folder where nobody chose one. */
export function usualFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Emend');
  if (process.platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Emend');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'emend');
}

/** The data folder: EMEND_HOME, else what was chosen in the settings, else the usual place. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env): string {
  const asked = env['EMEND_HOME'];
  if (asked !== undefined && asked !== '') return resolve(asked);
  try {
    return v.parse(PointerSchema, JSON.parse(readFileSync(join(usualFolder(env), POINTER), 'utf8'))).folder;
  } catch {
    return usualFolder(env);
  }
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
