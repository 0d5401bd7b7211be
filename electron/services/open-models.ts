import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import type { Library } from './library.ts';
import { LibraryModel } from './library-model.ts';
import type { Model } from './model.ts';
import type { NamedModel } from './models.ts';
import { isSession, noRecord, SessionModel } from './session-model.ts';

/** Every model that a method can name: those of the library, and folders that were opened for a session. */
export class OpenModels {
  readonly #library: Library;
  readonly #sessions = new Map<string, SessionModel>();
  #scratch: Promise<string> | undefined;

  constructor(library: Library) {
    this.#library = library;
  }

  /** Opens a folder for a session. @param delta file of an edit to open it with */
  async open(model: NamedModel, delta: string | undefined): Promise<SessionModel> {
    const session = await SessionModel.open(model, delta, () => (this.#scratch ??= mkdtemp(join(tmpdir(), 'emend-'))));
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Forgets a session with its drafts. @throws EmendError 'not-found' */
  async shut(id: string): Promise<void> {
    const session = this.#session(id);
    this.#sessions.delete(id);
    for (const draft of [...session.drafts.all]) await session.drafts.discard(draft.id);
    for (const draft of [...session.steerings.all]) await session.steerings.discard(draft.id);
  }

  /** A model of either kind. @throws EmendError 'not-found'; what {@link Library.find} throws */
  async find(name: string): Promise<Model> {
    return isSession(name) ? this.#session(name) : this.#library.find(name);
  }

  /** A model of the library, for what needs its ledger. @throws EmendError 'unsupported' for a session, with the way into the library */
  async recorded(name: string): Promise<LibraryModel> {
    if (isSession(name)) throw noRecord(this.#session(name));
    return this.#library.find(name);
  }

  /** The model with its ledger, where it has one. */
  recordOf(model: Model): LibraryModel | undefined {
    return model instanceof LibraryModel ? model : undefined;
  }

  /** Forgets every session, and removes what was worked out in them. */
  async close(): Promise<void> {
    this.#sessions.clear();
    const scratch = this.#scratch;
    this.#scratch = undefined;
    if (scratch) await rm(await scratch, { recursive: true, force: true });
  }

  #session(id: string): SessionModel {
    const session = this.#sessions.get(id);
    if (!session) throw new EmendError('not-found', 'This session has ended.', 'Open the folder again.', { model: id });
    return session;
  }
}
