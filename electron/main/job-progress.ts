import type { Job } from '../../shared/contract/jobs.ts';

/** How far all running jobs are, as a window shows it: 0 to 1, 2 when that is not known, -1 when none runs. */
export function overallProgress(jobs: readonly Job[]): number {
  const running = jobs.filter((job) => job.state === 'running');
  if (running.length === 0) return -1;
  const known = running.flatMap(({ share }) => share ?? []);
  if (known.length === 0) return 2;
  return known.reduce((sum, share) => sum + share, 0) / known.length;
}
