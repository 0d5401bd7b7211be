/** Seconds, from some fixed moment. */
export type Clock = () => number;

/** Wall time. */
export const wall: Clock = () => performance.now() / 1000;

/**
 * Processor time of this process. With one thread for the matrix work it is what the work took, however busy others keep the machine
 * (with more threads it is not: threads that wait for each other spin).
 */
export const processor: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** What some work gave, and how long it took. */
export async function timed<T>(clock: Clock, work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const started = clock();
  const value = await work();
  return { value, seconds: clock() - started };
}
