import { EmendError } from '../../shared/errors.ts';

const MINUTE = 60_000;
/** Of a model that is small, and for each GB more. */
const LEAST = 10 * MINUTE;
const EACH_GB = 2 * MINUTE;

/** How long the trial run of an import may take (ms). A model can be made such that it never ends. @param bytes of the model's files */
export function trialLimit(bytes: number): number {
  return Math.round(LEAST + EACH_GB * (bytes / 1e9));
}

/** What an engine takes with no model at all, several times over. */
const LEAST_MEMORY = 2e9;
/** Weights of four bits are computed with in float32, and may be there twice while a model is opened. */
const MEMORY_EACH = 16;

/** How much memory (bytes) the trial run may take. A small file can ask for all there is. @param bytes of the model's files */
export function trialMemory(bytes: number): number {
  return LEAST_MEMORY + MEMORY_EACH * bytes;
}

/**
 * Does what may never end for so long at most: then it is cancelled, and the engine that does not hear that is ended.
 * @throws EmendError 'failed' after that time; 'cancelled' where the person cancelled; what `act` throws
 */
export async function withinTime<T>(limit: number, signal: AbortSignal | undefined, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = AbortSignal.timeout(limit);
  try {
    return await act(signal ? AbortSignal.any([signal, over]) : over);
  } catch (error) {
    if (!over.aborted || signal?.aborted === true) throw error;
    throw new EmendError(
      'failed',
      `The trial run of the model did not end within ${Math.round(limit / MINUTE)} minutes, and was ended.`,
      'A graph or a tokenizer can be made such that it never ends. Take the model from its maker again.',
    );
  }
}
