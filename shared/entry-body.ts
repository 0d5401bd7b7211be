import * as v from 'valibot';
import type { EntryView } from './contract/audit.ts';
import { CheckSchema } from './contract/edits.ts';
import { kindInfo } from './kinds.ts';
import { type LookName, lookNames, LOOKS } from './looks.ts';
import { TRACE_KINDS, traceKinds } from './tracing.ts';

const LookSchema = v.picklist(lookNames());
const TraceKindsSchema = v.array(v.picklist(TRACE_KINDS));
const Fields = v.record(v.string(), v.unknown());

/** What the bodies of entries hold that has a place of its own where people read them; every kind has some of it. */
const PartsSchema = v.partial(
  v.object({
    parent: v.string(),
    version: v.string(),
    method: v.string(),
    facts: v.array(
      v.object({
        subject: v.string(),
        prompt: v.string(),
        target: v.string(),
        previousTarget: v.optional(v.string()),
        relation: v.optional(v.string()),
      }),
    ),
    checks: v.array(CheckSchema),
    changed: v.array(
      v.object({ tensor: v.string(), before: v.string(), after: v.string(), measures: v.optional(v.record(v.string(), v.number())) }),
    ),
    hyperparameters: Fields,
    settings: Fields,
    seeds: v.record(v.string(), v.number()),
    model: v.object({
      id: v.string(),
      name: v.string(),
      files: v.array(v.object({ path: v.string(), bytes: v.number(), sha256: v.string() })),
    }),
    files: v.array(v.object({ path: v.string(), bytes: v.number(), sha256: v.string() })),
    problems: v.array(v.object({ entry: v.optional(v.number()), what: v.string(), message: v.string() })),
    anatomy: Fields,
    trial: Fields,
    details: Fields,
  }),
);
export type BodyParts = v.InferOutput<typeof PartsSchema>;

/** A line: a name and what is recorded under it. `entry` is set where it names another entry, `hash` where it is one. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly entry?: number;
  readonly hash?: boolean;
}

export interface BodyView {
  readonly parts: BodyParts;
  /** Short fields of this kind, labelled. */
  readonly fields: readonly Field[];
  readonly hyperparameters: readonly { readonly name: string; readonly value: string; readonly source: string }[];
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
  /** Larger parts without a place of their own, shown as recorded. */
  readonly raw: readonly { readonly name: string; readonly json: string }[];
  /** How one looked, where what was found can be seen again. */
  readonly look?: LookName;
}

const LABELS: Readonly<Record<string, string>> = {
  ledger: 'Ledger format',
  name: 'Tag',
  suite: 'Checked',
  format: 'Format',
  destination: 'Written to',
  upTo: 'Verified up to entry',
  head: 'Head then',
  ok: 'Result',
  entry: 'About entry',
  look: 'Looked at',
  later: 'Later edits on top',
  title: 'Steering',
  why: 'Why it was not anchored',
  reapplies: 'Computes anew entry',
  until: 'Made together, up to entry',
};
/** What a look into a version was asked for. */
const SETTINGS: Readonly<Record<string, string>> = {
  prompt: 'Text',
  subject: 'Subject',
  answer: 'Answer followed',
  watched: 'Answers followed',
  top: 'Likeliest tokens kept',
  layer: 'Layer',
  layers: 'Layers',
  kinds: 'Put back',
  window: 'Layers put back together',
  samples: 'Noisy runs',
  level: 'Noise, in standard deviations',
  seed: 'Seed',
  source: 'From',
  facts: 'Facts',
  texts: 'Texts averaged over',
  how: 'Put in place',
  severed: 'Severed',
  tuned: 'Tuned lens',
  against: 'Compared with version',
  old: 'Old answer',
  new: 'New answer',
  target: 'New answer',
  previousTarget: 'Answer now',
  method: 'Method',
  choices: 'Settings of the method',
  hyperparameterFile: 'Hyperparameter file',
  steps: 'Steps of each trial',
  most: 'Prompts listed, at most',
  clean: 'States from',
  counterfactual: 'Put into',
  answers: 'Answers followed',
  tokens: 'Tokens, at most',
  share: 'Share of places that a unit is on at',
  limit: 'Detector above an IoU of',
  shuffles: 'Shuffles for the control',
};
const ENTRIES = new Set(['upTo', 'entry', 'reapplies', 'until']);

