import { Tokenizer as Library } from '@huggingface/tokenizers';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { readAlike, unknownToken } from './parts.ts';
import { DecoderSchema, spellingOf, tokenBytes, type Spelling } from './surface.ts';

const AddedTokenSchema = v.looseObject({ id: v.number(), content: v.string(), special: v.optional(v.boolean(), false) });

/** What Emend itself reads of a tokenizer.json; the rest goes to the library as it is. */
export const TokenizerJsonSchema = v.looseObject({
  model: v.looseObject({}),
  added_tokens: v.optional(v.nullable(v.array(AddedTokenSchema))),
  decoder: v.optional(v.nullable(DecoderSchema)),
});
export type TokenizerJson = v.InferOutput<typeof TokenizerJsonSchema>;

/** What Emend uses of the library; stated here because the library's own declarations do not resolve under Node's rules. */
interface LibraryTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: (number | undefined)[] };
  decode(ids: number[], options: { clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  readonly model: { readonly vocab: readonly string[]; readonly unk_token_id?: number };
}

/** The ids with a meaning of their own; a model's configuration says which. */
export interface SpecialIds {
  readonly bosId: number | undefined;
  /** Every id that ends a generation; may be empty. */
  readonly eosIds: readonly number[];
  /** What fills up short rows; the end token where a model names no other. */
  readonly padId: number | undefined;
}

/** A model's tokenizer: text to token ids and back, and the bytes behind each token. */
export class Tokenizer implements SpecialIds {
  readonly bosId: number | undefined;
  readonly eosIds: readonly number[];
  readonly padId: number | undefined;
  readonly #library: LibraryTokenizer;
  readonly #spelling: Spelling;
  readonly #added: ReadonlyMap<number, { content: string; special: boolean }>;
  readonly #unknown: number | undefined;
  readonly #bytes = new Map<number, Uint8Array>();

  /**
   * @param json a parsed tokenizer.json
   * @param config a parsed tokenizer_config.json, or {}
   * @throws EmendError 'unsupported' for a tokenizer that the library cannot run
   */
  constructor(json: TokenizerJson, config: Readonly<Record<string, unknown>> = {}, ids: Partial<SpecialIds> = {}) {
    const added = json.added_tokens ?? [];
    const alike = readAlike(json);
    const parts = {
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      ...alike,
      decoder: json.decoder ?? null,
      added_tokens: added,
    };
    try {
      const unknown = unknownToken(json);
      this.#library = new Library(parts, {
        ...(unknown === undefined ? {} : { unk_token: unknown }),
        ...plainTokens(config),
      }) as unknown as LibraryTokenizer;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new EmendError(
        'unsupported',
        `tokenizer.json has a part that Emend cannot run: ${reason}`,
        'Save the tokenizer again with a recent version of transformers (AutoTokenizer.from_pretrained(…).save_pretrained(…)).',
      );
    }
    this.#spelling = spellingOf(json.decoder ?? null, json.model);
    this.#added = new Map(added.map((token) => [token.id, token]));
    this.#unknown = this.#library.model.unk_token_id;
    this.eosIds = ids.eosIds ?? [];
    this.bosId = ids.bosId;
    this.padId = ids.padId ?? this.eosIds[0];
  }

  /** The first id that ends a generation. */
  get eosId(): number | undefined {
    return this.eosIds[0];
  }

  /** One more than the highest id. A model's embedding may be larger (padded); it is never smaller. */
  get vocabularySize(): number {
    return this.#library.model.vocab.length;
  }

  /** How the vocabulary writes its tokens; for people. */
  get kind(): Spelling['kind'] {
    return this.#spelling.kind;
  }

  /** Whether the tokenizer begins every row with its start token (Llama, Gemma: yes; GPT-2, Qwen: no). */
  get addsBos(): boolean {
    return this.#split('a').leading.length > 0;
  }

  /**
   * Token ids of a text.
   * @param addSpecialTokens put the tokens in front that the tokenizer adds there (a start token). Those that it would add
   *   behind (an end token) are always left out: a row here is what a decoder goes on from. Default true.
   * @throws EmendError 'bad-input' where the vocabulary has no token for a part of the text, nor one for the unknown
   */
  encode(text: string, { addSpecialTokens = true }: { addSpecialTokens?: boolean } = {}): number[] {
    if (!addSpecialTokens) return this.#plain(text);
    const { leading, ids } = this.#split(text);
    return [...leading, ...ids];
  }

  /** Like {@link encode} with special tokens, and how many of the ids were put in front. */
  encodeRow(text: string): { ids: number[]; leading: number } {
    const { leading, ids } = this.#split(text);
    return { ids: [...leading, ...ids], leading: leading.length };
  }

  /**
   * Text of a whole row, as transformers decodes it: the space that a SentencePiece tokenizer puts in front is taken away.
   * For the continuation of a text use {@link continuation}, which keeps its space.
   */
  decode(ids: readonly number[], { skipSpecialTokens = false }: { skipSpecialTokens?: boolean } = {}): string {
    const kept = skipSpecialTokens ? ids.filter((id) => !this.isSpecial(id)) : [...ids];
    return kept.length === 0 ? '' : this.#library.decode(kept, { clean_up_tokenization_spaces: false });
  }

  /** Text that ids add to a text before them, without special tokens; an unfinished character at the end becomes U+FFFD. */
  continuation(ids: readonly number[]): string {
    const stream = new Detokenizer(this);
    return ids.map((id) => stream.push(id)).join('') + stream.end();
  }

  /** Whether an id is a special token (start, end, role markers, …), which no text shows. */
  isSpecial(id: number): boolean {
    return this.#added.get(id)?.special ?? false;
  }

  /** The id of a token as the vocabulary writes it. */
  idOf(token: string): number | undefined {
    return this.#library.token_to_id(token);
  }

  /** A token for people to read: its text with its spaces, bytes of an unfinished character as \xNN, special tokens by name. */
  tokenText(id: number): string {
    const added = this.#added.get(id);
    if (added) return added.content;
    if (this.#library.id_to_token(id) === undefined) return `<id ${id}, no token>`;
    const bytes = this.tokenBytes(id);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return [...bytes].map((byte) => (byte < 128 ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase()}`)).join('');
    }
  }

  /**
   * The UTF-8 bytes that a token adds to a text. An unknown-token's are those of U+FFFD, a special token's those of its name, and an id
   * beyond the vocabulary has none.
   */
  tokenBytes(id: number): Uint8Array {
    const known = this.#bytes.get(id);
    if (known) return known;
    const bytes = this.#readBytes(id);
    this.#bytes.set(id, bytes);
    return bytes;
  }

  #readBytes(id: number): Uint8Array {
    const added = this.#added.get(id);
    if (id === this.#unknown) return new TextEncoder().encode('\uFFFD');
    if (added) return new TextEncoder().encode(added.content);
    const token = this.#library.id_to_token(id);
    // Embeddings are often padded beyond the vocabulary; such ids mean nothing.
    return token === undefined ? new Uint8Array() : tokenBytes(token, this.#spelling);
  }

  #plain(text: string): number[] {
    return this.#library.encode(text, { add_special_tokens: false }).ids.map((id) => this.#checked(id, text));
  }

  /** What the tokenizer puts in front of a text, and the text's own tokens. */
  #split(text: string): { leading: number[]; ids: number[] } {
    if (text === '') {
      // Nothing of the text can be found in what the tokenizer makes of it: all is put in front, but for an end token behind.
      const special = this.#library.encode('', { add_special_tokens: true }).ids.map((id) => this.#checked(id, text));
      return { leading: special.filter((id) => !this.eosIds.includes(id)), ids: [] };
    }
    const ids = this.#plain(text);
    const whole = this.#library.encode(text, { add_special_tokens: true }).ids;
    for (let start = 0; start + ids.length <= whole.length; start++) {
      if (ids.every((id, at) => whole[start + at] === id))
        return { leading: whole.slice(0, start).map((id) => this.#checked(id, text)), ids };
    }
    throw new EmendError(
      'unsupported',
      'The tokenizer changes the tokens of a text when it adds its special tokens.',
      'Save the tokenizer without a post-processor that does so.',
    );
  }

  /** The library answers undefined for a token outside the vocabulary when there is no unknown-token; its types say number. */
  #checked(id: number | undefined, text: string): number {
    if (id !== undefined) return id;
    throw new EmendError(
      'bad-input',
      `The tokenizer has no token for a part of the text ${JSON.stringify(text.slice(0, 80))}.`,
      'Use only characters that the model knows.',
    );
  }
}

/** Turns a stream of ids into text as it comes, holding back bytes of a character that is not complete; special tokens give nothing. */
export class Detokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** The text that is now complete; '' when the token only began a character. */
  push(id: number): string {
    return this.#tokenizer.isSpecial(id) ? '' : this.#decoder.decode(this.#tokenizer.tokenBytes(id), { stream: true });
  }

  /** What was held back, as U+FFFD; call it once when the stream ends. */
  end(): string {
    return this.#decoder.decode();
  }
}

/** Older configurations write a token as an object with `content`; the library wants its text. */
function plainTokens(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, key.endsWith('_token') ? (tokenContent(value) ?? value) : value]),
  );
}

/** The text of a token in a tokenizer_config.json: a string, or an object that holds it. */
export function tokenContent(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const written = v.safeParse(v.looseObject({ content: v.string() }), value);
  return written.success ? written.output.content : undefined;
}
