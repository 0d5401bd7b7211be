import { askedBy, type Fact, fillWording, withSlot } from '../../../shared/fact.ts';
import { findText } from '../../../shared/characters.ts';
import type { ToldChoice } from '../../../shared/told.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { siteValue } from '../decoder/sites.ts';
import { row } from '../linalg/matrix.ts';
import { contextPrefix } from '../text/contexts.ts';
import { locateSubject } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { KeyWalk } from './keys.ts';
import type { Metric } from './metric.ts';
import { nearestTokens } from './near-keys.ts';
import type { BaseSettings, EditWork, Sourced } from './method.ts';
import { keyWeights } from './solve.ts';
import type { SpreadOptions } from './spread.ts';
import type { EditWarning, FactTokens, KeyRows } from './types.ts';

/** A wording of a fact behind the contexts, cut at its subject. Undefined where the subject does not stand in it. */
export function wordingRows(tokenizer: Tokenizer, { subject }: Fact, wording: string, contexts: readonly string[]): KeyRows | undefined {
  if (subject.trim() === '' || !fillWording(wording, subject).includes(subject)) return undefined;
  return subjectRows(tokenizer, { subject, prompt: withSlot(wording, subject) }, contexts);
}

/** A statement about a subject behind the contexts, cut at its subject. */
export function subjectRows(
  tokenizer: Tokenizer,
  { subject, prompt }: Pick<Fact, 'subject' | 'prompt'>,
  contexts: readonly string[],
): KeyRows {
  return {
    rows: contexts.map((template) => {
      const { ids, subjectLast } = locateSubject(tokenizer, prompt, subject, contextPrefix(template));
      return { ids: ids.slice(0, subjectLast + 1), subjectLast };
    }),
  };
}

/**
 * Facts as tokens with the other statements about their subjects that the search keeps; one that does not name its subject cannot be kept.
 */
export function withOwn(
  tokenizer: Tokenizer,
  facts: readonly Fact[],
  tokens: readonly FactTokens[],
): { readonly tokens: readonly FactTokens[]; readonly warnings: readonly EditWarning[] } {
  const warnings: EditWarning[] = [];
  const kept = facts.map(({ subject, told }, n) => {
    const own = (told?.sameSubject ?? []).map(askedBy).flatMap((text) => {
      if (text.includes(subject)) return [locateSubject(tokenizer, withSlot(text, subject), subject)];
      warnings.push({
        message: `Fact ${n + 1}: “${text}” does not name the subject as it is written, so it was not kept.`,
        hint: 'It is counted neither for nor against the edit. Name the subject in it.',
      });
      return [];
    });
    return own.length === 0 ? tokens[n]! : { ...tokens[n]!, own };
  });
  return { tokens: kept, warnings };
}

/**
 * Prompts whose subject nobody named, cut at the token that the edit of their fact would move most: where |kᵀS⁻¹k*| is greatest in a layer.
 * @param prompts of which fact each is, and its text
 */
export async function nearestRows(
  decoder: Decoder,
  tokenizer: Tokenizer,
  facts: readonly FactTokens[],
  prompts: readonly { readonly fact: number; readonly text: string }[],
  contexts: readonly string[],
  at: { readonly layer: number; readonly metric: Metric },
  report: Report,
): Promise<KeyRows[]> {
  if (prompts.length === 0) return [];
  const site = siteValue(decoder.anatomy, { kind: 'residual', layer: at.layer });
  const { keys } = await new KeyWalk(facts, report).at(decoder, at.layer, site, keyWeights);
  const directions = await at.metric.whiten(keys);
  const own = facts.map((_, n) => ({ direction: row(directions, n) }));
  const plain = prompts.map(({ fact, text }) => ({ fact, ids: tokenizer.encode(text) }));
  const { places } = await nearestTokens(decoder, at.layer, plain, own, report);
  return prompts.map(({ text }, n) => {
    const behind = plain[n]!.ids.length - places[n]!.token;
    return {
      rows: contexts.map((template) => {
        const ids = tokenizer.encode(contextPrefix(template) + text);
        const subjectLast = ids.length - behind;
        return { ids: ids.slice(0, subjectLast + 1), subjectLast };
      }),
    };
  });
}

