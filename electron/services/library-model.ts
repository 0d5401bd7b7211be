import { createReadStream, existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import type { Kind } from '../../shared/kinds.ts';
import { shortId } from '../../shared/ids.ts';
import type { ChangedTensor, ModelRef, SteeringRef } from '../engine/jobs.ts';
import { readSafetensors } from '../engine/records.ts';
import type { BlobRef } from '../ledger/bodies.ts';
import { ensureFolder, writeDurably } from '../storage/durable.ts';
import { addsPart, type Entry, type EntryOf } from '../ledger/entries.ts';
import { errnoOf, explained } from '../storage/file-errors.ts';
import { disk, errno } from '../storage/files.ts';
import { hashPieces, sha256 } from '../storage/hash.ts';
import { JOURNAL } from '../ledger/journal.ts';
import type { PartContent } from '../ledger/kinds/definition.ts';
import { partOf, type BodyInput } from '../ledger/kinds/index.ts';
import type { SigningKey, VerifyKey } from '../ledger/keys.ts';
import { writtenByNewer, type Act, type By, type Ledger } from '../ledger/ledger.ts';
import { lockOwner, type Owner } from '../storage/lock.ts';
import type { Notice } from '../storage/notice.ts';
import { openLedger } from '../ledger/open.ts';
import { processes } from '../storage/owner.ts';
import { partsOf, type Part, type Version } from '../ledger/versions.ts';
import type { JobRunner } from './jobs.ts';
import { finishPending } from './export-pending.ts';
import { removeLeftovers } from './leftovers.ts';
import { FormFile, LibraryDrafts } from './library-drafts.ts';
import { layoutOf, type Layout } from './layout.ts';
import { LibrarySteerings } from './library-steerings.ts';
import { factsInForce, factsOfVersion } from './library-record.ts';
import type { Model, ModelVersion } from './model.ts';
import { engineVersion, materialIn, version as appVersion, type Material } from './models.ts';
import { ModelPlaces } from './places.ts';
import { FileStamps } from './stamps.ts';
import { tensorHashes, type TensorHashes } from './tensor-hashes.ts';
import { temporaryFolder } from './unchecked.ts';
import { given } from '../../shared/given.ts';
import type { Follow } from '../../shared/progress.ts';

/** What a model of the library works with. */
export interface ModelParts {
  readonly engine: JobRunner;
  readonly key: SigningKey | undefined;
  /** Further keys whose signatures count. */
  readonly trusted: readonly VerifyKey[];
  /** Where the anchor of a model's record lies, by its folder's name. */
  readonly anchorOf: (folder: string) => string;
  readonly readOnly: boolean;
  readonly nameOf: (model: string) => string | undefined;
}

/** A model of the library: its files, its ledger, and its versions as files that the engine takes. */
export class LibraryModel implements Model {
  readonly places: ModelPlaces;
  readonly drafts: LibraryDrafts;
  readonly steerings: LibrarySteerings;
  readonly form: FormFile;
  readonly #parts: ModelParts;
  readonly #stamps: FileStamps;
  #ledger: Ledger;
  /** Why it cannot be written to at present. */
  #obstacle: Obstacle | undefined;
  #journalState: string;
  #hashes: { readonly entries: number; readonly hashes: TensorHashes } | undefined;
  /** Versions whose file was found to hash as recorded. */
  readonly #proven = new Map<string, Promise<void>>();
  #queue: Promise<unknown> = Promise.resolve();
  /** One at a time: two openings would keep each other from the lock. */
  #opening: Promise<void> | undefined;
  /** What was settled at openings. */
  readonly #told: Notice[] = [];

  private constructor(places: ModelPlaces, parts: ModelParts, opened: Opened) {
    const { ledger, obstacle, told } = opened;
    this.places = places;
    this.drafts = new LibraryDrafts(this);
    this.steerings = new LibrarySteerings(this);
    this.form = new FormFile(places.form, parts.readOnly);
    this.#stamps = new FileStamps(places.files, places.stamps, parts.readOnly);
    this.#parts = parts;
    this.#ledger = ledger;
    this.#obstacle = obstacle;
    this.#journalState = journalState(places);
    this.#told.push(...told);
  }

  /** Opens the model in a folder, for reading only where another program writes to its ledger or the disk takes nothing. */
  static async open(folder: string, parts: ModelParts): Promise<LibraryModel> {
    const places = new ModelPlaces(folder);
    return new LibraryModel(places, parts, await openFor(places, parts));
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  /** Who writes to the ledger instead of us; undefined when nobody does. */
  get heldBy(): string | undefined {
    return this.#obstacle?.owner && ownerWords(this.#obstacle.owner);
  }

  /** What a person should know: of the ledger, and of acts that were settled when it was opened. */
  get notices(): readonly Notice[] {
    return [...this.#ledger.notices, ...this.#told];
  }

  /** Has a person know something besides. */
  tell(notice: Notice): void {
    this.#told.push(notice);
  }

  /** Why nothing can be written to the ledger although it was opened for writing; undefined when it can. */
  get obstacle(): EmendError | undefined {
    return this.#obstacle?.error;
  }

  /** Id over the files as imported; the folder's name where the ledger does not tell it any more. */
  get id(): string {
    return this.#title.id;
  }

  get name(): string {
    return this.#title.name;
  }

  get #title() {
    return titleOf(this.#ledger.entries[0], basename(this.places.folder), this.#parts.nameOf);
  }

  get files(): string {
    return this.places.files;
  }

  get material(): Material | undefined {
    return materialIn(this.files);
  }

  async scratch(): Promise<string> {
    await ensureFolder(explained(disk), this.places.versions);
    return this.places.versions;
  }

  at(name: string): ModelVersion {
    return this.asVersion(this.#ledger.history.find(name));
  }

  /** A version of the ledger, or one that is being put together, as services take it. */
  asVersion(version: Version): ModelVersion {
    return {
      id: version.id,
      isBase: version.parts === 0,
      ref: (follow) => this.ref(version, follow),
      facts: () => factsOfVersion(this.#ledger, version),
      written: () => factsInForce(this.#ledger, version),
      deltas: () => partsOf(version).flatMap((part) => this.#path(this.#deltaOf(part)) ?? []),
      isSteered: this.#steeringOf(version).length > 0,
      changed: () => {
        const { base, versions } = this.hashes;
        return [...(versions.get(version.id) ?? [])].filter(([tensor, hash]) => hash !== base.get(tensor)).map(([tensor]) => tensor);
      },
      origin: { emend_model: this.id, emend_version: version.id },
    };
  }

  factsInForce() {
    return factsInForce(this.#ledger);
  }

  get hashes(): TensorHashes {
    const { entries } = this.#ledger;
    if (this.#hashes?.entries !== entries.length) this.#hashes = { entries: entries.length, hashes: tensorHashes(entries) };
    return this.#hashes.hashes;
  }

  /**
   * Sees what another program appended since, or brought back after damage,
   * and takes the ledger over once that program is gone or the disk takes something again.
   */
  async refresh(): Promise<void> {
    await this.#opening?.catch(() => undefined); // whoever began it is told
    const isOurs = !this.#ledger.readOnly && !this.#obstacle;
    if (isOurs && this.#ledger.damage.length === 0) return;
    const isSame = journalState(this.places) === this.#journalState;
    if (isSame && (isOurs || this.#obstacle === undefined || (await stillThere(this.#obstacle, this.places)))) return;
    await this.#openAnew();
  }

  /**
   * Records an act. Acts on one model are done one after the other.
   * @throws EmendError 'failed' when another program holds the ledger, or the disk refuses
   */
  async append<K extends Kind>(kind: K, input: BodyInput<K>, by: By): Promise<EntryOf<K>> {
    this.mustWrite();
    try {
      return await this.#ledger.append(kind, input, by);
    } catch (error) {
      throw await this.#refused(error);
    }
  }

  /** Records several entries as one act: all of them, or none. @throws EmendError as {@link append} */
  async appendAll(acts: readonly Act[]): Promise<Entry[]> {
    this.mustWrite();
    try {
      return await this.#ledger.appendAll(acts);
    } catch (error) {
      throw await this.#refused(error);
    }
  }

  /**
   * After the disk refused, only a fresh look at the journal can be trusted: what could not be taken back may stand in it.
   * @returns what is to be said; with `details.stands`, the number of the entry, where it is in the record all the same
   */
  async #refused(error: unknown): Promise<unknown> {
    if (!(error instanceof EmendError) || error.code !== 'failed') return error;
    try {
      await this.#openAnew();
    } catch (obstacle) {
      if (!(obstacle instanceof EmendError)) throw obstacle;
      this.#obstacle = { error: obstacle, owner: undefined };
      return error;
    }
    const refused = v.safeParse(RefusedSchema, error.details['refused']);
    if (!refused.success || this.#ledger.entries[refused.output.seq - 1]?.hash !== refused.output.hash) return error;
    const { seq } = refused.output;
    return new EmendError(
      'failed',
      `Entry ${seq} stands in the record, but the disk did not confirm it: ${error.message}`,
      'Do not do it again. Look whether the disk is sound, and verify the record.',
      { ...error.details, stands: seq },
    );
  }

  #openAnew(): Promise<void> {
    return (this.#opening ??= this.#open().finally(() => (this.#opening = undefined)));
  }

  async #open(): Promise<void> {
    await this.#ledger.close();
    const { ledger, obstacle, told } = await openFor(this.places, this.#parts);
    this.#ledger = ledger;
    this.#obstacle = obstacle;
    this.#journalState = journalState(this.places);
    this.#told.push(...told);
  }

  /** Does several things with the ledger such that no other act comes between. */
  exclusively<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** @throws EmendError that names who holds the ledger, or what is wrong with it */
  mustWrite(): void {
    if (this.heldBy !== undefined) throw new EmendError('failed', heldWords(this.name, this.heldBy), CLOSE_FIRST, { owner: this.heldBy });
    if (this.#obstacle) throw this.#obstacle.error;
    if (this.#ledger.readOnly) throw new EmendError('bad-input', `${this.name} was opened for reading only.`, 'Open it for writing.');
    const [first] = this.#ledger.damage;
    if (first)
      throw new EmendError(
        'bad-file',
        `The ledger of ${this.name} is damaged at entry ${first.seq}, so nothing is added to it. ${first.message}`,
        'Bring it back from a backup, and verify it.',
        { ...first },
      );
    const [newer] = this.#ledger.newer;
    if (newer) throw writtenByNewer(newer);
  }

  mayEdit(): void {
    this.mustWrite();
  }

  /**
   * A version as the engine takes it. Its tensors are rebuilt from the import where their file is missing,
   * and must hash to what the ledger recorded.
   * @throws EmendError 'bad-file' when they do not, a delta is missing or damaged, or an imported file changed
   */
  async ref(version: Version, follow: Follow = {}): Promise<ModelRef> {
    const folder = this.places.files;
    await this.#mustBeAsImported();
    if (version.parts === 0) return { folder };
    const steering = await this.#steeringFiles(version);
    let proof = this.#proven.get(version.id);
    if (!proof || !existsSync(this.places.version(version.id))) {
      proof = this.#prove(version, follow);
      this.#proven.set(version.id, proof);
      proof.catch(() => this.#proven.delete(version.id));
    }
    await proof;
    return { folder, version: this.places.version(version.id), ...(steering.length > 0 ? { steering } : {}) };
  }

  /** Steerings of a version, the first applied first, with the entries that brought them. */
  #steeringOf(version: Version): { readonly entry: number; readonly steering: BlobRef }[] {
    return partsOf(version).flatMap((part) => {
      const { steering } = this.contentOf(part);
      return steering ? [{ entry: part.entry, steering }] : [];
    });
  }

  /** @throws EmendError 'bad-file' for one that is missing or not as recorded */
  async #steeringFiles(version: Version): Promise<SteeringRef[]> {
    const files: SteeringRef[] = [];
    for (const { entry, steering } of this.#steeringOf(version)) {
      await this.#mustBeThere(version, entry, steering, 'steering');
      files.push({ file: this.#ledger.blobs.path(steering.blob) });
    }
    return files;
  }

  async #mustBeThere(version: Version, entry: number, ref: BlobRef, what: 'delta' | 'steering'): Promise<void> {
    const problem = await this.#ledger.blobs.problem(ref);
    if (problem === undefined) return;
    throw new EmendError(
      'bad-file',
      `Version ${shortId(version.id)} cannot be rebuilt: the ${what} of entry ${entry} is not as recorded. ${problem}`,
      'Bring the file back from a backup of the library.',
      { entry, blob: ref.blob },
    );
  }

  /** The delta of a part; one that is being put together names the delta itself, and the entry of the edit that it computes anew. */
  #deltaOf(part: Part): Pick<BlobRef, 'blob'> | undefined {
    const { hash, delta } = this.contentOf(part);
    return delta && hash === delta.blob ? { blob: part.hash } : delta;
  }

  #path(ref: Pick<BlobRef, 'blob'> | undefined): string | undefined {
    return ref && this.#ledger.blobs.path(ref.blob);
  }

  /**
   * Rebuilds a version's file in a place of its own, so that nothing need be written to the library, and holds it against the ledger and
   * against the file that is kept. One that is not what it should be is made anew.
   * @returns how many tensors were hashed, and whether the file that was kept was not what it should be
   */
  async proveAnew(version: Version, follow: Follow = {}): Promise<{ tensors: number; wasDamaged: boolean }> {
    if (version.parts === 0) return { tensors: 0, wasDamaged: false };
    const files = explained(disk);
    const place = await temporaryFolder('emend-verify-');
    try {
      const made = join(place, 'rebuilt.safetensors');
      const { changed } = await this.rebuild(version, follow, made);
      this.#mustFit(version, new Map(changed.map(({ tensor, sha256 }) => [tensor, sha256])), 'rebuilt from the import and its edits');
      const file = this.places.version(version.id);
      if (!existsSync(file)) return { tensors: changed.length, wasDamaged: false };
      const wasDamaged = (await hashPieces(files.pieces(file))).sha256 !== (await hashPieces(files.pieces(made))).sha256;
      if (wasDamaged && !this.#parts.readOnly) await this.rebuild(version, follow);
      return { tensors: changed.length, wasDamaged };
    } finally {
      await rm(place, { recursive: true, force: true }).catch(() => undefined); // the system clears its temporary folder
    }
  }

  /** The parts of the imported files, read anew. */
  async layout(check: () => void): Promise<Layout> {
    const folder = this.places.files;
    const { files } = await this.#parts.engine.run('ranges', { model: { folder } });
    return layoutOf(folder, files, check);
  }

  /** What a part does to the model. @throws EmendError 'bad-file' when its entry is not one that adds a part */
  contentOf({ entry: seq }: Part): PartContent {
    const entry = this.#ledger.entry(seq);
    if (addsPart(entry)) return partOf(entry);
    throw new EmendError(
      'bad-file',
      `Entry ${seq} of ${this.name} is of kind ${entry.kind}, which adds nothing to a version.`,
      'Verify the ledger, and bring its journal back from a backup.',
      { entry: seq },
    );
  }

  /** Works out the tensors of a list of parts from the import, and keeps them under the version's id unless another file is named. */
  async rebuild(version: Version, follow: Follow = {}, save?: string): Promise<{ changed: readonly ChangedTensor[] }> {
    const deltas: string[] = [];
    for (const part of partsOf(version)) {
      const { delta } = this.contentOf(part);
      if (!delta) continue;
      await this.#mustBeThere(version, part.entry, delta, 'delta');
      deltas.push(this.#ledger.blobs.path(delta.blob));
    }
    if (save === undefined) await ensureFolder(explained(disk), this.places.versions);
    const to = save ?? this.places.version(version.id);
    return this.#parts.engine.run('rebuild', { model: { folder: this.places.files }, deltas, save: to }, follow);
  }

  /** What is recorded of a tensor file for a version was just computed; no need to hash it again. */
  trust(version: string): void {
    this.#proven.set(version, Promise.resolve());
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#ledger.close();
  }

  async #mustBeAsImported(): Promise<void> {
    const [first] = this.#ledger.entries;
    if (first?.kind === 'import') await this.#stamps.mustFit(first.body.model.files);
  }

  async #prove(version: Version, follow: Follow): Promise<void> {
    const file = this.places.version(version.id);
    if (existsSync(file) && this.#fits(version, await hashesIn(file))) return;
    const { changed } = await this.rebuild(version, follow);
    this.#mustFit(version, new Map(changed.map(({ tensor, sha256 }) => [tensor, sha256])), 'rebuilt from the import and its edits');
  }

  #fits(version: Version, found: ReadonlyMap<string, string> | undefined): boolean {
    return found !== undefined && this.#misfit(version, found) === undefined;
  }

  #mustFit(version: Version, found: ReadonlyMap<string, string>, how: string): void {
    const misfit = this.#misfit(version, found);
    if (misfit)
      throw new EmendError(
        'bad-file',
        `The tensor "${misfit.tensor}" of version ${shortId(version.id)}, ${how}, hashes to ${misfit.found}; the ledger recorded ` +
          `${misfit.expected}.`,
        'The imported files or a delta changed. Verify the model, and bring them back from a backup.',
        misfit,
      );
  }

  /** The first tensor that is not as recorded. One that is recorded with the import's own hash need not be in the file. */
  #misfit(version: Version, found: ReadonlyMap<string, string>): { tensor: string; expected: string; found: string } | undefined {
    const { base, versions } = this.hashes;
    const recorded = versions.get(version.id) ?? new Map<string, string>();
    for (const tensor of new Set([...recorded.keys(), ...found.keys()])) {
      const expected = recorded.get(tensor) ?? base.get(tensor) ?? 'nothing';
      const actual = found.get(tensor) ?? base.get(tensor) ?? 'nothing';
      if (expected !== actual) return { tensor, expected, found: actual };
    }
    return undefined;
  }
}

/** Who has a ledger, in words: "Emend 0.1.0 (process 5981, since 2026-11-28 18:23 UTC)". */
export function ownerWords({ app, pid, since }: { readonly app: string; readonly pid: number; readonly since: string }): string {
  return `${app} (process ${pid}, since ${since.slice(0, 16).replace('T', ' ')} UTC)`;
}

/** Why a model can only be read, as a sentence. */
export function heldWords(name: string, owner: string): string {
  return `${name} cannot be changed here: ${owner} holds its ledger.`;
}

/** What to do about that. */
export const CLOSE_FIRST = 'It can be read and asked. To change it, close the other program first.';

/** What a model is called: as the person named it, else as it was imported; where its first entry does not tell, like its folder. */
export function titleOf(
  first: Entry | undefined,
  folder: string,
  nameOf: (id: string) => string | undefined,
): { readonly id: string; readonly name: string } {
  const model = first?.kind === 'import' ? first.body.model : { id: folder, name: folder };
  return { id: model.id, name: nameOf(model.id) ?? model.name };
}

/** SHA-256 of every tensor of a safetensors file, read piece by piece; undefined when it cannot be read as one. */
async function hashesIn(file: string): Promise<Map<string, string> | undefined> {
  try {
    const found = new Map<string, string>();
    for (const [name, { data }] of readSafetensors(file).tensors) {
      const range = data.kind === 'file' && data.length > 0 ? { start: data.offset, end: data.offset + data.length - 1 } : undefined;
      found.set(name, range ? (await hashPieces(createReadStream(file, { ...range, highWaterMark: 1 << 20 }))).sha256 : sha256(''));
    }
    return found;
  } catch (error) {
    if (error instanceof EmendError || errno(error) !== undefined) return undefined;
    throw error;
  }
}

/** Why a ledger is open for reading only against our will: another program's lock, or a disk that takes nothing. */
interface Obstacle {
  readonly error: EmendError;
  readonly owner: Owner | undefined;
}

interface Opened {
  readonly ledger: Ledger;
  readonly obstacle: Obstacle | undefined;
  /** What was settled, for a person to know. */
  readonly told: readonly Notice[];
}

/** The last entry of an act that the disk refused. */
const RefusedSchema = v.object({ seq: v.number(), hash: v.string() });
/** What may pass: a full disk, a disk or folder that cannot be written to. */
const REFUSALS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM']);
/** Written to see whether the disk takes something again: as much as an entry may need. */
const PROBE_FILE = 'probe';
const PROBE = new Uint8Array(65_536);

async function openFor(places: ModelPlaces, { key, trusted, anchorOf, readOnly }: ModelParts): Promise<Opened> {
  const id = basename(places.folder);
  const options = { ...ledgerIdentity(), anchor: { file: anchorOf(id), id }, trusted, ...given({ key }) };
  if (readOnly) return { ledger: await openLedger(places.ledger, { ...options, readOnly }), obstacle: undefined, told: [] };
  try {
    const ledger = await openLedger(places.ledger, options);
    try {
      await removeLeftovers(places, ledger, anchorOf(id));
      const isFit = ledger.damage.length === 0 && ledger.newer.length === 0;
      return { ledger, obstacle: undefined, told: isFit ? await finishPending(places, ledger, [...(key ? [key] : []), ...trusted]) : [] };
    } catch (error) {
      await ledger.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
    const owner = error.details['owner'] as Owner | undefined;
    if (!owner && !REFUSALS.has(errnoOf(error) ?? '')) throw error;
    return { ledger: await openLedger(places.ledger, { ...options, readOnly: true }), obstacle: { error, owner }, told: [] };
  }
}

/** Whether what kept us from writing does so still; cheap, since every look at a model asks. */
async function stillThere({ owner }: Obstacle, places: ModelPlaces): Promise<boolean> {
  const files = explained(disk);
  if (!owner)
    return writeDurably(files, join(places.ledger, PROBE_FILE), PROBE)
      .then(() => files.remove(join(places.ledger, PROBE_FILE)))
      .then(
        () => false,
        () => true,
      );
  const now = await lockOwner(files, places.ledger).catch(() => null);
  return now?.nonce === owner.nonce && (await processes.state(owner)) !== 'gone';
}

/** The versions of the application and the engine that entries record. */
export function ledgerIdentity(): { readonly app: string; readonly engine: string } {
  return { app: `Emend ${appVersion()}`, engine: engineVersion() };
}

/** Tells one content of the journal from another without reading it. */
function journalState(places: ModelPlaces): string {
  const found = statSync(join(places.ledger, JOURNAL), { throwIfNoEntry: false });
  return `${found?.size ?? 0} bytes at ${found?.mtimeMs ?? 0}`;
}
