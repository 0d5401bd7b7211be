import * as v from 'valibot';
import type { Result } from '../../../shared/contract.ts';
import type { Finding } from '../../../shared/contract/findings.ts';
import type { Picked } from '../../../shared/contract/host.ts';
import { withSlot } from '../../../shared/fact.ts';
import { DEFAULT_METHOD, type EditMethodName, EditMethodSchema } from '../../../shared/methods/list.ts';
import type { LookName } from '../../../shared/looks.ts';
import type { PatchKind, Severed } from '../../../shared/tracing.ts';
import type { LocatingMethod } from './figures/common.ts';
import { type Chosen, Look } from './looking.svelte.ts';

/** Ways to look that this screen has; dissection has a screen of its own. */
export type View = Exclude<LookName, 'dissection'>;

const USUAL = { level: 3, samples: 10, seed: 1 };
const USUAL_KINDS: readonly PatchKind[] = ['hidden', 'mlp', 'attention'];

/** What a look was asked for, as far as the form has it. */
const AskedSchema = v.object({
  prompt: v.optional(v.string(), ''),
  clean: v.optional(v.string()),
  counterfactual: v.optional(v.string(), ''),
  subject: v.optional(v.string(), ''),
  answer: v.optional(v.string()),
  watched: v.optional(v.array(v.string()), []),
  layer: v.optional(v.number(), 0),
  level: v.optional(v.number(), USUAL.level),
  samples: v.optional(v.number(), USUAL.samples),
  seed: v.optional(v.number(), USUAL.seed),
  window: v.optional(v.nullable(v.number()), null),
  old: v.optional(v.string(), ''),
  new: v.optional(v.string(), ''),
  target: v.optional(v.string(), ''),
  method: v.optional(EditMethodSchema, DEFAULT_METHOD),
});

