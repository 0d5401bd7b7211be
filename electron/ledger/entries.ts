import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { isRemark as remarks, kindNames, makesVersion as makes, addsPart as adds } from '../../shared/kinds.ts';
import type { Kind, PartKind, RemarkKind, VersionKind } from '../../shared/kinds.ts';
import { definitionOf, type Body } from './kinds/index.ts';
import { canonical, isCanonical } from '../storage/canonical.ts';
import { sha256, Sha256Schema } from '../storage/hash.ts';

/** One act in the record of a model: a line of the journal. */
export interface EntryOf<K extends Kind> {
  /** Position in the journal, from 1. */
  readonly seq: number;
  /** Hash of the entry before; zeros for the first. */
  readonly prev: string;
  readonly kind: K;
  /** UTC, to the millisecond: 2026-11-22T08:30:00.000Z. */
  readonly time: string;
  readonly author: string;
  readonly reason: string;
  /** Versions of the application and of the engine that did it. */
  readonly app: string;
  readonly engine: string;
  readonly body: Body<K>;
  /** SHA-256 of the canonical JSON of all the other fields. */
  readonly hash: string;
}
export type Entry = { [K in Kind]: EntryOf<K> }[Kind];
export type Unsealed = Omit<EntryOf<Kind>, 'hash'>;

type OfKind<E, K extends Kind> = Extract<E, { readonly kind: K }>;

/** Whether an entry makes a version the current one. */
export function makesVersion<E extends { readonly kind: Kind }>(entry: E): entry is OfKind<E, VersionKind> {
  return makes(entry.kind);
}

/** Whether an entry adds a part to the version. */
export function addsPart<E extends { readonly kind: Kind }>(entry: E): entry is OfKind<E, PartKind> {
  return adds(entry.kind);
}

/** Whether an entry remarks on another or on a version. */
export function isRemark<E extends { readonly kind: Kind }>(entry: E): entry is OfKind<E, RemarkKind> {
  return remarks(entry.kind);
}

/**
 * An entry that a newer release wrote: its hash is right, and it has a kind or a field that this one does not know. What comes after it is
 * told like this too, since nobody here can tell what it did.
 */
export interface NewerEntry {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
  readonly kind: string;
  readonly time: string;
  readonly author: string;
  readonly reason: string;
  readonly app: string;
}

/** What a line of the journal holds. */
export type Line = { readonly entry: Entry } | { readonly newer: NewerEntry };

const EnvelopeSchema = v.looseObject({
  seq: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  prev: Sha256Schema,
  kind: v.pipe(v.string(), v.nonEmpty()),
  time: v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'expected a UTC time such as 2026-11-22T08:30:00.000Z')),
  author: v.pipe(v.string(), v.nonEmpty('expected a name')),
  reason: v.string(),
  app: v.string(),
  engine: v.string(),
  body: v.unknown(),
  hash: Sha256Schema,
});
const FIELDS = Object.keys(EnvelopeSchema.entries).length;
const KINDS: ReadonlySet<string> = new Set(kindNames());

/** The journal line of an entry, without its line end, and the entry with its hash. */
export function seal(unsealed: Unsealed): { entry: Entry; line: string } {
  const text = canonical(unsealed);
  const hash = sha256(text);
  return { entry: { ...unsealed, hash } as Entry, line: withHash(text, hash) };
}

/**
 * Reads a journal line: canonical JSON, its own hash, its fields.
 * @throws EmendError 'bad-file' that says which of these does not hold
 */
export function parseLine(line: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new EmendError('bad-file', `it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  const envelope = v.safeParse(EnvelopeSchema, value, { abortEarly: true });
  if (!envelope.success) throw new EmendError('bad-file', issueText(envelope.issues));
  const { hash, ...rest } = value as Entry;
  const text = (isCanonical(line, value) && withoutHash(line, hash)) || canonical(rest);
  const actual = sha256(text);
  if (actual !== hash)
    throw new EmendError('bad-file', `its content hashes to ${actual}, its recorded hash is ${hash}`, '', {
      expected: hash,
      found: actual,
    });
  if (withHash(text, hash) !== line && canonical(value) !== line) throw new EmendError('bad-file', 'its text is not canonical JSON');
  if (!KINDS.has(rest.kind) || Object.keys(value as object).length > FIELDS) return { newer: newerOf(value as Entry) };
  const result = v.safeParse(definitionOf(rest.kind).schema, rest.body);
  if (result.success) return { entry: value as Entry };
  if (isOfNewerRelease(rest.body, result.issues)) return { newer: newerOf(value as Entry) };
  throw new EmendError('bad-file', issueText(result.issues));
}

/** An entry as much as can be told of one whose kind or fields are not known. */
export function newerOf({ seq, prev, hash, kind, time, author, reason, app }: Omit<Entry, 'body' | 'engine'>): NewerEntry {
  return { seq, prev, hash, kind, time, author, reason, app };
}

/** Whether a body does not fit for no other reason than that it has more than this release knows. */
function isOfNewerRelease(body: unknown, issues: readonly v.BaseIssue<unknown>[]): boolean {
  const isNewFormat = typeof body === 'object' && body !== null && 'ledger' in body && Number(body.ledger) > 1;
  return isNewFormat || issues.every((issue) => issue.type === 'strict_object' && issue.expected === 'never');
}

/** Refuses a body that a program gave if it does not fit its kind. @throws EmendError 'bad-input' that names the field */
export function checkInput(kind: Kind, input: unknown): void {
  const result = v.safeParse(definitionOf(kind).input, input, { abortEarly: true });
  if (!result.success)
    throw new EmendError('bad-input', `The ${kind} entry does not fit: ${issueText(result.issues)}.`, 'Nothing was recorded.', {
      field: v.getDotPath(result.issues[0]),
    });
}

/**
 * Puts the hash where canonical order has it, before "kind", rather than writing the whole entry out twice.
 * The last such place is the entry's own: only texts follow it, and in a text a quotation mark is escaped.
 */
function withHash(text: string, hash: string): string {
  const at = text.lastIndexOf(',"kind":"');
  return `${text.slice(0, at)},"hash":"${hash}"${text.slice(at)}`;
}

/** The reverse of {@link withHash}; undefined where the hash is not in its place. */
function withoutHash(line: string, hash: string): string | undefined {
  const part = `,"hash":"${hash}"`;
  const at = line.lastIndexOf(`${part},"kind":"`);
  return at === -1 ? undefined : line.slice(0, at) + line.slice(at + part.length);
}

function issueText(issues: readonly v.BaseIssue<unknown>[]): string {
  const issue = issues[0]!;
  return `its field ${v.getDotPath(issue) ?? '(whole)'}: ${issue.message}`;
}
