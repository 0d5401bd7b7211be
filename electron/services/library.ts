import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EmendError, errorData } from '../../shared/errors.ts';
import { given } from '../../shared/given.ts';
import { shortId } from '../../shared/ids.ts';
import { ensureFolder } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import type { Engine } from './jobs.ts';
import type { Removed } from '../../shared/contract/library.ts';
import type { FileRecord } from '../ledger/bodies.ts';
import { countEntries, readFirst } from '../ledger/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { moveAnchor, REMOVED, removedAnchor, settleAnchors } from './anchor-moves.ts';
import { LibraryModel, titleOf } from './library-model.ts';
import { ModelPlaces, type Places } from './places.ts';
import { catchUpPolicy } from './policy-record.ts';
import type { Preferences } from './preferences.ts';
import { removeUnfinished } from './staging.ts';

/** A model that could not be opened. */
export interface Unopened {
  /** Its folder's name: the beginning of its id. */
  readonly folder: string;
  readonly message: string;
  readonly hint: string;
}

/** What the folder of a model is called: the beginning of its id. */
const FOLDER = /^[0-9a-f]{16}$/;
const ABBREVIATION = /^[0-9a-f]{6,64}$/;

/** What that of a removed model is called while it is deleted. */
const PURGED = '.purged';

/** A model that was moved out of the library. */
export interface RemovedModel extends Removed {
  readonly files: readonly FileRecord[];
}

/** What a model is called, and the folder that it lies in. */
interface Title {
  readonly folder: string;
  readonly id: string;
  readonly name: string;
  /** Whether its ledger tells; otherwise both are the folder's name. */
  readonly isTold: boolean;
}

/** The models of the data folder, opened as they are needed. */
export class Library {
  readonly #places: Places;
  readonly #preferences: Preferences;
  readonly #engine: Engine;
  readonly #readOnly: boolean;
  readonly #models = new Map<string, Promise<LibraryModel>>();
  /** Records that were held against the settings since they were opened. */
  readonly #caughtUp = new WeakSet<Ledger>();
  #isClosed = false;

  private constructor(places: Places, preferences: Preferences, engine: Engine, readOnly: boolean) {
    this.#places = places;
    this.#preferences = preferences;
    this.#engine = engine;
    this.#readOnly = readOnly;
  }

  /** Opens the library, clears away imports that were never finished, and goes on with removals and returns that were not. */
  static async open(places: Places, preferences: Preferences, engine: Engine, readOnly: boolean): Promise<Library> {
    if (!readOnly) {
      await removeUnfinished(places.incoming, '');
      await removePurged(places.removed);
      await settleAnchors(places);
    }
    return new Library(places, preferences, engine, readOnly);
  }

  get readOnly(): boolean {
    return this.#readOnly;
  }