/** Facts of a file, as tracing takes them. */
export interface FactsOfFile {
  readonly name: string;
  readonly facts: readonly { readonly prompt: string; readonly subject: string; readonly target: string }[];
}

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
  severed = $state<Severed | ''>('');
  /** Facts to trace: of a file, or so many of the model's own. */
  facts = $state.raw<FactsOfFile | undefined>();
  own = $state(400);
  tuned = $state.raw<Picked | undefined>();
  layer = $state(0);
  /** The edit that is thought of. */
  thought = $state<{ target: string; method: EditMethodName }>({ target: '', method: DEFAULT_METHOD });
  /** Answers before and after an edit. */
  change = $state({ old: '', new: '' });
  /** The other text of patching, and the answers to the one and to the other. */
  patching = $state({ counterfactual: '', answer: '', other: '' });
  kinds = $state<readonly PatchKind[]>(USUAL_KINDS);
  how = $state<'zero' | 'mean'>('zero');
  /** The entry of the log that one came from. */
  about = $state<number | undefined>();

  readonly looks = {
    trace: new Look<'locating.trace'>({
      method: 'locating.trace',
      isReady: () => this.#hasText,
      params: (version) => ({
        ...this.#of(version),
        prompt: withSlot(this.prompt, this.subject),
        subject: this.subject,
        ...this.#tracing,
        ...(this.severed === '' ? {} : { severed: this.severed }),
        ...(this.#watched[0] === undefined ? {} : { answer: this.#watched[0] }),
      }),
    }),
    factTraces: new Look<'locating.traceFacts'>({
      method: 'locating.traceFacts',
      isReady: () => true,
      params: (version) => ({
        ...this.#of(version),
        ...(this.facts ? { facts: [...this.facts.facts] } : { own: this.own }),
        ...this.#tracing,
      }),
    }),
    lens: new Look<'locating.lens'>({
      method: 'locating.lens',
      isReady: () => this.#hasText,
      params: (version) => ({
        ...this.#of(version),
        prompt: this.text,
        watched: this.#watched,
        ...(this.tuned ? { tuned: this.tuned.handle } : {}),
      }),
    }),
    attribution: new Look<'locating.attribute'>({
      method: 'locating.attribute',
      isReady: () => this.#hasText,
      params: (version) => ({ ...this.#of(version), prompt: this.text, watched: this.#watched }),
    }),
    attention: new Look<'locating.attention'>({
      method: 'locating.attention',
      isReady: () => this.#hasText,
      params: (version) => ({ ...this.#of(version), prompt: this.text, layer: this.layer }),
    }),
    change: new Look<'locating.change'>({
      method: 'locating.change',
      takesTwo: true,
      isReady: () => this.#hasText,
      params: (version) => ({
        ...this.#of(version),
        against: this.second.version,
        prompt: this.text,
        ...(this.change.old.trim() === '' ? {} : { old: this.change.old }),
        ...(this.change.new.trim() === '' ? {} : { new: this.change.new }),
      }),
    }),
    layers: new Look<'locating.layers'>({
      method: 'locating.layers',
      isReady: () => this.#hasThought,
      params: (version) => {
        const { level, samples, seed, window } = this.settings;
        return {
          ...this.#of(version),
          method: this.thought.method,
          fact: this.#fact,
          ...{ level, samples, seed },
          ...(window === null ? {} : { window }),
        };
      },
    }),
    near: new Look<'locating.near'>({
      method: 'locating.near',
      isReady: () => this.#hasThought,
      params: (version) => ({ ...this.#of(version), method: this.thought.method, facts: [this.#fact] }),
    }),
    patch: new Look<'locating.patch'>({
      method: 'locating.patch',
      isReady: () => this.#hasText && this.patching.counterfactual.trim() !== '',
      params: (version) => {
        const { counterfactual, answer, other } = this.patching;
        return {
          ...this.#of(version),
          clean: this.text,
          counterfactual,
          answers: answer.trim() === '' && other.trim() === '' ? [] : [answer, other],
          kinds: [...this.kinds],
        };
      },
    }),
    ablation: new Look<'locating.ablate'>({
      method: 'locating.ablate',
      isReady: () => this.#hasText,
      params: (version) => ({ ...this.#of(version), prompt: this.text, watched: this.#watched, kinds: [...this.kinds], how: this.how }),
    }),
  } as const;
  readonly model: string;

  constructor(model: string) {
    this.model = model;
  }

  /** What the view in sight found. */
  get look(): Look {
    return this.looks[this.view] as unknown as Look;
  }

  get isBusy(): boolean {
    return this.look.work.isRunning;
  }

  /** The versions that are looked into, or compared. @param nameOf what a version is called */
  chosen(nameOf: (version: string) => string): Chosen[] {
    const versions = this.isComparing || this.look.takesTwo ? [this.first.version, this.second.version] : [this.first.version];
    const [a, b] = versions.map(nameOf);
    return versions.map((version, at) => ({ version, name: a === b ? `${a} (${at + 1})` : nameOf(version) }));
  }

  /**
   * Shows what an entry of the log keeps, and writes above what was asked for it.
   * @param chosen the version that was looked into, and the one that it was compared with, if any
   */
  show({ look, settings, result }: Finding, entry: number, chosen: readonly [Chosen, Chosen?]): void {
    if (look === 'dissection') return;
    const asked = v.parse(AskedSchema, settings);
    const { prompt, clean = prompt, subject, answer, watched, layer, level, samples, seed, window } = asked;
    [this.view, this.prompt, this.subject, this.answers, this.layer] = [look, clean, subject, answer ?? watched.join(', '), layer];
    this.settings = { level, samples, seed, window };
    this.change = { old: asked.old, new: asked.new };
    this.thought = { target: asked.target, method: asked.method };
    this.patching = { counterfactual: asked.counterfactual, answer: '', other: '' };
    const [first, second] = chosen;
    [this.first.version, this.isComparing] = [first.version, false];
    if (second) this.second.version = second.version;
    const shown = { name: first.name, ...(second ? { other: second.name } : {}), result: result as Result<LocatingMethod> };
    this.look.show(shown, entry, second ? [first, second] : [first]);
  }

  /** The text with the subject in it. */
  get text(): string {
    return this.prompt.replace('{}', () => this.subject);
  }

  get #hasText(): boolean {
    return this.prompt.trim() !== '';
  }

  get #hasThought(): boolean {
    return this.#hasText && this.subject.trim() !== '' && this.thought.target.trim() !== '';
  }

  get #fact() {
    return { subject: this.subject, prompt: withSlot(this.prompt, this.subject), target: this.thought.target };
  }

  get #watched(): string[] {
    return this.answers
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  }

  get #tracing() {
    const { window, ...settings } = this.settings;
    return { ...settings, ...(window === null ? {} : { window }) };
  }

  #of(version: string) {
    return { model: this.model, version };
  }
}

const all = new Map<string, Inside>();

export function insideOf(model: string): Inside {
  const known = all.get(model) ?? new Inside(model);
  all.set(model, known);
  return known;
}