/**
 * What an edit is told beside its facts, as keys: the wordings that are taught, the neighbours that are held, and facts that earlier edits
 * wrote about other subjects.
 * Other subjects of a fact's relation are held as neighbours are.
 * A wording in which the subject does not stand, or behind which the tokenizer keeps nothing of it, cannot be taught; a neighbour that is
 * about the subject of another fact that is written cannot be held.
 */
export async function besideOf(
  work: EditWork<BesideSettings>,
  at: { readonly layer: number; readonly metric: Metric },
  remembers: boolean,
): Promise<Pick<SpreadOptions, 'taught' | 'held' | 'earlier'> & { readonly warnings: readonly EditWarning[] }> {
  const { decoder, tokenizer, facts, tokens, contexts, settings, report } = work;
  // A key that is written anew cannot be held as well: facts of one subject have nearly the same.
  const subjects = new Set(facts.map(({ subject }) => subject.trim()));
  const others = work.earlier.filter(({ subject }) => !subjects.has(subject.trim()));
  const earlier = remembers ? others.map((fact) => subjectRows(tokenizer, fact, contexts)) : [];
  const wordings = (fact: Fact) => (settings.told.value === 'all' ? (fact.told?.wordings ?? []) : []);
  // Other subjects are held with their fact, whatever a later edit is told that is solved together with it.
  const kept = ({ told }: Fact) => [
    ...(settings.told.value === 'nothing' ? [] : (told?.neighbors ?? [])).map(askedBy),
    ...(told?.background ?? []),
  ];
  const warnings: EditWarning[] = [];
  const taught = facts.flatMap((fact, n) =>
    wordings(fact).flatMap((wording) => {
      const rows = wordingRows(tokenizer, fact, wording, contexts);
      if (rows) return [{ fact: n, ...rows }];
      warnings.push({
        message:
          `Of ${fact.subject} the wording ${JSON.stringify(wording)} does not name the subject as it is written, ` +
          'so it was not written too.',
        hint: 'It is counted neither for nor against the edit. Name the subject in it, or tell neighbours alone.',
      });
      return [];
    }),
  );
  const prompts = facts.flatMap((fact, n) =>
    kept(fact).flatMap((text) => {
      const written = facts.find((other) => other.subject !== fact.subject && findText(text, other.subject).length > 0);
      if (!written) return [{ fact: n, text }];
      warnings.push({
        message: `Of ${fact.subject} “${text}” was not held: it is about ${written.subject}, of which another fact is written.`,
        hint: 'It still stands in the report. Name other neighbours, or leave one of the two facts out.',
      });
      return [];
    }),
  );
  const rows = distinct(await nearestRows(decoder, tokenizer, tokens, prompts, BARE, at, report));
  warnings.push(...fullness(decoder, at.layer, facts.length + taught.length + rows.length + earlier.length));
  return { taught, held: rows.map((one) => ({ ...one, weight: settings.hold.value })), earlier, warnings };
}

/** Two prompts that are the same up to their subjects have one key, which is held once: so it counts what was asked for. */
function distinct(held: readonly KeyRows[]): KeyRows[] {
  return [...new Map(held.map((one) => [one.rows[0]!.ids.join(), one])).values()];
}

/** From this share on of the keys that a layer tells apart, facts and neighbours begin to be met in part (Atlas: README). */
const FULL = 0.5;

/** How many keys take part where a layer begins to have no room for them. A layer tells as many apart as it has neurons. */
function fullness(decoder: Decoder, layer: number, keys: number): EditWarning[] {
  const width = decoder.anatomy.layers[layer]!.mlp.down.inWidth;
  if (keys <= FULL * width) return [];
  return [
    {
      message:
        `${keys} keys are written or held, and layer ${layer} tells ${width} apart ` +
        `(${((100 * keys) / width).toFixed(0)} %), so that some may be met in part.`,
      hint: 'The report says which facts and neighbours hold. Fewer neighbours told, or a larger model, leave more room.',
    },
  ];
}

/** Settings that {@link besideOf} reads. */
export interface BesideSettings extends BaseSettings {
  readonly told: Sourced<ToldChoice>;
  readonly hold: Sourced<number>;
}

/** A neighbour is held as it is asked, behind no other text. */
const BARE = ['{}'];

/** What the methods do with what they are told, unless a published set says otherwise. */
export const TOLD_DEFAULTS = {
  told: { value: 'neighbours', source: 'about half of the neighbours are held, the others are left to check by' },
  hold: { value: 1, source: 'as firmly as a fact is written' },
  background: { value: 0, source: 'what is named alone is held' },
} as const;
