import type { Job } from '../../shared/contract/jobs.ts';
import { call, hear } from '../client/client.ts';

/** Running jobs and ended ones that were not cleared, the newest first; kept by the host's events. */
class Jobs {
  list = $state.raw<readonly Job[]>([]);
  running = $derived(this.list.filter((job) => job.state === 'running'));

  /** Begins to follow the host's jobs; they live there, so nothing is lost when the page loads anew. */
  follow(): void {
    hear((event) => {
      if (event.type === 'job') this.#take(event.job);
    }, () => void this.refresh());
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
    return call('jobs.cancel', { id });
  }

  /** Takes ended jobs off the list: one, or all. */
  async clear(id?: string): Promise<void> {
    await call('jobs.clear', id === undefined ? {} : { id });
    this.list = this.list.filter((job) => (id === undefined ? job.state === 'running' : job.id !== id));
  }

  #take(job: Job): void {
    const at = this.list.findIndex(({ id }) => id === job.id);
    this.list = at < 0 ? [job, ...this.list] : this.list.with(at, job);
  }
}

export const jobs = new Jobs();
