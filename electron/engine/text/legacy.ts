import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { readModelJson } from '../onnx/model-config.ts';
import { tokenContent } from './tokenizer.ts';

const VocabularySchema = v.record(v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(0)));
const AddedSchema = v.record(v.string(), v.looseObject({ content: v.string(), special: v.optional(v.boolean(), false) }));

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const QWEN_WORDS =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** How the tokenizer of a class cuts text before its merges. Source: transformers, convert_slow_tokenizer.py. */
const CLASSES: Readonly<Record<string, { readonly normalizer: object | null; readonly preTokenizer: object } | undefined>> = {
  GPT2: { normalizer: null, preTokenizer: BYTE_LEVEL },
  CodeGen: { normalizer: null, preTokenizer: BYTE_LEVEL },
  Qwen2: {
    normalizer: { type: 'NFC' },
    preTokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: QWEN_WORDS }, behavior: 'Isolated', invert: false },
        { ...BYTE_LEVEL, use_regex: false },
      ],
    },
  },
};

/** By `model_type`, where no file names the tokenizer's class. */
const CLASS_OF: Readonly<Record<string, string>> = {
  gpt2: 'GPT2',
  gpt_neo: 'GPT2',
  gptj: 'GPT2',
  opt: 'GPT2',
  phi: 'CodeGen',
  starcoder2: 'GPT2',
  qwen2: 'Qwen2',
  qwen3: 'Qwen2',
};

/**
 * A tokenizer.json put together from vocab.json and merges.txt, with what tokenizer_config.json and added_tokens.json add.
 * @throws EmendError 'unsupported' for a class whose way of cutting text is not known, 'bad-file' for malformed files
 */
export function legacyTokenizer(folder: string): Readonly<Record<string, unknown>> {
  const config = readModelJson(folder, 'tokenizer_config.json') ?? {};
  const known = classOf(folder, config);
  const vocab = parsed(folder, 'vocab.json', VocabularySchema, readModelJson(folder, 'vocab.json'));
  const merges = readFileSync(join(folder, 'merges.txt'), 'utf8')
    .split(/\r?\n/)
    .filter((line, at) => line !== '' && !(at === 0 && line.startsWith('#version')));
  const prefix = config['add_prefix_space'] === true;
  const withPrefix = (part: object) => (prefix && 'use_regex' in part ? { ...part, add_prefix_space: true } : part);
  const first = tokenContent(config['bos_token']);
  const start = config['add_bos_token'] === true && first !== undefined ? first : undefined;
  const added = addedTokens(folder, config, vocab);
  return {
    version: '1.0',
    added_tokens: added,
    normalizer: known.normalizer,
    pre_tokenizer: withPrefix(known.preTokenizer),
    post_processor: start === undefined ? null : startsWith(start, added.find(({ content }) => content === start)?.id ?? vocab[start] ?? 0),
    decoder: BYTE_LEVEL,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

function classOf(folder: string, config: Readonly<Record<string, unknown>>) {
  const model = readModelJson(folder, 'config.json') ?? {};
  const named = config['tokenizer_class'] ?? model['tokenizer_class'];
  const name = typeof named === 'string' ? named.replace(/Tokenizer(Fast)?$/, '') : CLASS_OF[String(model['model_type'])];
  const known = name === undefined ? undefined : CLASSES[name];
  if (known !== undefined) return known;
  throw new EmendError(
    'unsupported',
    `${folder} holds vocab.json and merges.txt of a ${name === undefined ? 'tokenizer of unknown class' : `${name} tokenizer`}, ` +
      'whose rules are not known.',
    'Save it once as tokenizer.json with transformers: AutoTokenizer.from_pretrained(folder, use_fast=True).save_pretrained(folder).',
  );
}

interface Added {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}

/** Tokens beside the vocabulary's merges: those that the configuration lists, those of added_tokens.json, and the special ones it names. */
function addedTokens(folder: string, config: Readonly<Record<string, unknown>>, vocab: Readonly<Record<string, number>>): Added[] {
  const found = new Map<number, Added>();
  const add = (id: number, content: string, special: boolean) => {
    if (!found.has(id)) found.set(id, { id, content, special, single_word: false, lstrip: false, rstrip: false, normalized: false });
  };
  const listed = config['added_tokens_decoder'];
  if (listed !== undefined)
    for (const [id, { content, special }] of Object.entries(parsed(folder, 'tokenizer_config.json', AddedSchema, listed)))
      add(Number(id), content, special);
  const more = parsed(folder, 'added_tokens.json', VocabularySchema, readModelJson(folder, 'added_tokens.json') ?? {});
  const names = { ...readModelJson(folder, 'special_tokens_map.json'), ...config };
  const specials = ['bos', 'eos', 'unk', 'pad', 'sep', 'cls', 'mask'].map((key) => tokenContent(names[`${key}_token`]));
  for (const [content, id] of Object.entries(more)) add(id, content, specials.includes(content));
  for (const content of specials) if (content !== undefined && vocab[content] !== undefined) add(vocab[content], content, true);
  return [...found.values()].sort((a, b) => a.id - b.id);
}

/** Puts the start token in front of every text. */
function startsWith(token: string, id: number): object {
  const single = [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
  const pair = [...single, { Sequence: { id: 'B', type_id: 1 } }];
  return { type: 'TemplateProcessing', single, pair, special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } } };
}

function parsed<T>(folder: string, name: string, schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new EmendError(
    'bad-file',
    `${join(folder, name)}: ${v.getDotPath(result.issues[0]) ?? 'the file'}: ${result.issues[0].message}.`,
    'Copy it again from where the model came from.',
  );
}
