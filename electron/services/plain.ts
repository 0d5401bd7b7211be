/** As JSON keeps it: without undefined fields. */
export function plain(value: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

/** The same with its type kept, for what holds nothing but plain data. */
export function asPlain<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
