import * as v from 'valibot';

/** The parts of a tokenizer.json decoder that say how a token is written; all else is left to the library. */
export const DecoderSchema = v.looseObject({ type: v.string(), decoders: v.optional(v.array(v.looseObject({ type: v.string() }))) });

/** How the tokens of one vocabulary are written. */
export interface Spelling {
  /** 'bytes': GPT-2's byte alphabet. 'metaspace': SentencePiece's visible space. 'words': spaces stand between tokens. */
  readonly kind: 'bytes' | 'metaspace' | 'words';
  /** The character that stands for a space ('metaspace'). */
  readonly space: string;
  /** Prefix of a token that continues the word before it ('words'; WordPiece's ##). */
  readonly continuation: string;
  /** Suffix of a token that ends a word ('words'; </w>). */
  readonly wordEnd: string;
}

/** Finds out from a tokenizer.json's `decoder` and `model` how its tokens are written. */
export function spellingOf(decoder: v.InferOutput<typeof DecoderSchema> | null, model: Readonly<Record<string, unknown>>): Spelling {
  const parts = decoder === null ? [] : [decoder, ...(decoder.decoders ?? [])];
  const part = (type: string) => parts.find((one) => one.type === type);
  const words: Spelling = { kind: 'words', space: ' ', continuation: '', wordEnd: '' };
  if (part('ByteLevel')) return { ...words, kind: 'bytes' };
  const metaspace = part('Metaspace');
  if (metaspace) return { ...words, kind: 'metaspace', space: text(metaspace['replacement'], '▁') };
  if (part('ByteFallback') || part('Replace')) return { ...words, kind: 'metaspace', space: '▁' };
  return {
    ...words,
    continuation: text(part('WordPiece')?.['prefix'], text(model['continuing_subword_prefix'], '')),
    wordEnd: text(part('BPEDecoder')?.['suffix'], text(model['end_of_word_suffix'], '')),
  };
}

/**
 * The bytes that one token adds to a text, UTF-8. A token may hold a part of a character only.
 * Joined over a row they are the text, but for what the tokenizer normalises and for a space in front that some add.
 */
export function tokenBytes(token: string, spelling: Spelling): Uint8Array {
  if (spelling.kind === 'bytes') return Uint8Array.from([...token].flatMap((char) => byteOfChar.get(char) ?? [...utf8.encode(char)]));
  if (spelling.kind === 'metaspace') {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
    return byte ? Uint8Array.of(Number.parseInt(byte[1]!, 16)) : utf8.encode(token.replaceAll(spelling.space, ' '));
  }
  if (spelling.wordEnd !== '') {
    const ends = token.endsWith(spelling.wordEnd);
    return utf8.encode(ends ? `${token.slice(0, -spelling.wordEnd.length)} ` : token);
  }
  const continues = spelling.continuation !== '' && token.startsWith(spelling.continuation);
  return utf8.encode(continues ? token.slice(spelling.continuation.length) : ` ${token}`);
}

const utf8 = new TextEncoder();

/** GPT-2's alphabet: a printable character for every byte (openai/gpt-2 src/encoder.py, bytes_to_unicode). */
const byteOfChar = new Map<string, number[]>();
for (let byte = 0, spare = 256; byte < 256; byte++) {
  const printable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  byteOfChar.set(String.fromCodePoint(printable ? byte : spare++), [byte]);
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
