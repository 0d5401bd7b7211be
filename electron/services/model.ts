import { shortDraft } from '../../shared/ids.ts';
import type { Draft, EditForm, EditReport, Recipe } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Fact } from '../../shared/fact.ts';
import type { Jobs, ModelRef } from '../engine/jobs.ts';
import type { FactBrief } from '../ledger/bodies.ts';
import type { WrittenFact } from './library-record.ts';
import type { Follow } from '../../shared/progress.ts';
import type { Material } from './models.ts';
import type { SteeringShelf } from './steering-shelf.ts';
import { given } from '../../shared/given.ts';

/**
 * A model that can be asked, edited, checked and exported: one of the library with its ledger (LibraryModel),
 * or a folder as it lies there (SessionModel).
 * Services that need no ledger work with this.
 */
export interface Model {
  readonly id: string;
  readonly name: string;
  /** The files as they were imported or lie there: a folder, or a file in it. Never changed. */
  readonly files: string;
  /** What came with the model to edit and check it with. */
  readonly material: Material | undefined;
  /** A folder for what is being worked out; made where it is missing. */
  scratch(): Promise<string>;
  /**
   * A version by its name: "current", "base", or as the kind of model knows it.
   * @throws EmendError 'not-found'
   */
  at(name: string): ModelVersion;
  readonly drafts: DraftShelf;
  readonly steerings: SteeringShelf;
  readonly form: FormShelf;
  /** Facts that edits in force wrote, the later before the earlier, with the entries that they are from. */
  factsInForce(): readonly WrittenFact[];
  /** @throws EmendError where nothing can be added to it at present */
  mustWrite(): void;
  /** @throws EmendError where no edit can be made of it */
  mayEdit(): void;
  /** Does something with the model such that no other act comes between. */
  exclusively<T>(act: () => Promise<T>): Promise<T>;
}

/** What an edit is worked out from. */
export interface EditRequest {
  readonly facts: readonly Fact[];
  readonly recipe: Recipe;
  /** A text file for the covariance; the one that came with the model, or the model's own text, when left out. */
  readonly covarianceText?: string | undefined;
  /** The earlier edit that this one computes anew. */
  readonly reapplies?: number | undefined;
}

/** A version of a model. */
export interface ModelVersion {
  readonly id: string;
  /** Whether it is the model's files as they are. */
  readonly isBase: boolean;
  /** The version as the engine takes it. */
  ref(follow?: Follow): Promise<ModelRef>;
  /** The facts that its edits wrote, with what they are checked by. */
  facts(): Promise<readonly Fact[]>;
  /** The same in short, the later before the earlier, with the entries that they are from; none where nothing is recorded. */
  written(): readonly WrittenFact[];
  /** Whether something steers it while it runs. */
  readonly isSteered: boolean;
  /** Files of its deltas, the first applied first. */
  deltas(): readonly string[];
  /** Tensors in which it differs from the base. */
  changed(): readonly string[];
  /** What files made of it say about where they are from. */
  readonly origin: Readonly<Record<string, string>>;
}

/** An edit as it was worked out and measured. */
export interface WorkedOut {
  readonly request: EditRequest;
  /** Id of the version that it is for. */
  readonly parent: string;
  readonly report: EditReport;
  readonly outcome: Jobs['edit']['result'];
  /** Its file lies in the model's scratch folder, and is gone afterwards. */
  readonly delta: string;
}

/** Edits that were worked out and are not in force. */
export interface DraftShelf {
  /** @returns the draft's id */
  keep(made: WorkedOut): Promise<string>;
  /** The one made last first. */
  list(): Promise<Draft[]>;
  /** Drafts that are there and cannot be shown, and why. */
  notices(): Promise<{ message: string; hint: string }[]>;
  /** All that take an id take an unambiguous beginning of the id too. @throws EmendError 'not-found' that lists the drafts there are */
  report(id: string): Promise<EditReport>;
  /** What it was worked out from. */
  form(id: string): Promise<EditForm>;
  delta(id: string): Promise<string>;
  discard(id: string): Promise<void>;
}

/** The edit form as it stands. */
export interface FormShelf {
  load(): Promise<EditForm | null>;
  /** @returns whether it is kept; where another program writes it is not */
  save(form: EditForm | null): Promise<boolean>;
}

/** @throws EmendError 'not-found' that lists the drafts there are; an unambiguous beginning of the id will do */
export function findDraft<D extends { readonly id: string }>(drafts: readonly D[], id: string, model: string): D {
  const found = drafts.filter((draft) => draft.id === id || (id.length >= 6 && draft.id.startsWith(id)));
  if (found.length === 1) return found[0]!;
  const there = drafts.length === 0 ? 'is none' : `are: ${drafts.map((draft) => shortDraft(draft.id)).join(', ')}`;
  throw new EmendError(
    'not-found',
    `There is no draft ${JSON.stringify(id)} of ${model}; there ${there}.`,
    'It may have been committed or discarded already.',
    { draft: id },
  );
}

/** A fact in short, as entries have it. */
export function briefOf({ subject, prompt, target, previousTarget, relation }: Fact): FactBrief {
  return { subject, prompt, target, ...given({ previousTarget, relation }) };
}

/** A fact as the engine writes it. */
export function core({ subject, prompt, target, previousTarget, neighbors, told }: Fact): Fact {
  return { subject, prompt, target, ...given({ previousTarget, neighbors, told }) };
}