/**
 * A recorded body, in the parts that screens and papers show. Whatever has no place of its own is shown as it is, so nothing recorded stays
 * hidden.
 */
export function bodyView(entry: {
  readonly kind: EntryView['kind'];
  readonly body: EntryView['body'];
  readonly evidence: readonly { readonly role: string }[];
}): BodyView {
  const parts = v.parse(PartsSchema, entry.body);
  const shown = new Set(Object.keys(PartsSchema.entries));
  const named = new Set(entry.evidence.map((one) => one.role));
  const rest = Object.entries(entry.body).filter(([name]) => !shown.has(name) && name !== 'evidence' && !named.has(name));
  const simple = rest.filter(([, value]) => isSimple(value));
  const look = v.safeParse(LookSchema, entry.body['look']);
  return {
    parts,
    ...(look.success ? { look: look.output } : {}),
    fields: [
      ...(parts.model
        ? [
            { name: 'Model', value: parts.model.name },
            { name: 'Model id', value: parts.model.id, hash: true },
          ]
        : []),
      ...simple.map(([name, value]): Field => ({
        name: kindInfo(entry.kind).version === 'takes out' && name === 'entry' ? 'Takes out entry' : (LABELS[name] ?? name),
        value: valueText(name, value),
        ...(ENTRIES.has(name) && typeof value === 'number' ? { entry: value } : {}),
        ...(name === 'head' ? { hash: true } : {}),
      })),
      ...Object.entries(parts.settings ?? {}).map(([name, value]): Field => ({
        name: SETTINGS[name] ?? name,
        value: isSimple(value) ? valueText(name, value) : JSON.stringify(value),
      })),
      ...despite(parts.details),
    ],
    hyperparameters: Object.entries(parts.hyperparameters ?? {}).map(([name, value]) => hyperparameter(name, value)),
    files: parts.model?.files ?? parts.files ?? [],
    raw: [
      ...(['anatomy', 'trial', 'details'] as const).map((name): [string, unknown] => [name, parts[name]]),
      ...rest.filter(([, value]) => !isSimple(value)),
    ].flatMap(([name, value]) => (isEmpty(value) ? [] : [{ name, json: JSON.stringify(value, null, 2) }])),
  };
}

/** Of an export: the rejections that stood, which whoever exported was told of. */
function despite(details: BodyParts['details']): Field[] {
  const told = v.safeParse(v.object({ despite: v.pipe(v.array(v.number()), v.minLength(1)) }), details);
  if (!told.success) return [];
  const { despite: entries } = told.output;
  return [{ name: 'Exported in spite of rejection', value: entries.join(', '), ...(entries.length === 1 ? { entry: entries[0]! } : {}) }];
}

function isSimple(value: unknown): boolean {
  return typeof value !== 'object' || (Array.isArray(value) && value.every((one) => typeof one !== 'object'));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

function valueText(name: string, value: unknown): string {
  if (name === 'look' && v.is(LookSchema, value)) return LOOKS[value].label;
  if (name === 'ok') return value === true ? 'whole in itself' : 'damaged';
  if (name === 'kinds' && v.is(TraceKindsSchema, value)) return value.map((kind) => traceKinds[kind].label).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}

/** Recorded as `{ name, value, source }`, by earlier releases without a name, or as the plain value. */
function hyperparameter(name: string, recorded: unknown): { name: string; value: string; source: string } {
  const full = v.safeParse(
    v.object({ name: v.optional(v.string(), name), value: v.unknown(), source: v.optional(v.string(), '') }),
    recorded,
  );
  const value = full.success ? full.output.value : recorded;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return full.success ? { name: full.output.name, value: text, source: full.output.source } : { name, value: text, source: '' };
}

/** A fact as a sentence with its subject in place, up to the answer. */
export function question({ subject, prompt }: { readonly subject: string; readonly prompt: string }): string {
  return prompt.replace('{}', () => subject);
}

/** A name as a record has it, in words: `factSet` is "Fact set". */
export function inWords(name: string): string {
  const words = name.replaceAll(/([a-z\d])([A-Z])/g, (_, end: string, begin: string) => `${end} ${begin.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a file is, for people who know no media types. */
export function typeWords(type: string): string {
  return { 'application/json': 'JSON', 'application/octet-stream': 'binary', 'text/plain': 'text' }[type.split(';')[0]!] ?? type;
}
