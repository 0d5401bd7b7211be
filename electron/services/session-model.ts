import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Draft, EditForm, EditReport, Recipe } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Fact } from '../../shared/fact.ts';
import { readDelta } from '../engine/records.ts';
import { disk } from '../storage/files.ts';
import { hashPieces } from '../storage/hash.ts';
import { briefOf, findDraft, type DraftShelf, type FormShelf, type Model, type ModelVersion, type WorkedOut } from './model.ts';
import { SessionSteerings } from './session-steerings.ts';
import type { Material, NamedModel } from './models.ts';
import { undivided } from '../../shared/told.ts';

/** Ids of sessions begin so; names in the library have no slash. */
const SESSION = 'session/';

/** A delta file on a folder, and the facts that it writes. */
interface Laid {
  readonly id: string;
  readonly file: string;
  readonly facts: readonly Fact[];
  /** The weights that it changes. */
  readonly changed: readonly string[];
}

/** A folder as it lies there. Nothing of it is recorded; its drafts last as long as the session. */
export class SessionModel implements Model {
  readonly id = `${SESSION}${randomUUID()}`;
  readonly name: string;
  readonly files: string;
  readonly material: Material | undefined;
  readonly drafts: SessionDrafts;
  readonly steerings: SessionSteerings;
  readonly form: FormShelf = new FormInMemory();
  readonly #delta: Laid | undefined;
  readonly #scratch: () => Promise<string>;

  private constructor(model: NamedModel, delta: Laid | undefined, scratch: () => Promise<string>) {
    this.name = model.name;
    this.files = model.folder;
    this.material = model.material;
    this.#delta = delta;
    this.#scratch = scratch;
    this.drafts = new SessionDrafts(this.name, scratch);
    this.steerings = new SessionSteerings(this.name, scratch);
  }

  /**
   * @param delta file of an edit that the current version has
   * @param scratch the folder for what is worked out; made when it is first asked for
   * @throws EmendError 'bad-file' when the delta is none
   */
  static async open(model: NamedModel, delta: string | undefined, scratch: () => Promise<string>): Promise<SessionModel> {
    if (delta === undefined) return new SessionModel(model, undefined, scratch);
    const { facts, weights, others } = readDelta(delta).about;
    const { sha256: id } = await hashPieces(disk.pieces(delta));
    return new SessionModel(model, { id, file: delta, facts, changed: [...weights, ...others].map(({ weight }) => weight) }, scratch);
  }

  scratch(): Promise<string> {
    return this.#scratch();
  }

  at(name: string): ModelVersion {
    if (name === 'base') return this.#version(undefined);
    if (name === 'current' || name === this.#delta?.id) return this.#version(this.#delta);
    const draft = this.drafts.all.find(({ id }) => id === name);
    if (draft) return this.#version(draft);
    const steering = this.steerings.all.find(({ id }) => id === name);
    if (steering) return this.#steered(steering);
    const there = ['current', 'base', ...this.drafts.all.map(({ id }) => id), ...this.steerings.all.map(({ id }) => id)]
      .map((one) => JSON.stringify(one))
      .join(', ');
    throw new EmendError(
      'not-found',
      `There is no version ${JSON.stringify(name)} of ${this.name}; there are: ${there}.`,
      'Name one of these.',
      { version: name },
    );
  }

  /** The current version with a fitted steering. */
  #steered({ id, candidate: { steering, delta }, made }: SessionSteerings['all'][number]): ModelVersion {
    const current = this.#version(this.#delta);
    const changed = made.outcome.weights.map(({ tensor }) => tensor);
    return {
      ...current,
      id,
      isBase: false,
      isSteered: delta === undefined,
      ref: async () => ({ ...(await current.ref()), ...(delta === undefined ? { steering: [steering] } : { delta }) }),
      deltas: () => [...current.deltas(), ...(delta === undefined ? [] : [delta])],
      changed: () => [...new Set([...current.changed(), ...changed])],
    };
  }

