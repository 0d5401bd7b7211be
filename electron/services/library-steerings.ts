import { createReadStream } from 'node:fs';
import * as v from 'valibot';
import type { SteeringCheck, SteeringDraft } from '../../shared/contract/steering.ts';
import { type SteeringData, SteeringDataSchema } from '../../shared/steering/data.ts';
import type { BlobRef } from '../ledger/bodies.ts';
import type { Draft } from '../ledger/drafts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { canonical } from '../storage/canonical.ts';
import { findDraft } from './model.ts';
import { plain } from './plain.ts';
import {
  checksOfSteering,
  SteeringReportSchema,
  type FittedSteering,
  type KeptSteering,
  type SteeringMade,
  type SteeringShelf,
} from './steering-shelf.ts';

/** A model whose ledger is open; taken over or looked at anew, it has another one. */
interface Owner {
  readonly name: string;
  readonly ledger: Ledger;
}

/** Fitted steerings beside a ledger, with what they are made of as its blobs. */
export class LibrarySteerings implements SteeringShelf {
  readonly #model: Owner;

  constructor(model: Owner) {
    this.#model = model;
  }

  async keep({ parent, made, files }: FittedSteering): Promise<string> {
    const { ledger } = this.#model;
    const file = (path: string) => ledger.blobs.put(createReadStream(path, { highWaterMark: 1 << 20 }), 'application/vnd.safetensors');
    const { data, ...report } = made;
    const blobs = {
      steering: await file(files.steering),
      ...(files.delta === undefined ? {} : { delta: await file(files.delta) }),
      ...(files.control === undefined ? {} : { control: await file(files.control) }),
      data: await this.#json(data),
      report: await this.#json(report),
    };
    const content = plain({ method: made.outcome.method, title: made.title, checks: checksOfSteering(made) });
    return (await ledger.drafts.save({ kind: 'steer', parent, facts: [], blobs, content }, new Date())).id;
  }

  async list(): Promise<SteeringDraft[]> {
    return (await this.#all()).map((draft) => ({
      id: draft.id,
      changed: draft.changed,
      parent: draft.parent,
      stale: draft.parent !== this.#model.ledger.history.current.id,
      method: String(draft.content['method']),
      title: String(draft.content['title']),
      checks: Array.isArray(draft.content['checks']) ? (draft.content['checks'] as SteeringDraft['checks']) : [],
    }));
  }

  async find(id: string): Promise<KeptSteering> {
    const draft = await this.draft(id);
    const path = (ref: BlobRef | undefined) => ref && this.#model.ledger.blobs.path(ref.blob);
    const { steering, delta, control, data, report } = draft.blobs;
    return {
      id: draft.id,
      parent: draft.parent,
      made: { ...(await readSteeringReport(this.#model.ledger, report)), data: await readKeptData(this.#model.ledger, data) },
      candidate: { steering: { file: path(steering)! }, delta: path(delta), control: path(control) },
    };
  }

  async measured(id: string, check: SteeringCheck): Promise<void> {
    const { ledger } = this.#model;
    const draft = await this.draft(id);
    const report = { ...(await readSteeringReport(ledger, draft.blobs['report'])), check };
    const { kind, parent, facts } = draft;
    await ledger.drafts.save(
      {
        kind,
        parent,
        facts,
        blobs: { ...draft.blobs, report: await this.#json(report) },
        content: { ...draft.content, checks: plain(checksOfSteering(report)) },
      },
      new Date(),
      draft.id,
    );
  }

  async discard(id: string): Promise<void> {
    await this.#model.ledger.drafts.remove((await this.draft(id)).id);
  }

  /** The draft as the ledger keeps it. @throws EmendError 'not-found' */
  async draft(id: string): Promise<Draft> {
    return findDraft(await this.#all(), id, this.#model.name);
  }

  async #all(): Promise<readonly Draft[]> {
    return (await this.#model.ledger.drafts.list()).drafts.filter(({ kind }) => kind === 'steer');
  }

  #json(value: object): Promise<BlobRef> {
    return this.#model.ledger.blobs.put(Buffer.from(canonical(plain(value))), 'application/json');
  }
}

/** What a steering was fitted on. */
export async function readKeptData(ledger: Ledger, ref: BlobRef | undefined): Promise<SteeringData> {
  return ref ? v.parse(SteeringDataSchema, await jsonOf(ledger, ref)) : { source: 'a file', examples: [], questions: [] };
}

/** What a blob says of a steering, without its data. */
export async function readSteeringReport(ledger: Ledger, ref: BlobRef | undefined): Promise<Omit<SteeringMade, 'data'>> {
  return v.parse(SteeringReportSchema, await jsonOf(ledger, ref!));
}

async function jsonOf(ledger: Ledger, ref: BlobRef): Promise<unknown> {
  return JSON.parse(Buffer.from(await ledger.blobs.read(ref)).toString('utf8')) as unknown;
}
