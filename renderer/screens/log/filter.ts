import * as v from 'valibot';
import { startOfDay } from '../../components/lists/days.ts';
import { REVIEW_STATES } from '../../../shared/reviews.ts';
import { KindSchema, type Filter, type Kind } from '../../../shared/contract/audit.ts';

const Day = v.pipe(v.string(), v.isoDate());

/** What the filter bar holds; empty texts mean "any". Days are those of this machine's clock, both included. */
export const LogFilterSchema = v.object({
  text: v.fallback(v.string(), ''),
  kinds: v.fallback(v.array(KindSchema), []),
  author: v.fallback(v.string(), ''),
  method: v.fallback(v.string(), ''),
  relation: v.fallback(v.string(), ''),
  subject: v.fallback(v.string(), ''),
  verdict: v.fallback(v.picklist(['', 'passed', 'failed', 'none']), ''),
  review: v.fallback(v.picklist(['', ...REVIEW_STATES]), ''),
  from: v.fallback(v.union([v.literal(''), Day]), ''),
  to: v.fallback(v.union([v.literal(''), Day]), ''),
});
export type LogFilter = v.InferOutput<typeof LogFilterSchema>;
export type FilterField = keyof LogFilter;

export const NO_FILTER: LogFilter = {
  text: '',
  kinds: [],
  author: '',
  method: '',
  relation: '',
  subject: '',
  verdict: '',
  review: '',
  from: '',
  to: '',
};

const TEXTS = [
  'text',
  'author',
  'method',
  'relation',
  'subject',
  'verdict',
  'review',
  'from',
  'to',
] as const satisfies readonly FilterField[];

/** The filter as the address holds it; nothing for no filter. */
export function filterToQuery(filter: LogFilter): Record<string, string> {
  const texts = TEXTS.flatMap((field) => (filter[field].trim() === '' ? [] : [[field, filter[field].trim()]]));
  return Object.fromEntries(filter.kinds.length === 0 ? texts : [...texts, ['kinds', filter.kinds.join(' ')]]);
}

/** The reverse of {@link filterToQuery}; what does not fit is left out, as an address may come from anywhere. */
export function filterFromQuery(query: Readonly<Record<string, string>>): LogFilter {
  const kinds = (query['kinds'] ?? '').split(' ').filter((kind) => v.is(KindSchema, kind));
  return v.parse(LogFilterSchema, { ...query, kinds: [...new Set(kinds)] });
}

/** The filter as the contract takes it. A day begins and ends by this machine's clock. */
export function filterForCall(filter: LogFilter): Filter {
  const texts = Object.fromEntries(
    (['text', 'author', 'method', 'relation', 'subject'] as const).flatMap((field) =>
      filter[field].trim() === '' ? [] : [[field, filter[field].trim()]],
    ),
  );
  return {
    ...texts,
    ...(filter.kinds.length === 0 ? {} : { kinds: filter.kinds }),
    ...(filter.verdict === '' ? {} : { verdict: filter.verdict }),
    ...(filter.review === '' ? {} : { review: filter.review }),
    ...(filter.from === '' ? {} : { from: startOfDay(filter.from, 0) }),
    ...(filter.to === '' ? {} : { to: startOfDay(filter.to, 1) }),
  };
}

/** One thing that the list is narrowed by, and the filter without it. */
export interface Chip {
  readonly field: FilterField;
  readonly value: string;
  readonly without: LogFilter;
}

/** What is set, in the order of the bar; each kind is one of its own. */
export function chipsOf(filter: LogFilter): Chip[] {
  const order = ['text', 'kinds', 'author', 'method', 'relation', 'subject', 'verdict', 'review', 'from', 'to'] as const;
  return order.flatMap((field): Chip[] => {
    if (field === 'kinds')
      return filter.kinds.map((kind) => ({
        field,
        value: kind,
        without: { ...filter, kinds: filter.kinds.filter((one) => one !== kind) },
      }));
    return filter[field].trim() === '' ? [] : [{ field, value: filter[field].trim(), without: { ...filter, [field]: '' } }];
  });
}

/** The filter with a kind taken in, or out when it was in. */
export function toggleKind(filter: LogFilter, kind: Kind): LogFilter {
  return { ...filter, kinds: filter.kinds.includes(kind) ? filter.kinds.filter((one) => one !== kind) : [...filter.kinds, kind] };
}

/** Whether the days leave nothing. */
export function isReversed({ from, to }: Pick<LogFilter, 'from' | 'to'>): boolean {
  return from !== '' && to !== '' && from > to;
}
