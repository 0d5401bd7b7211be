import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Result } from '../../../shared/contract.ts';
import type { EditForm, HyperparameterFile } from '../../../shared/contract/edits.ts';
import { countSlots, fillPrompt, type Fact } from '../../../shared/fact.ts';
import type { Choices, EditMethodName } from '../../../shared/methods/list.ts';
import { QUESTIONS } from '../../components/first/questions.ts';
import { call, hear } from '../../client/client.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { later } from './autosave.ts';
import { factKey, type Outcome } from './outcomes.ts';
import { record, redo, settle, startHistory, undo, type History } from './history.ts';
import { isInOrder, shownBy, sortedBy, type Sort } from './order.ts';
import { hindrance, lookedAt, problemsOf, withSaid, type Looked, type Standing } from './problems.ts';
import { filled, formOf, isBlank, row, setFact, sheetOf, withFields, type Row, type Sheet, type SortKey } from './rows.ts';
import { only, type Selection } from './selection.ts';

export type Suggestion = Result<'edits.suggest'>;
/** What the current version answers to a prompt. */
export type Said = Result<'edits.answers'>['answers'][number];

/** Quiet after a key before the form is kept, and before the services look at what was typed (ms). */
const SAVE_AFTER = 500;
const LOOK_AFTER = 350;
/** Facts looked at in one call. */
const LOOK_AT = 200;

/** The form of one model. It lives as long as the page, so that going to another screen loses nothing, not even what can be undone. */
export class FormState {
  readonly model: string;
  #history = $state.raw<History<Sheet>>(startHistory(sheetOf(null)));
  #selected = $state<number>(this.#history.present.rows[0]!.id);
  #selection = $state.raw<Selection>(only(this.#history.present.rows[0]!.id));
  /** The order in which rows are shown, where it is not the one in which they are edited. */
  sort = $state.raw<Sort | undefined>();
  isRead = $state(false);
  /** How many facts were brought back from before the page was loaded; 0 once the person knows. */
  restored = $state(0);
  /** The edit that was committed last here, until something else is written: what to ask, and the version before it. */
  committed = $state.raw<{ readonly entry: number; readonly before: string; readonly prompt: string } | undefined>();
  /** What became of facts in the draft that was made last on the current version. */
  outcomes = $state.raw<{ readonly draft: string; readonly of: ReadonlyMap<string, Outcome> } | undefined>();
  saved = $state<'saved' | 'waiting' | 'failed' | 'unkept'>('saved');
  error = $state.raw<unknown>(undefined);
  #looked = $state.raw<ReadonlyMap<Fact, Looked>>(new Map());
  /** What the services suggest for facts that were looked at. */
  readonly suggestions = new SvelteMap<Fact, Suggestion>();
  /** What the current version answers to prompts as they stand in the form; forgotten when another version becomes current. */
  readonly #said = new SvelteMap<string, Said>();
  readonly #asking = new Set<string>();
  /** Counts the versions that were current: what an earlier one answers late is not kept. */
  #version = 0;
  isSuggesting = $state(false);
  /** Settings whose text cannot be used. */
  readonly unread = new SvelteSet<string>();

