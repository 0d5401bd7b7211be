import { UsageError } from './usage.ts';

/** A time as the record has them, which compare as texts. @throws UsageError for what is none */
export function timeOf(given: string | undefined, name: string): string | undefined {
  if (given === undefined) return undefined;
  const at = new Date(
    /^\d{4}(-\d{2}){0,2}$/.test(given) ? given : /(Z|[+-]\d{2}:\d{2})$/.test(given) ? given : `${given.replace(' ', 'T')}Z`,
  );
  if (Number.isNaN(at.getTime()))
    throw new UsageError(
      `${name} is ${JSON.stringify(given)}; expected a date or time.`,
      `Write ${name} 2026-03-01 or ${name} 2026-03-01T09:30.`,
    );
  return at.toISOString();
}
