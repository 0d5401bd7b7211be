import type { Boundary } from '../../../shared/steering/positions.ts';
import type { Decoder } from './decoder.ts';
import type { Graph } from '../onnx/graph.ts';
import { feedsFor, rightPad } from '../runtime/inputs.ts';
import { floats, intFeed, type Session } from '../runtime/session.ts';
import { indicesFor, isFlat } from './stage.ts';
import { extend, logitsAt, slice, value } from '../runtime/surgery.ts';

const ROWS = 'emend.score_rows';
const IDS = 'emend.score_ids';
/** Tokens in one run. */
const BUDGET = 1024;

/** A row of tokens and which of them are asked about: each is scored by the logits of the token before it. */
export interface ScoreRow {
  readonly ids: readonly number[];
  /** First scored token; at least 1. */
  readonly from: number;
  /** Where steering takes the answer to begin; at the first scored token when left out. */
  readonly boundary?: Boundary | undefined;
}

/**
 * What the model thought of one token: log p(token), and the token it would have chosen. By a decoding rule the first may be a score that
 * is
 * no probability, and there is a layer that it was contrasted with.
 */
export interface TokenScore {
  readonly logProbability: number;
  readonly best: number;
  readonly exit?: number | undefined;
}

interface Outputs {
  readonly chosen: string;
  readonly best: string;
  readonly exit: string | undefined;
}

/** Scores tokens under teacher forcing, many rows at once; only the scored positions get logits, and only their results leave the graph. */
export class ScoreSession {
  private readonly decoder: Decoder;
  private readonly session: Session;
  private readonly outputs: Outputs;

  private constructor(decoder: Decoder, session: Session, outputs: Outputs) {
    this.decoder = decoder;
    this.session = session;
    this.outputs = outputs;
  }

  /**
   * @param options.graph derived from the decoder's, to score something else than the model as it is
   * @param options.what of a decoding rule: which of its scores; log-probabilities of answers when left out
   */
  static async create(
    decoder: Decoder,
    options: { prepack?: boolean; graph?: Graph; what?: 'answers' | 'text' } = {},
  ): Promise<ScoreSession> {
    const { anatomy } = decoder;
    const { graph: source = decoder.graph, what = 'answers', ...session } = options;
    const at = logitsAt(source, anatomy.unembedding.input, anatomy.unembedding.product, anatomy.logits, ROWS);
    const ruled = decoder.decoding?.apply(at.graph, { logits: at.logits, rows: ROWS }, what);
    const { graph, made } = extend(ruled?.graph ?? at.graph, 'score', (b): Outputs => {
      const scores = ruled?.scores ?? b.op('LogSoftmax', [at.logits], { axis: -1 });
      const best = b.op('ArgMax', [ruled?.scores ?? at.logits], { axis: -1, keepdims: 1 });
      return { chosen: b.op('GatherElements', [scores, IDS], { axis: 1 }), best, exit: ruled?.exit };
    });
    graph.inputs.push(value(IDS, 'int64', ['rows', 1]));
    const outputs = [made.chosen, made.best, ...(made.exit === undefined ? [] : [made.exit])];
    return new ScoreSession(decoder, await decoder.session(slice(graph, outputs), session), made);
  }

  /** Scores for each row's tokens from `from` on, in order. */
  async score(rows: readonly ScoreRow[], onBatch?: (done: number) => void): Promise<TokenScore[][]> {
    const results: TokenScore[][] = rows.map(() => []);
    const order = rows.map((_, i) => i).sort((a, b) => rows[a]!.ids.length - rows[b]!.ids.length);
    for (let start = 0; start < order.length;) {
      let end = start + 1;
      // The last token predicts nothing that is asked for.
      while (end < order.length && (end + 1 - start) * (rows[order[end]!]!.ids.length - 1) <= BUDGET) end++;
      const batch = order.slice(start, end);
      const tokens = rightPad(
        batch.map((i) => rows[i]!.ids.slice(0, -1)),
        0,
        batch.map((i) => rows[i]!.boundary ?? { prompt: rows[i]!.from, answer: rows[i]!.from }),
      );
      const asked = batch.flatMap((i, row) =>
        rows[i]!.ids.slice(rows[i]!.from).map((id, k) => ({ i, row, token: rows[i]!.from - 1 + k, id })),
      );
      const places = indicesFor(isFlat(this.decoder, this.decoder.anatomy.unembedding.input), tokens.length, asked);
      const result = await this.session.run({
        ...feedsFor(this.decoder.inputs, tokens, this.session.inputs),
        [ROWS]: intFeed(places.data, places.dims),
        [IDS]: intFeed(
          asked.map((a) => a.id),
          [asked.length, 1],
        ),
      });
      const chosen = floats(result, this.outputs.chosen);
      const best = result[this.outputs.best]!.data as BigInt64Array;
      const exits = this.outputs.exit === undefined ? undefined : (result[this.outputs.exit]!.data as BigInt64Array);
      asked.forEach((a, k) =>
        results[a.i]!.push({ logProbability: chosen[k]!, best: Number(best[k]), ...(exits ? { exit: Number(exits[k]) } : {}) }),
      );
      start = end;
      onBatch?.(end);
    }
    return results;
  }

  /** Frees the session. */
  release(): Promise<void> {
    return this.session.release();
  }
}
