import { createReadStream } from 'node:fs';
import { sep } from 'node:path';
import * as v from 'valibot';
import { EditFormSchema, RecipeSchema, type Draft, type EditForm, type EditReport } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Draft as LedgerDraft } from '../ledger/drafts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { canonical } from '../storage/canonical.ts';
import { openStore } from '../storage/store.ts';
import { readFactSet, readReport } from './library-record.ts';
import { briefOf, findDraft, type DraftShelf, type FormShelf, type WorkedOut } from './model.ts';
import { plain } from './plain.ts';
import { given } from '../../shared/given.ts';
import { undivided } from '../../shared/told.ts';

/** A model whose ledger is open; taken over or looked at anew, it has another one. */
interface Owner {
  readonly id: string;
  readonly name: string;
  readonly ledger: Ledger;
}

/** Drafts beside a ledger, with what they are made of as its blobs. */
export class LibraryDrafts implements DraftShelf {
  readonly #model: Owner;

  constructor(model: Owner) {
    this.#model = model;
  }

  async keep({ request, parent, report, outcome, delta }: WorkedOut): Promise<string> {
    const { id, ledger } = this.#model;
    const { facts, recipe, reapplies } = request;
    const json = (value: object) => ledger.blobs.put(Buffer.from(canonical(plain(value))), 'application/json');
    const blobs = {
      delta: await ledger.blobs.put(createReadStream(delta, { highWaterMark: 1 << 20 }), 'application/vnd.safetensors'),
      factSet: await json({ facts }),
      report: await json(report),
      prefixes: await json({ prefixes: outcome.contexts }),
      covariance: await json({ model: id, ...outcome.covariance }),
    };
    const content = plain({ request: recipe, checks: report.checks, workedOn: outcome.workedOn, ...given({ reapplies }) });
    const draft = await ledger.drafts.save({ kind: 'edit', parent, facts: facts.map(briefOf), blobs, content }, new Date());
    return draft.id;
  }

  async list(): Promise<Draft[]> {
    return (await this.#all()).map((draft) => this.#view(draft));
  }

  /** The draft as the ledger keeps it. @throws EmendError 'not-found' */
  async find(id: string): Promise<LedgerDraft> {
    const { drafts, notices } = await this.#model.ledger.drafts.list();
    const told = notices.find(({ message }) => id.length >= 6 && message.includes(`${sep}${id}`));
    if (told) throw new EmendError('bad-file', told.message, told.hint, { draft: id });
    return findDraft(drafts, id, this.#model.name);
  }

  async notices(): Promise<{ message: string; hint: string }[]> {
    return (await this.#model.ledger.drafts.list()).notices.map(({ message, hint }) => ({ message, hint }));
  }

  async report(id: string): Promise<EditReport> {
    return readReport(this.#model.ledger, (await this.find(id)).blobs['report']);
  }

  async form(id: string): Promise<EditForm> {
    const draft = await this.find(id);
    const facts = await readFactSet(this.#model.ledger, draft.blobs['factSet']!);
    return { facts: facts.map(undivided), ...v.parse(RecipeSchema, draft.content['request']) };
  }

  async delta(id: string): Promise<string> {
    return this.#model.ledger.blobs.path((await this.find(id)).blobs['delta']!.blob);
  }

  async discard(id: string): Promise<void> {
    await this.#model.ledger.drafts.remove((await this.find(id)).id);
  }

  async #all(): Promise<readonly LedgerDraft[]> {
    return (await this.#model.ledger.drafts.list()).drafts.filter((draft) => draft.kind === 'edit');
  }

  #view(draft: LedgerDraft): Draft {
    const checks = draft.content['checks'];
    return {
      id: draft.id,
      changed: draft.changed,
      parent: draft.parent,
      stale: draft.parent !== this.#model.ledger.history.current.id,
      method: (draft.content['request'] as { method?: string } | undefined)?.method ?? '',
      facts: draft.facts.map(({ subject, prompt, target }) => ({ subject, prompt, target })),
      checks: Array.isArray(checks) ? (checks as Draft['checks']) : [],
    };
  }
}

const FormSchema = v.object({ form: v.nullable(EditFormSchema) });

/** The form in a file beside the ledger. */
export class FormFile implements FormShelf {
  readonly #path: string;
  readonly #readOnly: boolean;

  constructor(path: string, readOnly: boolean) {
    this.#path = path;
    this.#readOnly = readOnly;
  }

  async load(): Promise<EditForm | null> {
    return (await this.#open(true)).db.data.form;
  }

  async save(form: EditForm | null): Promise<boolean> {
    if (this.#readOnly) return false;
    const { db } = await this.#open(false);
    db.data = { form };
    await db.write();
    return true;
  }

  #open(readOnly: boolean) {
    return openStore<{ form: EditForm | null }>(this.#path, FormSchema, { form: null }, { readOnly });
  }
}
