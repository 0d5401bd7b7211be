import type { Job } from '../../shared/contract/jobs.ts';
import { call, hear } from '../client/client.ts';

/** Running jobs and ended ones that were not cleared, the newest first; kept by the host's events. */
class Jobs {
  list = $state.raw<readonly Job[]>([]);
  running = $derived(this.list.filter((job) => job.state === 'running'));
  /** Jobs that were asked to stop and have not ended yet. */
  stopping = $state.raw<ReadonlySet<string>>(new Set());
  /** Where each job's present phase began, for the pace. */
  readonly #phases = new Map<string, { phase: string; done: number; at: number }>();

  /** Begins to follow the host's jobs; they live there, so nothing is lost when the page loads anew. */
  follow(): void {
    hear(
      (event) => {
        if (event.type === 'job') this.#take(event.job);
      },
      () => void this.refresh(),
    );
    void this.refresh();
  }

  async refresh(): Promise<void> {
    this.list = (await call('jobs.list', {})).jobs;
  }

  /** Running jobs of one model, of one kind when given. */
  of(model: string, kind?: string): Job[] {
    return this.running.filter((job) => job.model === model && (kind === undefined || job.kind === kind));
  }

  cancel(id: string): Promise<unknown> {
    this.stopping = new Set([...this.stopping, id]);
    return call('jobs.cancel', { id });
  }

  /** Takes ended jobs off the list: one, or all. */
  async clear(id?: string): Promise<void> {
    await call('jobs.clear', id === undefined ? {} : { id });
    this.list = this.list.filter((job) => job.state === 'running' || (id !== undefined && job.id !== id));
  }

  /** What is done in a second of a job's present phase, in the job's unit; undefined until that can be told. */
  pace({ id, phase, done }: Job): number | undefined {
    const began = this.#phases.get(id);
    if (!began || began.phase !== phase) return undefined;
    const seconds = (Date.now() - began.at) / 1000;
    return seconds > 1 ? (done - began.done) / seconds : undefined;
  }

  #take(job: Job): void {
    if (this.#phases.get(job.id)?.phase !== job.phase) this.#phases.set(job.id, { phase: job.phase, done: job.done, at: Date.now() });
    if (job.state !== 'running') {
      this.#phases.delete(job.id);
      this.stopping = new Set([...this.stopping].filter((id) => id !== job.id));
    }
    const at = this.list.findIndex(({ id }) => id === job.id);
    this.list = at < 0 ? [job, ...this.list] : this.list.with(at, job);
  }
}

export const jobs = new Jobs();

/** How far a job is as a whole, 0 to 1; undefined while that cannot be told. */
export function shareDone({ share }: Job): number | undefined {
  return share;
}
