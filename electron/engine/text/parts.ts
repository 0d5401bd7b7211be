import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';

/**
 * Parts of tokenizer.json that the library in use reads otherwise than the Rust tokenizers do, whose ids a model was trained on: each is
 * written in terms that it reads rightly, or refused by name. Other ids in silence would be other facts.
 */

/** What is looked at of a tokenizer.json. */
interface Parts {
  readonly model: object;
  readonly [part: string]: unknown;
}

const SplitSchema = v.looseObject({
  type: v.literal('Split'),
  pattern: v.union([v.object({ String: v.string() }), v.object({ Regex: v.string() })]),
  behavior: v.string(),
  invert: v.optional(v.boolean(), false),
});
/** White space is what Unicode says; a regular expression of JavaScript takes U+FEFF for it, and U+0085 not. */
const WhitespaceSplitSchema = v.looseObject({ type: v.literal('WhitespaceSplit') });
const WHITE_SPACE = { type: 'Split', pattern: { Regex: '\\p{White_Space}+' }, behavior: 'Removed', invert: false };
const SequenceSchema = v.looseObject({ type: v.literal('Sequence'), pretokenizers: v.array(v.unknown()) });
const ModelSchema = v.looseObject({
  type: v.optional(v.string()),
  byte_fallback: v.optional(v.nullable(v.boolean())),
  continuing_subword_prefix: v.optional(v.nullable(v.string())),
  unk_token: v.optional(v.nullable(v.string())),
});

/**
 * A Split as one that isolates its matches, which the library does rightly: with matches that take their neighbours in, pieces are the same
 * (tokenizers, src/tokenizer/normalizer.rs, SplitDelimiterBehavior).
 */
const ISOLATING: Readonly<Record<string, (pattern: string) => string>> = {
  MergedWithPrevious: (pattern) => `[\\s\\S]*?(?:${pattern})`,
  MergedWithNext: (pattern) => `(?:${pattern})(?:(?!${pattern})[\\s\\S])*`,
  Contiguous: (pattern) => `(?:${pattern})+`,
};

/**
 * A tokenizer.json in terms that the library reads as the Rust tokenizers do.
 * @throws EmendError 'unsupported' naming the part that it would read otherwise
 */
export function readAlike<Json extends Parts>(json: Json): Json {
  const model = v.parse(ModelSchema, json.model);
  if (model.type === 'Unigram' && model.byte_fallback === true)
    throw misread('model.byte_fallback of a Unigram model', 'characters outside its vocabulary would become its unknown token, not bytes');
  if (model.type === 'BPE' && (model.continuing_subword_prefix ?? '') !== '')
    throw misread('model.continuing_subword_prefix of a BPE model', 'words would be put together from other pieces');
  const pre = json['pre_tokenizer'];
  return pre === undefined || pre === null ? json : { ...json, pre_tokenizer: preTokenizer(pre) };
}

/** The token for what is unknown, where only the model of a tokenizer.json names it. */
export function unknownToken(json: Parts): string | undefined {
  return v.parse(ModelSchema, json.model).unk_token ?? undefined;
}

function preTokenizer(part: unknown): unknown {
  if (v.is(SequenceSchema, part)) return { ...part, pretokenizers: part.pretokenizers.map(preTokenizer) };
  if (v.is(WhitespaceSplitSchema, part)) return WHITE_SPACE;
  const split = v.safeParse(SplitSchema, part);
  if (!split.success) return part;
  const { pattern, behavior, invert } = split.output;
  const isolating = ISOLATING[behavior];
  if (!isolating) return part;
  if (invert) throw misread(`a Split with behavior ${behavior} and invert`, 'texts would be cut elsewhere');
  const source = 'Regex' in pattern ? pattern.Regex : pattern.String.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return { ...split.output, pattern: { Regex: isolating(source) }, behavior: 'Isolated' };
}

function misread(part: string, what: string): EmendError {
  return new EmendError(
    'unsupported',
    `tokenizer.json has a part that Emend would read otherwise than the model was trained: ${part}; ${what}.`,
    'Take a model whose tokenizer has no such part.',
  );
}
