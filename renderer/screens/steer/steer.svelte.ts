import type { Result } from '../../../shared/contract.ts';
import type { Picked } from '../../../shared/contract/host.ts';
import type {
  SteeringDraft,
  SteeringMethodInfo,
  SteeringReading,
  SteeringReport,
  SteeringSweep,
} from '../../../shared/contract/steering.ts';
import type { SteeringExample, SteeringQuestion } from '../../../shared/steering/data.ts';
import type { SteeringChoices, SteeringMethodName } from '../../../shared/steering/list.ts';
import { SET_NAMES, type SteeringSetName } from '../../../shared/steering/sets.ts';
import { call } from '../../client/client.ts';
import { Work } from '../../components/progress-line/work.svelte.ts';
import type { SteerView } from './view-names.ts';
import { examplesOf, type PairRow, rowsOf, withRow } from './pairs.ts';

type Known = Result<'steering.methods'>;
type Answer = Result<'steering.ask'>;
type Plan = Result<'steering.plan'>;

/** What was written off, on and with random vectors, at one strength. */
export interface Written {
  readonly prompt: string;
  readonly scale: number;
  readonly off: Result<'probing.ask'>;
  readonly on: Answer;
  /** None where a direction is taken out of the weights. */
  readonly random: Answer | undefined;
}

/** The Steer screen of one model: kept while Emend runs, so that going elsewhere loses nothing. */
export class Steer {
  known = $state.raw<Known | undefined>();
  method = $state<SteeringMethodName>('repe');
  choices = $state.raw<SteeringChoices>({});
  unread = $state.raw<ReadonlySet<string>>(new Set());
  heldOut = $state<number | null>(0.25);
  rows = $state.raw<readonly PairRow[]>(withRow([]));
  /** The texts that the table shows, as they came, in their order; none once a line was changed by hand. */
  #given = $state.raw<readonly SteeringExample[] | undefined>();
  questions = $state.raw<readonly SteeringQuestion[]>([]);
  /** Where the table is from, in words; empty while it was only written here. */
  source = $state('');
  set = $state<SteeringSetName | ''>('');
  warnings = $state.raw<readonly string[]>([]);
  readonly fitting = new Work();

  drafts = $state.raw<readonly SteeringDraft[]>([]);
  /** The draft in sight. */
  draft = $state('');
  report = $state.raw<SteeringReport | undefined>();
  view = $state<SteerView>('map');

  readonly checking = new Work();
  checks = $state<{ draws: number | null; texts: number | null; prefix: string; answers: 'whole' | 'first token' }>({
    draws: 3,
    texts: 20,
    prefix: '',
    answers: 'whole',
  });
  readonly sweeping = new Work();
  sweep = $state.raw<SteeringSweep | undefined>();
  scales = $state('0.25, 0.5, 1, 2');
  limit = $state<number | null>(null);
  isEachLayer = $state(true);
  readonly asking = new Work();
  prompt = $state('');
  maxTokens = $state<number | null>(20);
  scale = $state(1);
  written = $state.raw<Written | undefined>();
  readonly reading = new Work();
  text = $state('');
  read = $state.raw<SteeringReading | undefined>();
  readonly planning = new Work();
  plan = $state.raw<Plan | undefined>();
  error = $state.raw<unknown>();
  readonly model: string;

  constructor(model: string) {
    this.model = model;
  }

  get info(): SteeringMethodInfo | undefined {
    return this.known?.methods.find(({ name }) => name === this.method);
  }

  get examples(): readonly SteeringExample[] {
    return this.#given ?? examplesOf(this.rows);
  }

  /** Whether all that fitting needs is there. */
  get canFit(): boolean {
    if (!this.info || this.unread.size > 0 || this.heldOut === null) return false;
    const labels = new Set(this.examples.map(({ label }) => label));
    return this.info.data === 'nothing' || labels.size === 2;
  }

  get chosen(): SteeringDraft | undefined {
    return this.drafts.find(({ id }) => id === this.draft);
  }

