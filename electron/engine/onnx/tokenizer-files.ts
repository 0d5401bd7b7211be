import { EmendError } from '../../../shared/errors.ts';

/** Files that a byte-level BPE tokenizer was kept in before there was tokenizer.json. */
export const LEGACY_FILES = ['vocab.json', 'merges.txt'] as const;

/** Whether a folder's files, by their names, have a tokenizer that can be read. */
export function hasTokenizerFiles(has: (name: string) => boolean): boolean {
  return has('tokenizer.json') || LEGACY_FILES.every(has);
}

/** Forms that a tokenizer is kept in and that are not read: what they are, and what to do. */
const OTHERS: readonly { readonly is: (name: string) => boolean; readonly what: string }[] = [
  { is: (name) => name.endsWith('.model'), what: 'a SentencePiece model' },
  { is: (name) => name.endsWith('.tiktoken'), what: 'a list of ranks for tiktoken' },
  { is: (name) => name === 'vocab.txt', what: 'a WordPiece vocabulary' },
  { is: (name) => (LEGACY_FILES as readonly string[]).includes(name), what: 'half of a byte-level BPE tokenizer' },
];

/** The error for a folder without a tokenizer that can be read, naming what is there instead. @param names of its files */
export function noTokenizer(folder: string, names: readonly string[]): EmendError {
  const found = OTHERS.flatMap(({ is, what }) => names.filter(is).map((name) => `${name} (${what})`));
  if (found.length === 0)
    return new EmendError(
      'not-found',
      `${folder} has no tokenizer.json; found no tokenizer file at all.`,
      'Copy tokenizer.json and tokenizer_config.json of the same model into the folder.',
      { found: [], path: folder },
    );
  return new EmendError(
    'not-found',
    `${folder} has no tokenizer.json; found only ${found.join(' and ')}.`,
    'Many repositories have a tokenizer.json too: download it into the folder. Otherwise write it once from these files: ' +
      'python -c "from transformers import AutoTokenizer; ' +
      "AutoTokenizer.from_pretrained('<folder>', use_fast=True).save_pretrained('<folder>')\".",
    { found, path: folder },
  );
}
