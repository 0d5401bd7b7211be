import { expect, it } from 'vitest';
import { trialLimit, trialMemory, withinTime } from '../../../electron/services/trial-run.ts';
import { cancelled } from '../../../shared/errors.ts';

/** Never ends but by being cancelled. */
const endless = (signal: AbortSignal) =>
  new Promise<never>((_, failed) => signal.addEventListener('abort', () => failed(cancelled()), { once: true }));

it('a trial run ends by itself, larger models having longer', async () => {
  expect(trialLimit(0)).toBe(600_000);
  expect(trialLimit(5e9)).toBe(1_200_000);
  await expect(withinTime(20, undefined, endless)).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringContaining('did not end') as string,
  });
  expect(await withinTime(60_000, undefined, () => Promise.resolve('Paris'))).toBe('Paris');
});

it('a trial run that a person cancels is cancelled, and one that fails says why', async () => {
  const stop = new AbortController();
  const run = withinTime(60_000, stop.signal, endless);
  stop.abort();
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  await expect(withinTime(60_000, undefined, () => Promise.reject(new Error('no numbers')))).rejects.toThrow('no numbers');
});

it('a trial run may take memory by the size of the model', () => {
  expect(trialMemory(17_000)).toBeLessThan(2.1e9);
  expect(trialMemory(1e9)).toBe(18e9);
});
