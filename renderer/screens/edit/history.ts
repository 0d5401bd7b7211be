/**
 * A value with what it was before and what was undone. `mark` names the run of changes that the last one belongs to, such as typing in one
 * cell.
 */
export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  readonly mark: string | undefined;
}

/** Steps that can be undone. */
const STEPS = 200;

export function startHistory<T>(present: T): History<T> {
  return { past: [], present, future: [], mark: undefined };
}

/** A change. Changes that follow each other under the same mark are undone as one. */
export function record<T>(history: History<T>, present: T, mark?: string): History<T> {
  if (present === history.present) return history;
  const joins = mark !== undefined && mark === history.mark;
  return { past: joins ? history.past : [...history.past, history.present].slice(-STEPS), present, future: [], mark };
}

/** Ends a run of changes: the next one is undone by itself. */
export function settle<T>(history: History<T>): History<T> {
  return history.mark === undefined ? history : { ...history, mark: undefined };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  return before === undefined
    ? history
    : { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], mark: undefined };
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  return next === undefined ? history : { past: [...history.past, history.present], present: next, future, mark: undefined };
}
