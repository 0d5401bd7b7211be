import type { Params, Result } from '../../../shared/contract.ts';
import { Work } from '../../components/progress-line/work.svelte.ts';
import { jobs } from '../../state/jobs.svelte.ts';
import type { LocatingMethod, Named } from './figures/common.ts';

/** A version as it is chosen, and what it is called. */
export interface Chosen {
  readonly version: string;
  readonly name: string;
}

/** How a look is asked for. */
interface Asking<M extends LocatingMethod> {
  readonly method: M;
  /** What is asked of a version. @throws EmendError when what was written cannot be asked */
  params(version: string): Params<M>;
  /** Whether all is there that must be. */
  isReady(): boolean;
  /** Whether it takes two versions at once, to compare them, and not one after the other. */
  readonly takesTwo?: boolean;
}

/** One way to look: what was found in one version or two, and with which words. */
export class Look<M extends LocatingMethod = LocatingMethod> {
  readonly work = new Work();
  found = $state.raw<readonly Named<Result<M>>[]>([]);
  /** What was asked for the results that are shown. */
  asked = $state.raw<string | undefined>();
  /** The entry of the log that what is shown was read from. */
  kept = $state<number | undefined>();
  /** Why it could not be asked. */
  problem = $state.raw<unknown>();
  readonly #asking: Asking<M>;

  constructor(asking: Asking<M>) {
    this.#asking = asking;
  }

  get takesTwo(): boolean {
    return this.#asking.takesTwo === true;
  }

  get isReady(): boolean {
    return this.#asking.isReady();
  }

  /** Looks into one version after the other. Results that are there stay until all new ones have come. */
  async run(chosen: readonly Chosen[]): Promise<void> {
    this.problem = undefined;
    try {
      const found: Named<Result<M>>[] = [];
      const [first, second] = chosen;
      for (const { version, name } of this.takesTwo ? [first!] : chosen) {
        const result = await this.work.run(this.#asking.method, this.#asking.params(version));
        if (result === undefined) return;
        found.push({ name, ...(this.takesTwo ? { other: second!.name } : {}), result });
        // It is here on the screen; the tray is for what one may have missed.
        if (this.work.job) await jobs.clear(this.work.job.id);
      }
      [this.found, this.asked, this.kept] = [found, this.#words(chosen), undefined];
    } catch (error) {
      this.problem = error;
    }
  }

  /** Shows what an entry keeps. */
  show(one: Named<Result<M>>, entry: number, chosen: readonly Chosen[]): void {
    [this.found, this.asked, this.kept] = [[one], this.#words(chosen), entry];
  }

  /** Whether what is shown was made with other words, settings or versions than those that are written. */
  isStale(chosen: readonly Chosen[]): boolean {
    return this.asked !== undefined && this.asked !== this.#words(chosen);
  }

  /** What would be asked; a word of its own where it cannot be. */
  #words(chosen: readonly Chosen[]): string {
    try {
      return JSON.stringify(chosen.map(({ version }) => this.#asking.params(version)));
    } catch {
      return '';
    }
  }
}
