import type { Report } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { indicesFor, isFlat } from '../decoder/stage.ts';
import { feedsFor, rightPad } from '../runtime/inputs.ts';
import { floats, intFeed, type Session } from '../runtime/session.ts';
import { logitsAt, slice } from '../runtime/surgery.ts';

/** What steering costs on one text. */
export interface TextShift {
  /** Cross-entropy, nats per predicted token (all but the first). */
  readonly before: number;
  readonly after: number;
  /** KL(before ‖ after) of the next token, nats, mean over all tokens. */
  readonly kl: number;
  readonly tokens: number;
}

/** Probabilities below this count as this (honest_llama utils.py, run_kl_wrt_orig). */
const LEAST = 1e-10;
const ROWS = 'emend.text_rows';

/** Mean −log p of a text's tokens but the first, from the logits behind each [n][V]. */
export function crossEntropy(logits: readonly Float32Array[], ids: readonly number[]): number {
  const losses = ids.slice(1).map((id, at) => -logProbabilities(logits[at]!)[id]!);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** KL(before ‖ after), mean over rows of logits [n][V]; both clamped from below, unless `least` is 0. */
export function klOfRows(before: readonly Float32Array[], after: readonly Float32Array[], least = LEAST): number {
  let sum = 0;
  before.forEach((logits, at) => {
    const [p, q] = [logits, after[at]!].map((row) => logProbabilities(row).map((x) => Math.max(Math.exp(x), least)));
    p!.forEach((x, i) => (sum += x === 0 ? 0 : x * (Math.log(x) - Math.log(q![i]!))));
  });
  return sum / before.length;
}

/** log softmax in float64: KL is a small difference of large numbers. */
function logProbabilities(logits: Float32Array): Float64Array {
  const top = logits.reduce((most, x) => Math.max(most, x), -Infinity);
  const shift = top + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - top), 0));
  return Float64Array.from(logits, (x) => x - shift);
}

/** Reads the scores behind every token of a text: the model's logits, or by a decoding rule log-probabilities. */
export class TextRuns {
  private readonly decoder: Decoder;
  private readonly session: Session;
  private readonly scores: string;

  private constructor(decoder: Decoder, session: Session, scores: string) {
    this.decoder = decoder;
    this.session = session;
    this.scores = scores;
  }

  static async create(decoder: Decoder): Promise<TextRuns> {
    const { unembedding, logits } = decoder.anatomy;
    const at = logitsAt(decoder.graph, unembedding.input, unembedding.product, logits, ROWS);
    const made = decoder.decoding?.apply(at.graph, { logits: at.logits, rows: ROWS }, 'text') ?? { graph: at.graph, scores: at.logits };
    return new TextRuns(decoder, await decoder.session(slice(made.graph, [made.scores]), { prepack: false }), made.scores);
  }

  /** [n][V]. A text is taken as its own prompt, and as written from its first token on. */
  async read(ids: readonly number[]): Promise<Float32Array[]> {
    const rows = rightPad([ids], 0, [{ prompt: ids.length, answer: 0 }]);
    const places = indicesFor(
      isFlat(this.decoder, this.decoder.anatomy.unembedding.input),
      ids.length,
      ids.map((_, token) => ({ row: 0, token })),
    );
    const feeds = feedsFor(this.decoder.inputs, rows, this.session.inputs);
    const all = floats(await this.session.run({ ...feeds, [ROWS]: intFeed(places.data, places.dims) }), this.scores);
    const width = all.length / ids.length;
    return ids.map((_, at) => all.subarray(at * width, (at + 1) * width));
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/** Cross-entropy of texts before and after, and how far the next token's distribution moved. */
export async function textShifts(
  before: Decoder,
  after: Decoder,
  texts: readonly (readonly number[])[],
  report: Report,
): Promise<TextShift[]> {
  const [plain, steered] = [await TextRuns.create(before), await TextRuns.create(after)];
  try {
    const found: TextShift[] = [];
    for (const [done, ids] of texts.entries()) {
      report.check();
      report.progress('reading texts', done, texts.length);
      const [was, is] = [await plain.read(ids), await steered.read(ids)];
      found.push({ before: crossEntropy(was, ids), after: crossEntropy(is, ids), kl: klOfRows(was, is), tokens: ids.length });
    }
    return found;
  } finally {
    await plain.release();
    await steered.release();
  }
}
