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
}

/** What the model thought of one token: log p(token), and the token it would have chosen. */
export interface TokenScore {
  readonly logProbability: number;
  readonly best: number;
}

/** Scores tokens under teacher forcing, many rows at once; only the scored positions get logits, and only their results leave the graph. */
export class ScoreSession {
  private readonly decoder: Decoder;
  private readonly session: Session;
  private readonly outputs: { chosen: string; best: string };

  private constructor(decoder: Decoder, session: Session, outputs: { chosen: string; best: string }) {
    this.decoder = decoder;
    this.session = session;
    this.outputs = outputs;
  }

  /** @param options.graph derived from the decoder's, to score something else than the model as it is */
  static async create(decoder: Decoder, options: { prepack?: boolean; graph?: Graph } = {}): Promise<ScoreSession> {
    const { anatomy } = decoder;
    const { graph: source = decoder.graph, ...session } = options;
    const at = logitsAt(source, anatomy.unembedding.input, anatomy.unembedding.product, anatomy.logits, ROWS);
    const { graph, made } = extend(at.graph, 'score', (b) => {
      const logp = b.op('LogSoftmax', [at.logits], { axis: -1 });
      return { chosen: b.op('GatherElements', [logp, IDS], { axis: 1 }), best: b.op('ArgMax', [at.logits], { axis: -1, keepdims: 1 }) };
    });
    graph.inputs.push(value(IDS, 'int64', ['rows', 1]));
    return new ScoreSession(decoder, await decoder.session(slice(graph, [made.chosen, made.best]), session), made);
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
      const tokens = rightPad(batch.map((i) => rows[i]!.ids.slice(0, -1)));
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
      asked.forEach((a, k) => results[a.i]!.push({ logProbability: chosen[k]!, best: Number(best[k]) }));
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
