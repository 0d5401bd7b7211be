import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SteeringCheck, SteeringDraft } from '../../shared/contract/steering.ts';
import { findDraft } from './model.ts';
import { checksOfSteering, type FittedSteering, type KeptSteering, type SteeringMade, type SteeringShelf } from './steering-shelf.ts';

interface Kept extends Omit<KeptSteering, 'made'> {
  readonly changed: string;
  made: SteeringMade;
}

/** Fitted steerings of a session: in memory, their files in the scratch folder. */
export class SessionSteerings implements SteeringShelf {
  /** The one made last first. */
  readonly all: Kept[] = [];
  readonly #model: string;
  readonly #scratch: () => Promise<string>;

  constructor(model: string, scratch: () => Promise<string>) {
    this.#model = model;
    this.#scratch = scratch;
  }

  async keep({ parent, made, files }: FittedSteering): Promise<string> {
    const id = randomUUID();
    const folder = await this.#scratch();
    const kept = async (path: string | undefined, what: string) => {
      if (path === undefined) return undefined;
      const file = join(folder, `${id}-${what}.safetensors`);
      await rename(path, file);
      return file;
    };
    const candidate = {
      steering: { file: (await kept(files.steering, 'steering'))! },
      delta: await kept(files.delta, 'delta'),
      control: await kept(files.control, 'control'),
    };
    this.all.unshift({ id, changed: new Date().toISOString(), parent, made, candidate });
    return id;
  }

  list(): Promise<SteeringDraft[]> {
    return Promise.resolve(
      this.all.map(({ id, changed, parent, made }) => ({
        id,
        changed,
        parent,
        stale: false,
        method: made.outcome.method,
        title: made.title,
        checks: checksOfSteering(made),
      })),
    );
  }

  find(id: string): Promise<KeptSteering> {
    return Promise.resolve().then(() => findDraft(this.all, id, this.#model));
  }

  measured(id: string, check: SteeringCheck): Promise<void> {
    return Promise.resolve().then(() => {
      const found = findDraft(this.all, id, this.#model);
      found.made = { ...found.made, check };
    });
  }

  async discard(id: string): Promise<void> {
    const draft = findDraft(this.all, id, this.#model);
    this.all.splice(this.all.indexOf(draft), 1);
    const { steering, delta, control } = draft.candidate;
    for (const file of [steering.file, delta, control]) if (file !== undefined) await rm(file, { force: true });
  }
}
