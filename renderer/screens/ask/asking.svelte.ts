import type { Answer } from '../../../shared/contract/probing.ts';
import { EmendError } from '../../../shared/errors.ts';
import { run } from '../../client/client.ts';
import { jobs } from '../../state/jobs.svelte.ts';
import { type AskOptions, DEFAULT_OPTIONS } from './sampling.ts';
import { PromptHistory } from './history.svelte.ts';

/** One version that is asked, and what it has said so far. */
export class Asked {
  version = $state('current');
  /** The text as it comes; the answer has it whole. */
  text = $state('');
  answer = $state.raw<Answer | undefined>();
  error = $state.raw<unknown>();
  isBusy = $state(false);
  isStopped = $state(false);
  /** What it was asked; set while there is something to show. */
  prompt = $state<string | undefined>();
  /** The choice that was asked: another may be chosen since. */
  askedAs = $state<string | undefined>();
  #stop: AbortController | undefined;

  constructor(version: string) {
    this.version = version;
  }

  async ask(model: string, prompt: string, options: AskOptions): Promise<void> {
    this.#stop = new AbortController();
    Object.assign(this, { prompt, askedAs: this.version, text: '', answer: undefined, error: undefined, isBusy: true, isStopped: false });
    let job: string | undefined;
    try {
      this.answer = await run(
        'probing.ask',
        { model, version: this.version, prompt, ...options },
        { signal: this.#stop.signal, onJob: ({ id }) => (job = id), onText: (piece) => (this.text += piece) },
      );
      // It is here on the screen; the tray is for what one may have missed.
      if (job !== undefined) await jobs.clear(job);
    } catch (error) {
      if (error instanceof EmendError && error.code === 'cancelled') this.isStopped = true;
      else this.error = error;
    } finally {
      this.isBusy = false;
    }
  }

  stop(): void {
    this.#stop?.abort();
  }
}

/** The Ask screen of one model: kept while Emend runs, so that going elsewhere loses nothing. */
export class Asking {
  prompt = $state('');
  options = $state<AskOptions>(structuredClone(DEFAULT_OPTIONS));
  isComparing = $state(false);
  /** The steering along whose directions answers are read; '' for none. */
  along = $state('');
  first = new Asked('current');
  second = new Asked('base');
  readonly history: PromptHistory;
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
    this.history = new PromptHistory(model);
  }

  get sides(): readonly Asked[] {
    return this.isComparing ? [this.first, this.second] : [this.first];
  }

  get isBusy(): boolean {
    return this.first.isBusy || this.second.isBusy;
  }

  /** Asks every side that is shown, one after the other: a model answers one at a time. */
  async ask(prompt = this.prompt): Promise<void> {
    if (prompt.trim() === '' || this.isBusy) return;
    this.prompt = prompt;
    this.history.add(prompt);
    await Promise.all(this.sides.map((side) => side.ask(this.#model, prompt, this.options)));
  }

  /** Asks two versions the same, side by side. */
  async compare(prompt: string, first: string, second: string): Promise<void> {
    this.first.version = first;
    this.second.version = second;
    this.isComparing = true;
    await this.ask(prompt);
  }

  stop(): void {
    this.first.stop();
    this.second.stop();
  }
}

const all = new Map<string, Asking>();

export function askingOf(model: string): Asking {
  const known = all.get(model) ?? new Asking(model);
  all.set(model, known);
  return known;
}