  /** Reads what there is. */
  async load(): Promise<void> {
    await this.#told(async () => {
      this.known ??= await call('steering.methods', { model: this.model });
      await this.list();
    });
  }

  /** Reads the drafts anew; the one in sight stays in sight, or the newest comes into it. */
  async list(): Promise<void> {
    ({ drafts: this.drafts } = await call('steering.drafts', { model: this.model }));
    if (!this.chosen) await this.open(this.drafts[0]?.id ?? '');
  }

  async open(draft: string): Promise<void> {
    this.draft = draft;
    [this.report, this.sweep, this.written, this.read, this.plan, this.scale] = [undefined, undefined, undefined, undefined, undefined, 1];
    if (draft === '') return;
    const report = await this.#told(() => call('steering.report', { model: this.model, draft }));
    if (this.draft === draft) this.report = report;
  }

  async takeSet(set: SteeringSetName): Promise<void> {
    await this.#told(async () => {
      this.#take(await call('steering.set', { model: this.model, set }), []);
      this.set = set;
    });
  }

  async takeFile(picked: Picked): Promise<void> {
    await this.#told(async () => {
      const { data, warnings } = await call('steering.readData', { source: picked.handle });
      this.#take(data, warnings);
    });
  }

  async takeText(text: string): Promise<void> {
    await this.#told(async () => {
      const { data, warnings } = await call('steering.readData', { text });
      this.#take(data, warnings);
    });
  }

  /** Another table by hand. */
  write(rows: readonly PairRow[]): void {
    [this.rows, this.#given] = [rows, undefined];
    [this.set, this.source] = [
      '',
      this.source === '' || this.source.endsWith(', changed by hand') ? this.source : `${this.source}, changed by hand`,
    ];
  }

  empty(): void {
    this.#take({ source: '', examples: [], questions: [] }, []);
    this.write(withRow([]));
  }

  /** Takes a steering file. */
  async import(picked: Picked): Promise<void> {
    await this.#told(async () => {
      const { draft } = await call('steering.import', { model: this.model, source: picked.handle });
      await this.list();
      await this.open(draft);
    });
  }

  async fit(): Promise<void> {
    if (!this.canFit || this.fitting.isRunning) return;
    const { info, choices } = this;
    const keys = new Set(info!.settings.map(({ key }) => key));
    const made = await this.fitting.run('steering.fit', {
      model: this.model,
      method: this.method,
      choices: Object.fromEntries(Object.entries(choices).filter(([key]) => keys.has(key))) as SteeringChoices,
      ...(info!.data === 'nothing' ? {} : { examples: [...this.examples] }),
      questions: [...this.questions],
      source:
        info!.data === 'nothing' && this.questions.length === 0
          ? 'no data'
          : this.source === ''
            ? 'a table written in the window'
            : this.source,
      heldOut: this.heldOut!,
    });
    if (!made) return;
    this.view = 'map';
    await this.#told(() => this.list());
    await this.open(made.draft);
  }

  async check(): Promise<void> {
    const { draft, checks } = this;
    const check = await this.checking.run('steering.check', {
      model: this.model,
      draft,
      answers: checks.answers,
      ...(checks.texts === null ? {} : { texts: checks.texts }),
      ...(checks.draws === null ? {} : { draws: checks.draws }),
      ...(checks.prefix === '' ? {} : { prefix: checks.prefix }),
      ...(this.prompt.trim() === '' ? {} : { prompts: [this.prompt] }),
    });
    if (check && this.draft === draft && this.report) this.report = { ...this.report, check };
  }

  async runSweep(scales: readonly number[]): Promise<void> {
    const { draft } = this;
    const sweep = await this.sweeping.run('steering.sweep', {
      model: this.model,
      draft,
      scales: [...scales],
      eachLayer: this.isEachLayer,
      answers: this.checks.answers,
      ...(this.checks.texts === null ? {} : { texts: this.checks.texts }),
      ...(this.limit === null ? {} : { limit: this.limit }),
    });
    if (sweep && this.draft === draft) this.sweep = sweep;
  }

  /** Writes on from the prompt three times: as the version is, steered, and with random vectors of the same length. */
  async generate(): Promise<void> {
    const { draft, prompt, scale, maxTokens, chosen } = this;
    if (prompt.trim() === '' || !chosen || maxTokens === null || this.asking.isRunning) return;
    const isInWeights = this.report?.outcome.weights.length !== 0;
    const asked = { model: this.model, prompt, maxTokens, top: 5 };
    const off = await this.asking.run('probing.ask', { ...asked, version: chosen.parent });
    const on = off && (await this.asking.run('steering.ask', { ...asked, draft, ...(isInWeights ? {} : { scale }) }));
    const random = on && !isInWeights ? await this.asking.run('steering.ask', { ...asked, draft, scale, random: 1 }) : undefined;
    if (off && on && (random || isInWeights) && this.draft === draft) this.written = { prompt, scale, off, on, random };
  }

  async readText(): Promise<void> {
    const { draft, text } = this;
    if (text.trim() === '') return;
    const read = await this.reading.run('steering.read', { model: this.model, draft, text });
    if (read && this.draft === draft) this.read = read;
  }

  async makePlan(): Promise<void> {
    const { draft } = this;
    const plan = await this.planning.run('steering.plan', { model: this.model, draft });
    if (plan && this.draft === draft) this.plan = plan;
  }

  /** The same steering at the strength of the slider, as a draft of its own. */
  async adjust(): Promise<void> {
    await this.#told(async () => {
      const { draft } = await call('steering.adjust', { model: this.model, draft: this.draft, scale: this.scale });
      await this.list();
      await this.open(draft);
    });
  }

  async discard(): Promise<void> {
    await this.#told(async () => {
      await call('steering.discard', { model: this.model, draft: this.draft });
      await this.list();
    });
  }

  #take({ source, examples, questions }: Result<'steering.set'>, warnings: readonly string[]): void {
    this.#given = examples;
    [this.rows, this.questions, this.source, this.warnings, this.set] = [rowsOf(examples), questions, source, warnings, ''];
  }

  /** What comes of a call; undefined where it failed, which then stands in `error`. */
  async #told<T>(act: () => Promise<T>): Promise<T | undefined> {
    this.error = undefined;
    try {
      return await act();
    } catch (error) {
      this.error = error;
      return undefined;
    }
  }
}

/** Whether a set is offered for a method. */
export function setsFor(known: Known | undefined, method: SteeringMethodName) {
  const sets = known?.sets ?? [];
  return SET_NAMES.flatMap((name) => sets.filter((set) => set.name === name && set.suits.includes(method)));
}

const all = new Map<string, Steer>();

export function steerOf(model: string): Steer {
  const known = all.get(model) ?? new Steer(model);
  all.set(model, known);
  return known;
}
