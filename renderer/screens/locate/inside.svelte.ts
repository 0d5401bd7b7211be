import * as v from 'valibot';
import type { JobMethodName, Params, Result } from '../../../shared/contract.ts';
import type { Finding } from '../../../shared/contract/findings.ts';
import { withSlot } from '../../../shared/fact.ts';
import type { LookName } from '../../../shared/looks.ts';
import { jobs } from '../../state/jobs.svelte.ts';
import { Work } from '../../components/progress-line/work.svelte.ts';
import { given } from '../../../shared/given.ts';

export const VIEWS = ['trace', 'lens', 'attribution', 'attention'] as const satisfies readonly LookName[];
export type View = (typeof VIEWS)[number];
export type LocatingMethod = Extract<JobMethodName, `locating.${string}`>;

/** One version, and what was last found in it. */
class Side<M extends LocatingMethod> {
  result = $state.raw<Result<M> | undefined>();
}

/** One way to look: what was found in one version or two, and with which words. */
export class Look<M extends LocatingMethod> {
  readonly work = new Work();
  readonly sides: readonly [Side<M>, Side<M>] = [new Side(), new Side()];
  /** What was asked for the results that are shown. */
  asked = $state.raw<string | undefined>();
  /** What the versions were called then. */
  names = $state.raw<readonly string[]>([]);
  /** The entry of the log that what is shown was read from. */
  kept = $state<number | undefined>();
  readonly #method: M;

  constructor(method: M) {
    this.#method = method;
  }

  /** Looks into one version after the other. Results that are there stay until all new ones have come. */
  async run(params: (version: string) => Params<M>, versions: readonly string[], names: readonly string[]): Promise<void> {
    const found: Result<M>[] = [];
    for (const version of versions) {
      const result = await this.work.run(this.#method, params(version));
      if (result === undefined) return;
      found.push(result);
      // It is here on the screen; the tray is for what one may have missed.
      if (this.work.job) await jobs.clear(this.work.job.id);
    }
    this.sides.forEach((side, at) => (side.result = found[at]));
    this.asked = JSON.stringify(versions.map(params));
    this.names = names;
    this.kept = undefined;
  }

  /** Shows what an entry keeps. */
  show(result: Result<M>, name: string, entry: number): void {
    const [first, second] = this.sides;
    [first.result, second.result, this.names, this.kept] = [result, undefined, [name], entry];
  }

  isStale(params: (version: string) => Params<M>, versions: readonly string[]): boolean {
    return this.asked !== undefined && this.asked !== JSON.stringify(versions.map(params));
  }
}

const USUAL = { level: 3, samples: 10, seed: 1 };

/** What a look was asked for, as far as the form has it. */
const AskedSchema = v.object({
  prompt: v.optional(v.string(), ''),
  subject: v.optional(v.string(), ''),
  answer: v.optional(v.string()),
  watched: v.optional(v.array(v.string()), []),
  layer: v.optional(v.number(), 0),
  level: v.optional(v.number(), USUAL.level),
  samples: v.optional(v.number(), USUAL.samples),
  seed: v.optional(v.number(), USUAL.seed),
  window: v.optional(v.nullable(v.number()), null),
});

/** The Locate screen of one model: kept while Emend runs, so that going elsewhere loses nothing. */
export class Inside {
  view = $state<View>('trace');
  prompt = $state('');
  subject = $state('');
  answers = $state('');
  isComparing = $state(false);
  first = $state({ version: 'current' });
  second = $state({ version: 'base' });
  settings = $state<{ level: number; samples: number; seed: number; window: number | null }>({ ...USUAL, window: null });
  layer = $state(0);
  /** The entry of the log that one came from. */
  about = $state<number | undefined>();
  readonly trace = new Look('locating.trace');
  readonly lens = new Look('locating.lens');
  readonly attribution = new Look('locating.attribute');
  readonly attention = new Look('locating.attention');
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  get versions(): readonly string[] {
    return this.isComparing ? [this.first.version, this.second.version] : [this.first.version];
  }

  get isBusy(): boolean {
    return this[this.view].work.isRunning;
  }

  /** Whether what is shown was made with other words, settings or versions than those above. */
  get isStale(): boolean {
    try {
      return this.#look((look, params) => look.isStale(params, this.versions));
    } catch {
      // What is written cannot be looked for, so it is not what was found.
      return this[this.view].asked !== undefined;
    }
  }

  /** @param nameOf what a version is called
   * @throws EmendError when the subject does not stand in the text */
  async run(nameOf: (version: string) => string): Promise<void> {
    const { versions } = this;
    const [a, b] = versions.map(nameOf);
    const names = a === b ? [`${a} (1)`, `${b} (2)`] : [a!, b ?? ''];
    await this.#look((look, params) => look.run(params, versions, names));
  }

  /** Shows what an entry of the log keeps, and writes above what was asked for it. @param version as it is chosen there, and its name */
  show(finding: Finding, entry: number, version: string, name: string): void {
    const {
      prompt = '',
      subject = '',
      answer,
      watched = [],
      layer = 0,
      window = null,
      ...settings
    } = v.parse(AskedSchema, finding.settings);
    [this.prompt, this.subject, this.answers, this.layer] = [prompt, subject, answer ?? watched.join(', '), layer];
    this.settings = { ...this.settings, ...settings, window };
    [this.first.version, this.isComparing] = [version, false];
    switch (finding.look) {
      case 'trace':
        this.trace.show(finding.result, name, entry);
        break;
      case 'lens':
        this.lens.show(finding.result, name, entry);
        break;
      case 'attribution':
        this.attribution.show(finding.result, name, entry);
        break;
      case 'attention':
        this.attention.show(finding.result, name, entry);
        break;
      default:
        return;
    }
    this.view = finding.look;
    this.#look((look, params) => (look.asked = JSON.stringify(this.versions.map(params))));
  }

  cancel(): void {
    this[this.view].work.cancel();
  }

  /** The text with the subject in it. */
  get text(): string {
    return this.prompt.replace('{}', () => this.subject);
  }

  get #watched(): string[] {
    return this.answers
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  }

  /** What the view in sight asks, of whichever version. */
  #look<T>(act: <M extends LocatingMethod>(look: Look<M>, params: (version: string) => Params<M>) => T): T {
    const of = (version: string) => ({ model: this.#model, version });
    const text = { prompt: this.text };
    const watched = this.#watched;
    switch (this.view) {
      case 'trace': {
        const { window, ...settings } = this.settings;
        const prompt = withSlot(this.prompt, this.subject);
        const [answer] = watched;
        return act(this.trace, (version) => ({
          ...of(version),
          prompt,
          subject: this.subject,
          ...settings,
          ...(window === null ? {} : { window }),
          ...given({ answer }),
        }));
      }
      case 'lens':
        return act(this.lens, (version) => ({ ...of(version), ...text, watched }));
      case 'attribution':
        return act(this.attribution, (version) => ({ ...of(version), ...text, watched }));
      case 'attention':
        return act(this.attention, (version) => ({ ...of(version), ...text, layer: this.layer }));
    }
  }
}

const all = new Map<string, Inside>();

export function insideOf(model: string): Inside {
  const known = all.get(model) ?? new Inside(model);
  all.set(model, known);
  return known;
}