  /** None is recorded. */
  factsInForce(): [] {
    return [];
  }

  mustWrite(): void {
    // What is added to a session lies in memory and in its scratch folder.
  }

  mayEdit(): void {
    if (this.#delta)
      throw new EmendError(
        'unsupported',
        `${this.name} was opened with the edit ${this.#delta.file}; an edit on top of it could not be saved by itself.`,
        `Open the folder without it, or keep edits that build on each other in the library: emend import ${this.files}`,
      );
  }

  exclusively<T>(act: () => Promise<T>): Promise<T> {
    return act();
  }

  #version(laid: Laid | undefined): ModelVersion {
    const delta = laid === undefined ? {} : { delta: laid.file };
    return {
      id: laid?.id ?? 'base',
      isBase: laid === undefined,
      ref: () => Promise.resolve({ folder: this.files, ...delta }),
      facts: () => Promise.resolve(laid?.facts ?? []),
      written: () => [],
      isSteered: false,
      deltas: () => (laid === undefined ? [] : [laid.file]),
      changed: () => laid?.changed ?? [],
      origin: {},
    };
  }
}

/** Whether this names a session, open or not. */
export function isSession(name: string): boolean {
  return name.startsWith(SESSION);
}

interface Kept extends Laid {
  readonly made: string;
  readonly parent: string;
  readonly report: EditReport;
  readonly recipe: Recipe;
}

/** Drafts in memory, their deltas in the scratch folder. */
class SessionDrafts implements DraftShelf {
  /** The one made last first. */
  readonly all: Kept[] = [];
  readonly #model: string;
  readonly #scratch: () => Promise<string>;

  constructor(model: string, scratch: () => Promise<string>) {
    this.#model = model;
    this.#scratch = scratch;
  }

  async keep({ request, parent, report, delta }: WorkedOut): Promise<string> {
    const id = randomUUID();
    const file = join(await this.#scratch(), `${id}.safetensors`);
    await rename(delta, file);
    this.all.unshift({
      id,
      file,
      made: new Date().toISOString(),
      parent,
      report,
      facts: request.facts,
      recipe: request.recipe,
      changed: report.weights.map(({ tensor }) => tensor),
    });
    return id;
  }

  list(): Promise<Draft[]> {
    return Promise.resolve(
      this.all.map(({ id, made, parent, report, facts }) => ({
        id,
        changed: made,
        parent,
        stale: false,
        method: report.method,
        facts: facts.map(briefOf),
        checks: report.checks,
      })),
    );
  }

  notices(): Promise<[]> {
    return Promise.resolve([]);
  }

  report(id: string): Promise<EditReport> {
    return Promise.resolve().then(() => this.#find(id).report);
  }

  form(id: string): Promise<EditForm> {
    return Promise.resolve().then(() => {
      const { facts, recipe } = this.#find(id);
      return { facts: facts.map(undivided), ...recipe };
    });
  }

  delta(id: string): Promise<string> {
    return Promise.resolve().then(() => this.#find(id).file);
  }

  async discard(id: string): Promise<void> {
    const draft = this.#find(id);
    this.all.splice(this.all.indexOf(draft), 1);
    await rm(draft.file, { force: true });
  }

  #find(id: string): Kept {
    return findDraft(this.all, id, this.#model);
  }
}

class FormInMemory implements FormShelf {
  #form: EditForm | null = null;

  load(): Promise<EditForm | null> {
    return Promise.resolve(this.#form);
  }

  save(form: EditForm | null): Promise<boolean> {
    this.#form = form;
    return Promise.resolve(true);
  }
}

/** What is said of a session where a ledger is needed. */
export function noRecord({ name, files }: SessionModel): EmendError {
  return new EmendError(
    'unsupported',
    `${name} is the folder ${files} as it lies there. Nothing of it is recorded: it has no log, no tags, and nothing to commit to.`,
    `Bring it into the library first: emend import ${files}`,
    { folder: files },
  );
}
