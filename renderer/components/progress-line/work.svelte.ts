import type { JobMethodName, Params, Result } from '../../../shared/contract.ts';
import type { Job } from '../../../shared/contract/jobs.ts';
import { EmendError } from '../../../shared/errors.ts';
import { run } from '../../client/client.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { words } from '../../text.ts';

/** One piece of long work as a dialog or pane shows it: how far it is, how to stop it, why it failed. */
export class Work {
  job = $state.raw<Job | undefined>();
  error = $state.raw<unknown>();
  isRunning = $state(false);
  #stop = new AbortController();

  /** @returns what the job ended with; undefined when it failed (see `error`) or was cancelled, which a toast says */
  async run<M extends JobMethodName>(method: M, params: Params<M>): Promise<Result<M> | undefined> {
    this.#stop = new AbortController();
    this.job = undefined;
    this.error = undefined;
    this.isRunning = true;
    try {
      return await run(method, params, { onJob: (job) => (this.job = job), signal: this.#stop.signal });
    } catch (error) {
      if (error instanceof EmendError && error.code === 'cancelled') toasts.say(words.cancelled, { kind: 'note' });
      else this.error = error;
      return undefined;
    } finally {
      this.isRunning = false;
    }
  }

  cancel(): void {
    this.#stop.abort();
  }
}
