import * as v from 'valibot';

const UnansweredSchema = v.looseObject({ connection: v.literal('lost'), asked: v.number() });

/** What the error of a call tells where nobody answered it. @param asked when it was made, by performance.now() */
export function unanswered(asked: number): v.InferOutput<typeof UnansweredSchema> {
  return { connection: 'lost', asked };
}

/** When a call was made that nobody answered; undefined of any other error. */
export function unansweredSince(error: unknown): number | undefined {
  const { details } = (error ?? {}) as { readonly details?: unknown };
  return v.is(UnansweredSchema, details) ? details.asked : undefined;
}

/** Whether an error tells that nobody answered, and somebody does again since that was asked, however late the error comes. */
export function isOver(error: unknown, foundAt: number): boolean {
  return (unansweredSince(error) ?? Infinity) < foundAt;
}
