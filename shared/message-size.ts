import { EmendError } from './errors.ts';

/** Largest message of a page, in characters or bytes. Larger things come as files. */
export const MESSAGE_LIMIT = 16 * 1024 * 1024;

/**
 * Refuses a message that is larger than hosts take. Counts roughly what its JSON would be, and stops as soon as it is too much.
 * @throws EmendError 'bad-input'
 */
export function checkSize(message: unknown, limit = MESSAGE_LIMIT): void {
  if (size(message, limit) > limit)
    throw new EmendError(
      'bad-input',
      `The message is too large: expected at most ${limit / 1024 / 1024} MB.`,
      'Give large texts and lists of facts as a file.',
      { limit },
    );
}

function size(message: unknown, limit: number): number {
  const waiting: unknown[] = [message];
  const seen = new Set<object>();
  let total = 0;
  while (waiting.length > 0 && total <= limit) {
    const value = waiting.pop();
    if (typeof value === 'string') total += value.length + 2;
    else if (typeof value !== 'object' || value === null) total += 8;
    else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) total += value.byteLength;
    else if (!seen.has(value)) {
      seen.add(value);
      total += 2;
      if (Array.isArray(value)) total += spread(value, waiting, limit);
      else if (value instanceof Map || value instanceof Set) total += spread([...value], waiting, limit);
      else
        for (const [key, inner] of Object.entries(value)) {
          total += key.length + 3;
          waiting.push(inner);
        }
    }
  }
  return total;
}

/** Puts items with the rest; a list that is too long by its length alone is not gone through. */
function spread(items: readonly unknown[], waiting: unknown[], limit: number): number {
  if (items.length <= limit) for (const item of items) waiting.push(item);
  return items.length;
}