  sheet = $derived(this.#history.present);
  rows = $derived(this.sheet.rows);
  facts = $derived(filled(this.rows).map(({ fact }) => fact));
  problems = $derived(problemsOf(this.rows, (fact) => withSaid(fact, this.#looked.get(fact), this.said(fact))));
  hindrance = $derived(hindrance(this.rows, this.problems));
  canUndo = $derived(this.#history.past.length > 0);
  canRedo = $derived(this.#history.future.length > 0);
  row = $derived(this.rows.find(({ id }) => id === this.#selected) ?? this.rows[0]!);
  /** As they are shown. */
  shown = $derived(shownBy(this.rows, this.sort));
  /** Whether they still are in the order that was asked for. */
  isSorted = $derived(this.sort !== undefined && isInOrder(this.shown, this.sort, (row) => this.#standing(row)));
  /** All that are selected, in the order in which they are edited. */
  picked = $derived(this.#pick());

  readonly #save = later(() => void this.#keep(), SAVE_AFTER);
  readonly #look = later(() => void this.#lookUp(), LOOK_AFTER);
  #saving: Promise<unknown> = Promise.resolve();

  constructor(model: string) {
    this.model = model;
    // What could not be kept while the server was gone is kept when it is back.
    hear(
      () => undefined,
      () => this.saved === 'failed' && this.#save.soon(),
    );
  }

  /** Reads the form that was kept, once. */
  async read(): Promise<void> {
    if (this.isRead) return;
    try {
      const { form } = await call('edits.form', { model: this.model });
      if (this.isRead) return;
      this.error = undefined;
      if (form) {
        this.#history = startHistory(sheetOf(form));
        this.selected = this.rows[0]!.id;
        this.restored = form.facts.length;
        this.#look.soon();
      }
      this.isRead = true;
    } catch (error) {
      this.error = error;
    }
  }

  /** Id of the row whose details are shown. Setting it selects that row alone. */
  get selected(): number {
    return this.#selected;
  }
  set selected(id: number) {
    this.#selected = id;
    this.#selection = only(id);
  }

  get selection(): Selection {
    return this.#selection;
  }

  isPicked(id: number): boolean {
    return this.#selection.ids.has(id);
  }

  /** Goes to a row, with other rows selected than that one alone. */
  reach(id: number, selection: Selection = this.#selection): void {
    this.#selected = id;
    this.#selection = selection;
  }

  #pick(): readonly Row[] {
    const { ids } = this.#selection;
    const picked = this.rows.filter(({ id }) => ids.has(id));
    return picked.length > 0 ? picked : [this.row];
  }

  #standing({ id }: Row): Standing {
    return this.problems.get(id)?.standing ?? 'blank';
  }

  /** Shows the rows by a column: first ascending, then descending, then as they were given. */
  sortBy(by: SortKey): void {
    const { sort } = this;
    if (sort?.by === by && sort.isDown && this.isSorted) this.sort = undefined;
    else this.sort = sortedBy(this.rows, by, sort?.by === by && (this.isSorted ? !sort.isDown : sort.isDown), (row) => this.#standing(row));
  }

  /** How a fact did in the draft that was made last. */
  outcome(fact: Fact): Outcome | undefined {
    return this.outcomes?.of.get(factKey(fact));
  }

  looked(fact: Fact): Looked | undefined {
    return this.#looked.get(fact);
  }

  /** Changes the form. Changes in a row under one mark, such as typing in one cell, are undone together. */
  change(part: Partial<Sheet>, mark?: string): void {
    this.#set(record(this.#history, { ...this.sheet, ...part }, mark));
  }

  setFact(id: number, fact: Fact, mark?: string): void {
    this.change({ rows: setFact(this.rows, id, fact) }, mark);
  }

  setField<F extends keyof Fact>(id: number, field: F, value: Fact[F] | undefined, mark?: string): void {
    const old = this.rows.find((one) => one.id === id);
    if (old) this.setFact(id, withFields(old.fact, { [field]: value }), mark);
  }

  setMethod(method: EditMethodName): void {
    // A hyperparameter file is for one method.
    this.change({ method, hyperparameterFile: undefined });
  }

  setHyperparameterFile(hyperparameterFile: HyperparameterFile | undefined): void {
    this.change({ hyperparameterFile });
  }

  setChoices(choices: Choices, mark?: string): void {
    this.change({ choices }, mark);
  }

  /** The mark of the changes that go on, such as typing in one cell; undefined when the next change stands by itself. */
  get writing(): string | undefined {
    return this.#history.mark;
  }

  /** What is typed next is undone by itself. */
  settle(): void {
    this.#history = settle(this.#history);
  }

  undo(): void {
    this.#set(undo(this.#history));
  }

  redo(): void {
    this.#set(redo(this.#history));
  }

  /** An empty form; what was in it can be brought back with undo. */
  clear(): void {
    this.change({ rows: [row()], choices: {}, hyperparameterFile: undefined });
    this.restored = 0;
  }

  /** Takes over a form from elsewhere, such as the facts of a draft. */
  take(form: EditForm): void {
    this.change(sheetOf(form));
  }

  #set(history: History<Sheet>): void {
    if (history === this.#history) return;
    this.#history = history;
    if (!this.rows.some(({ id }) => id === this.selected)) this.selected = this.rows[0]!.id;
    // Other rows altogether are shown as they come.
    const sorted = new Set(this.sort?.ids);
    if (!this.rows.some(({ id }) => sorted.has(id))) this.sort = undefined;
    this.isRead = true;
    this.saved = 'waiting';
    this.#save.soon();
    this.#look.soon();
  }

  /** Keeps at once what was not kept yet. */
  flush(): void {
    this.#save.flush();
  }

  /** Saves one after the other, so that the newest is what stays. */
  #keep(): Promise<unknown> {
    const form = formOf(this.sheet);
    this.#saving = this.#saving.then(async () => {
      try {
        const { kept } = await call('edits.saveForm', { model: this.model, form });
        this.saved = kept ? 'saved' : 'unkept';
      } catch (error) {
        if (this.saved !== 'failed') toasts.fail(error);
        this.saved = 'failed';
      }
    });
    return this.#saving;
  }

  /** Forgets what was looked up: edits in force have changed, and with them what the model says. */
  lookAgain(): void {
    this.#looked = new Map();
    this.suggestions.clear();
    this.#said.clear();
    this.#asking.clear();
    this.#version++;
    this.#look.soon();
  }

  /** Has the services look at facts that they have not seen, and at the selected one first. */
  async #lookUp(): Promise<void> {
    const unseen = [this.row, ...this.rows]
      .filter((one, at, all) => !isBlank(one) && all.indexOf(one) === at)
      .map(({ fact }) => fact)
      .filter((fact) => !this.#looked.has(fact));
    const facts = unseen.slice(0, LOOK_AT);
    if (facts.length === 0) return;
    try {
      const found = lookedAt(facts, await call('edits.validate', { model: this.model, facts }));
      const present = new Set(this.rows.map(({ fact }) => fact));
      this.#looked = new Map([...this.#looked, ...found].filter(([fact]) => present.has(fact)));
      if (unseen.length > LOOK_AT) this.#look.soon();
    } catch (error) {
      toasts.fail(error);
    }
  }

  async #suggestion(fact: Fact): Promise<Suggestion> {
    const version = this.#version;
    const known = this.suggestions.get(fact) ?? (await call('edits.suggest', { model: this.model, fact }));
    if (version === this.#version) this.suggestions.set(fact, known);
    return known;
  }

  /** What the current version answers to a fact's prompt, as far as it was asked. */
  said(fact: Fact): Said | undefined {
    return this.#said.get(promptOf(fact) ?? '');
  }

  /** Asks the current version the prompt of the selected fact, once it is whole. Nothing is changed. */
  async askNow(): Promise<void> {
    const prompt = promptOf(this.row.fact);
    if (prompt === undefined || this.#said.has(prompt) || this.#asking.has(prompt)) return;
    this.#asking.add(prompt);
    const version = this.#version;
    try {
      const { answers } = await call('edits.answers', { model: this.model, prompts: [prompt] });
      if (answers[0] && version === this.#version) this.#said.set(prompt, answers[0]);
    } catch (error) {
      toasts.fail(error);
    } finally {
      if (version === this.#version) this.#asking.delete(prompt);
    }
  }

  /** Adds paraphrases, neighbours and the previous target to facts where they have none. @returns how many facts got something */
  async suggest(rows: readonly Row[]): Promise<number> {
    this.isSuggesting = true;
    try {
      const better = new Map<number, Fact>();
      for (const { id, fact } of rows) {
        const found = await this.#suggestion(fact);
        const fuller = withFields(fact, {
          paraphrases: isEmpty(fact.paraphrases) ? found.paraphrases : fact.paraphrases,
          neighbors: isEmpty(fact.neighbors) ? found.neighbors : fact.neighbors,
          sameSubject: isEmpty(fact.sameSubject) ? found.sameSubject : fact.sameSubject,
          follows: isEmpty(fact.follows) ? found.follows : fact.follows,
          generationPrompts: isEmpty(fact.generationPrompts) ? found.generationPrompts : fact.generationPrompts,
          previousTarget: (fact.previousTarget ?? '') === '' ? found.previousTarget : fact.previousTarget,
        });
        if (JSON.stringify(fuller) !== JSON.stringify(fact)) better.set(id, fuller);
      }
      // Someone may have typed meanwhile: only facts that are still the same are replaced.
      const asked = new Map(rows.map(({ id, fact }) => [id, fact]));
      if (better.size > 0)
        this.change({
          rows: this.rows.map((one) =>
            better.has(one.id) && asked.get(one.id) === one.fact ? { id: one.id, fact: better.get(one.id)! } : one,
          ),
        });
      return better.size;
    } catch (error) {
      toasts.fail(error);
      return 0;
    } finally {
      this.isSuggesting = false;
    }
  }
}

/** A fact's prompt with its subject; undefined while it has none. */
function promptOf({ subject, prompt }: Fact): string | undefined {
  return subject.trim() === '' || countSlots(prompt) !== 1 ? undefined : fillPrompt(prompt, subject).text;
}

function isEmpty(list: readonly unknown[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

/** A row that can be asked about: whole, and without an error. */
export function isFinished(form: FormState, { id }: Row): boolean {
  const standing = form.problems.get(id)?.standing;
  return standing === 'ready' || standing === 'warning';
}

const forms = new Map<string, FormState>();

/** The form of a model; the same one as long as the page lives. */
export function formFor(model: string): FormState {
  const known = forms.get(model);
  if (known) return known;
  // What is derived in it must outlive the screen that asks first.
  let made: FormState | undefined;
  $effect.root(() => {
    made = new FormState(model);
  });
  forms.set(model, made!);
  return made!;
}

/** The first question of the first run with its first answer. */
export const EXAMPLE: Fact = { subject: QUESTIONS[0].subject, prompt: QUESTIONS[0].prompt, target: QUESTIONS[0].answers[0] };
