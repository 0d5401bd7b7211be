/** A call whose effect is outside the application, and so is only written down. */
export interface Call {
  /** As one would write it: `shell.openExternal`. */
  readonly api: string;
  readonly args: readonly unknown[];
}

/** All recorded calls, oldest first. Tests read them by `app.evaluate(({ electronDouble }) => electronDouble.calls)`. */
export const calls: Call[] = [];

/** Writes a call down. Windows become `{window: id}`, functions their name, so that tests can read the record from another process. */
export function record(api: string, ...args: readonly unknown[]): void {
  calls.push({ api, args: args.map(plain) });
}

function plain(value: unknown): unknown {
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (value === null || typeof value !== 'object') return value;
  if ('webContents' in value && 'id' in value) return { window: value.id };
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
