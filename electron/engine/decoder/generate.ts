import type * as ort from 'onnxruntime-node';
import { logitsAt, slice } from '../runtime/surgery.ts';
import type { Decoder, Scores } from './decoder.ts';
import { feedsFor, rightPad } from '../runtime/inputs.ts';
import { floats, intFeed, type Session } from '../runtime/session.ts';
import { indicesFor, isFlat } from './stage.ts';
import { logSoftmax, pickToken, Random, type Sampling } from '../runtime/sampling.ts';

const ROWS = 'emend.last_rows';

/** What to do with each new token; rows count from 0. `probability()` is the one that the model gave it. Return true to end that row. */
export type OnToken = (row: number, id: number, probability: () => number) => boolean | undefined;

/** Told what each next token is chosen by: logits or the scores of a decoding rule [V], and the layer that these were contrasted with. */
export type OnStep = (row: number, scores: Float32Array, exit: number | undefined) => void;

/** Continues token rows one token at a time, with the model's cache where it has one. */
export class Generator {
  private readonly decoder: Decoder;
  private readonly session: Session;
  private readonly logits: string;
  private readonly exit: string | undefined;

  private constructor(decoder: Decoder, session: Session, { scores, exit }: Omit<Scores, 'graph'>) {
    this.decoder = decoder;
    this.session = session;
    this.logits = scores;
    this.exit = exit;
  }

  /** Makes the session: logits of each row's last token only, and the cache. */
  static async create(decoder: Decoder, options: { prepack?: boolean } = {}): Promise<Generator> {
    const { anatomy } = decoder;
    const last = logitsAt(decoder.graph, anatomy.unembedding.input, anatomy.unembedding.product, anatomy.logits, ROWS);
    const at = { logits: last.logits, rows: ROWS };
    const made: Scores = decoder.decoding?.apply(last.graph, at, 'next') ?? { graph: last.graph, scores: last.logits };
    const outputs = [made.scores, ...(made.exit === undefined ? [] : [made.exit]), ...decoder.inputs.past.map((p) => p.present)];
    return new Generator(decoder, await decoder.session(slice(made.graph, outputs), options), made);
  }

  /** Logits [rows, V] behind each row's last token, without generating. */
  async next(rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const result = await this.step(rows, new Map(), 0, rows);
    return rowsOf(floats(result, this.logits), rows.length);
  }

  /**
   * Up to `maxTokens` more tokens for each row. Rows of different length run in groups of equal length, so that caches line up.
   * @param stopAt ids that end a row (they are not part of the result)
   * @param onPrompt told the logits behind each prompt as it is read; with it the prompts are read even when no token is wanted
   * @param check called before each step; throws to stop
   */
  async continue(
    rows: readonly (readonly number[])[],
    options: {
      maxTokens: number;
      sampling: Sampling;
      stopAt?: readonly number[];
      onPrompt?: (row: number, logits: Float32Array) => void;
      onToken?: OnToken;
      onStep?: OnStep;
      check?: () => void;
    },
  ): Promise<number[][]> {
    const results: number[][] = rows.map(() => []);
    const byLength = new Map<number, number[]>();
    rows.forEach((row, i) => byLength.set(row.length, [...(byLength.get(row.length) ?? []), i]));
    for (const members of byLength.values()) await this.continueGroup(rows, members, results, options);
    return results;
  }

  private async continueGroup(
    rows: readonly (readonly number[])[],
    members: readonly number[],
    results: number[][],
    options: Parameters<Generator['continue']>[1],
  ): Promise<void> {
    const cached = this.decoder.inputs.past.length > 0;
    const { sampling: asked } = options;
    const { decoding } = this.decoder;
    const sampling = decoding && asked.repetitionPenalty === 1 ? { ...asked, repetitionPenalty: decoding.repetitionPenalty } : asked;
    const dice = members.map((i) => new Random(options.sampling.seed + 7919 * i));
    const texts = members.map((i) => [...rows[i]!]);
    const ended = members.map(() => false);
    let past = new Map<string, ort.Tensor>();
    let settled = 0;
    const steps = options.onPrompt ? Math.max(options.maxTokens, 1) : options.maxTokens;
    for (let made = 0; made < steps && ended.includes(false); made++) {
      options.check?.();
      if (!this.isCacheGood(settled, texts[0]!.length)) {
        past = new Map();
        settled = 0;
      }
      const result = await this.step(
        texts.map((t) => t.slice(settled)),
        past,
        settled,
        members.map((i) => rows[i]!),
      );
      const logits = rowsOf(floats(result, this.logits), members.length);
      const exits = this.exit === undefined ? undefined : (result[this.exit]!.data as BigInt64Array);
      if (made === 0) members.forEach((row, m) => options.onPrompt?.(row, logits[m]!));
      if (made === options.maxTokens) break;
      if (cached) {
        past = new Map(this.decoder.inputs.past.map((slot) => [slot.input, result[slot.present]!]));
        settled = texts[0]!.length;
      }
      members.forEach((row, m) => {
        const id = pickToken(logits[m]!, sampling, texts[m]!, dice[m]!);
        if (!ended[m]) options.onStep?.(row, logits[m]!, exits && Number(exits[m]));
        texts[m]!.push(id);
        if (ended[m]) return;
        if (options.stopAt?.includes(id)) ended[m] = true;
        else {
          results[row]!.push(id);
          if (options.onToken?.(row, id, () => Math.exp(logSoftmax(logits[m]!)[id]!))) ended[m] = true;
        }
      });
    }
  }

  /** Whether what is cached of a beginning is still as the whole text is read. */
  private isCacheGood(settled: number, length: number): boolean {
    const limit = this.decoder.source.cacheHolds;
    return limit === undefined || length <= limit.upTo || (limit.then === 'again' && settled > limit.upTo);
  }

  private step(
    rows: readonly (readonly number[])[],
    past: ReadonlyMap<string, ort.Tensor>,
    settled: number,
    prompts: readonly (readonly number[])[],
  ): Promise<Record<string, ort.Tensor>> {
    const boundaries = prompts.map(({ length }) => ({ prompt: length, answer: length }));
    const tokens = rightPad(rows, settled, boundaries);
    const flat = isFlat(this.decoder, this.decoder.anatomy.unembedding.input);
    const places = indicesFor(
      flat,
      tokens.length,
      rows.map((r, row) => ({ row, token: r.length - 1 })),
    );
    return this.session.run({
      ...feedsFor(this.decoder.inputs, tokens, this.session.inputs, past),
      [ROWS]: intFeed(places.data, places.dims),
    });
  }

  /** Frees the session. */
  release(): Promise<void> {
    return this.session.release();
  }
}

function rowsOf(data: Float32Array, rows: number): Float32Array[] {
  const width = data.length / rows;
  return Array.from({ length: rows }, (_, r) => data.subarray(r * width, (r + 1) * width));
}