  /** Every model, as it is now, and those that cannot be opened. */
  async list(): Promise<{ models: LibraryModel[]; unopened: Unopened[] }> {
    const models: LibraryModel[] = [];
    const unopened: Unopened[] = [];
    for (const folder of await this.#folders()) {
      try {
        models.push(await this.#open(folder));
      } catch (error) {
        unopened.push(this.#unopened(folder, error));
      }
    }
    return { models, unopened };
  }

  /**
   * The model with this name, id, or beginning of its id (6 digits or more). Of the others no more is read than what they are called.
   * @throws EmendError 'not-found' that lists what there is, 'bad-input' when several fit, 'bad-file' when it cannot be opened
   */
  async find(name: string): Promise<LibraryModel> {
    const titles = await Promise.all((await this.#folders()).map((folder) => this.#title(folder)));
    const byName = titles.filter((title) => title.name === name);
    const fitting = byName.length > 0 ? byName : titles.filter((title) => isIdOf(name, title));
    if (fitting.length === 1) return this.#mustOpen(fitting[0]!.folder);
    if (fitting.length > 1)
      throw new EmendError(
        'bad-input',
        `${fitting.length} models fit ${JSON.stringify(name)}: ${fitting.map((one) => `${one.name} (${shortId(one.id)})`).join(', ')}.`,
        'Give more digits of the id.',
      );
    // Where no journal tells a name, what keeps it from doing so is the answer.
    if (titles.length > 0 && titles.every((title) => !title.isTold)) await this.#mustOpen(titles[0]!.folder);
    const known = titles.map((title) => title.name).join(', ');
    throw new EmendError(
      'not-found',
      `There is no model ${JSON.stringify(name)} in the library${known === '' ? ', which is empty' : `; there are: ${known}`}.`,
      'Import it first.',
      { model: name },
    );
  }

  /**
   * A name for a new model.
   * @param asked by the person; else `usual` is taken, with a number when it is taken
   * @throws EmendError 'bad-input' when the asked name is taken or cannot be one
   */
  async freeName(asked: string | undefined, usual: string): Promise<string> {
    const taken = new Set((await this.list()).models.map((model) => model.name));
    if (asked !== undefined) {
      const name = asked.trim();
      if (name === '' || ABBREVIATION.test(name) || /[/\\\p{Cc}]/u.test(name))
        throw new EmendError(
          'bad-input',
          `A model cannot be called ${JSON.stringify(asked)}.`,
          'Choose a name without slashes that does not look like an id.',
          { field: 'name' },
        );
      if (taken.has(name))
        throw new EmendError('bad-input', `The name ${JSON.stringify(name)} is taken by a model of the library.`, 'Choose another name.', {
          field: 'name',
        });
      return name;
    }
    if (!taken.has(usual)) return usual;
    for (let number = 2; ; number++) if (!taken.has(`${usual} ${number}`)) return `${usual} ${number}`;
  }

  /** All that was moved out of the library, with the sizes of models' files; what has the longest record first. */
  async removed(): Promise<readonly RemovedModel[]> {
    const files = explained(disk);
    const there = (await files.stat(this.#places.removed)) === undefined ? [] : await files.list(this.#places.removed);
    const found = await Promise.all(
      there
        .filter((folder) => REMOVED.test(folder))
        .map(async (removed): Promise<RemovedModel> => {
          const { ledger } = new ModelPlaces(join(this.#places.removed, removed));
          const first = await readFirst(disk, ledger);
          const title = titleOf(first, removed, (id) => this.#preferences.nameOf(id));
          const told = first?.kind === 'import' ? first : undefined; // without it nothing tells what it was
          const entries = told ? await countEntries(disk, ledger) : 0;
          return { removed, ...title, ...given({ imported: told?.time }), entries, files: told?.body.model.files ?? [] };
        }),
    );
    return found.sort((a, b) => b.entries - a.entries);
  }

  /** Deletes a removed model and its record, for good. @throws EmendError 'not-found' */
  async purge(removed: string): Promise<void> {
    const from = this.#removedFolder(removed);
    // Under another name first: whatever ends the program, nobody takes the half of it for a model.
    await rename(from, `${from}${PURGED}`);
    await explained(disk).syncFolder(this.#places.removed);
    await rm(`${from}${PURGED}`, { recursive: true, force: true });
  }

  /** Moves a model out of the library. @returns what to call {@link restore} with */
  async remove(model: LibraryModel): Promise<string> {
    model.mustWrite();
    await this.#letGo(model);
    const removed = `${basename(model.places.folder)}-${randomUUID().slice(0, 8)}`;
    await ensureFolder(explained(disk), this.#places.removed);
    await this.#move(model.places.folder, join(this.#places.removed, removed));
    await moveAnchor(this.#places.anchor(basename(model.places.folder)), removedAnchor(this.#places, removed));
    return removed;
  }

  /** Brings a removed model back. @throws EmendError 'not-found', or 'bad-input' when the same model was imported again */
  async restore(removed: string): Promise<LibraryModel> {
    const from = this.#removedFolder(removed);
    const name = removed.slice(0, 16);
    if (existsSync(join(this.#places.models, name)))
      throw new EmendError('bad-input', 'The same model was imported again in the meantime.', 'Remove that one first.');
    await this.#move(from, join(this.#places.models, name));
    await moveAnchor(removedAnchor(this.#places, removed), this.#places.anchor(name));
    return this.#open(name);
  }

  #removedFolder(removed: string): string {
    const folder = join(this.#places.removed, removed);
    if (!REMOVED.test(removed) || !existsSync(folder))
      throw new EmendError(
        'not-found',
        `There is no removed model ${JSON.stringify(removed)}.`,
        'It was brought back or deleted; import the model again.',
      );
    return folder;
  }

  /** Signs and closes every ledger that was opened. */
  async close(): Promise<void> {
    this.#isClosed = true; // what still asks then would open a ledger that nobody closes
    await Promise.all([...this.#models.values()].map(async (model) => (await model.catch(() => undefined))?.close()));
    this.#models.clear();
  }

  /**
   * The folders of the models that there are; one that is gone is closed, so that it can be opened again when it is back.
   * @throws EmendError when the folder of the models is there and cannot be listed; then nothing is forgotten
   */
  async #folders(): Promise<string[]> {
    const files = explained(disk);
    const there = (await files.stat(this.#places.models)) === undefined ? [] : await files.list(this.#places.models);
    const folders = there.filter((name) => FOLDER.test(name)).sort();
    for (const [folder, model] of [...this.#models]) if (!folders.includes(folder)) await this.#forget(folder, model);
    return folders;
  }

  /** Lets go of a model whose folder is gone: its checkpoint has no place any more, its lock is nobody's. */
  async #forget(folder: string, model: Promise<LibraryModel>): Promise<void> {
    this.#models.delete(folder);
    const opened = await model.catch(() => undefined); // one that did not open has nothing to close
    await opened?.close().catch(() => undefined); // what it would write has no place any more
  }

  /** What the model in a folder is called. A ledger that is not open is not opened for that: its first entry tells. */
  async #title(folder: string): Promise<Title> {
    if (this.#models.has(folder)) {
      const model = await this.#open(folder).catch(() => undefined);
      if (model) return { folder, id: model.id, name: model.name, isTold: true };
    }
    const first = await readFirst(disk, new ModelPlaces(join(this.#places.models, folder)).ledger);
    return { folder, ...titleOf(first, folder, (id) => this.#preferences.nameOf(id)), isTold: first !== undefined };
  }

  #mustOpen(folder: string): Promise<LibraryModel> {
    return this.#open(folder).catch((error: unknown) => {
      const { message, hint } = this.#unopened(folder, error);
      throw new EmendError('bad-file', message, hint);
    });
  }

  #unopened(folder: string, error: unknown): Unopened {
    const { message, hint } = errorData(error);
    return { folder, message: `The model in ${join(this.#places.models, folder)} cannot be opened: ${message}`, hint };
  }

  async #open(name: string): Promise<LibraryModel> {
    if (this.#isClosed) throw new EmendError('failed', 'Emend is being closed, so no model is opened any more.', 'Start it again.');
    let model = this.#models.get(name);
    if (!model) {
      const { key, trusted } = this.#preferences;
      model = LibraryModel.open(join(this.#places.models, name), {
        engine: this.#engine,
        key,
        trusted,
        anchorOf: (folder) => this.#places.anchor(folder),
        readOnly: this.#readOnly,
        nameOf: (id) => this.#preferences.nameOf(id),
      });
      this.#models.set(name, model);
      model.catch(() => this.#models.delete(name));
    }
    const opened = await model;
    await opened.refresh();
    if (!this.#caughtUp.has(opened.ledger)) {
      this.#caughtUp.add(opened.ledger);
      await catchUpPolicy(opened, this.#preferences);
    }
    return opened;
  }

  /** Moves a model's folder. Its new name lasts before the old one goes, so that a power cut leaves one of them. */
  async #move(from: string, to: string): Promise<void> {
    const files = explained(disk);
    await rename(from, to);
    await files.syncFolder(dirname(to));
    await files.syncFolder(dirname(from));
  }

  async #letGo(model: LibraryModel): Promise<void> {
    this.#models.delete(basename(model.places.folder));
    await model.close();
    await this.#engine.release(new ModelPlaces(model.places.folder).files);
  }
}

/** Goes on with what a deletion left that was interrupted. */
async function removePurged(folder: string): Promise<void> {
  const files = explained(disk);
  const there = (await files.stat(folder)) === undefined ? [] : await files.list(folder);
  for (const name of there)
    if (name.endsWith(PURGED) && REMOVED.test(name.slice(0, -PURGED.length)))
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined); // the next opening tries again
}

/** Whether this is a model's id or its beginning. Where only the folder's name is known of the id, that much is compared. */
function isIdOf(name: string, { id, folder }: Title): boolean {
  return ABBREVIATION.test(name) && (id.startsWith(name) || (id === folder && name.startsWith(folder)));
}
