import type * as ort from 'onnxruntime-node';
import type { Decoder } from '../../decoder/decoder.ts';
import { Stage } from '../../decoder/stage.ts';
import { type Rows, rightPad } from '../../runtime/inputs.ts';
import { floatFeed, intFeed } from '../../runtime/session.ts';
import type { Report } from '../../../../shared/progress.ts';
import { names, type TuningGraph } from './graph.ts';

/** A text to train on: its tokens, and those of them that are to be predicted. */
export interface TunedText {
  readonly ids: readonly number[];
  /** Each with the position that predicts it. */
  readonly wanted: readonly { readonly at: number; readonly id: number }[];
}

/** A text with what the graph is fed of it: live value → [length, width], the same in every step. */
interface Settled extends TunedText {
  readonly live: ReadonlyMap<string, Row>;
}

/** What a value holds for the tokens of one text. */
interface Row {
  readonly data: Float32Array;
  /** What stands behind batch and length. */
  readonly rest: readonly number[];
  /** The value is [batch·length, …] in place of [batch, length, …]. */
  readonly isFlat: boolean;
}

/** Texts that are run together, as the graph takes them. */
export interface TunedBatch {
  readonly tokens: Rows;
  readonly feeds: Readonly<Record<string, ort.Tensor>>;
  /** The text of each wanted token, in the order of the graph's nll, and what it weighs in the loss. */
  readonly wanted: readonly { readonly text: number; readonly weight: number }[];
}

/** Tokens that are run at once to see what the graph is fed. */
const BUDGET = 2048;

/** Texts to train on, with what no step changes worked out once. */
export class TunedTexts {
  readonly count: number;
  private readonly texts: readonly Settled[];

  private constructor(texts: readonly Settled[]) {
    this.texts = texts;
    this.count = texts.length;
  }

  static async settle(decoder: Decoder, graph: TuningGraph, texts: readonly TunedText[], report: Report): Promise<TunedTexts> {
    const stage = await Stage.create(decoder, undefined, graph.live, { prepack: false });
    const settled: Settled[] = [];
    try {
      while (settled.length < texts.length) {
        report.check();
        const some = fitting(texts.slice(settled.length));
        const tokens = rightPad(some.map(({ ids }) => ids));
        const result = await stage.run(tokens);
        some.forEach((text, b) =>
          settled.push({ ...text, live: new Map(graph.live.map((name) => [name, rowOf(result[name]!, tokens, b)])) }),
        );
        report.progress('reading facts', settled.length, texts.length);
      }
    } finally {
      await stage.release();
    }
    return new TunedTexts(settled);
  }

  /** @param at which texts; the loss is the mean over them of the mean over their wanted tokens */
  batch(at: readonly number[]): TunedBatch {
    const some = at.map((text) => this.texts[text]!);
    const tokens = rightPad(some.map(({ ids }) => ids));
    const wanted = some.flatMap(({ wanted: tokensOf }, b) =>
      tokensOf.map((one) => ({ ...one, text: at[b]!, row: b, weight: 1 / (tokensOf.length * some.length) })),
    );
    const column = [wanted.length, 1];
    const live = [...some[0]!.live.keys()].map(
      (name) =>
        [
          name,
          padded(
            some.map((text) => text.live.get(name)!),
            tokens,
          ),
        ] as const,
    );
    return {
      tokens,
      wanted,
      feeds: {
        ...Object.fromEntries(live),
        [names.rows]: intFeed(
          wanted.map(({ row, at: position }) => row * tokens.length + position),
          column,
        ),
        [names.ids]: intFeed(
          wanted.map(({ id }) => id),
          column,
        ),
        [names.weights]: floatFeed(
          Float32Array.from(wanted, ({ weight }) => weight),
          column,
        ),
      },
    };
  }
}

/** The first texts that fit into one run; at least one. */
function fitting(texts: readonly TunedText[]): readonly TunedText[] {
  let longest = 0;
  const end = texts.findIndex(({ ids }, at) => ((longest = Math.max(longest, ids.length)), longest * (at + 1) > BUDGET));
  return texts.slice(0, end === -1 ? texts.length : Math.max(1, end));
}

function rowOf(tensor: ort.Tensor, { batch, length, lengths }: Rows, row: number): Row {
  const data = tensor.data as Float32Array;
  const isFlat = tensor.dims[0] !== batch || tensor.dims[1] !== length;
  const width = data.length / (batch * length);
  const at = row * length * width;
  return { rest: tensor.dims.slice(isFlat ? 1 : 2), isFlat, data: data.slice(at, at + lengths[row]! * width) };
}

function padded(rows: readonly Row[], { length }: Rows): ort.Tensor {
  const { rest, isFlat } = rows[0]!;
  const width = rest.reduce((a, d) => a * d, 1);
  const data = new Float32Array(rows.length * length * width);
  rows.forEach((one, b) => data.set(one.data, b * length * width));
  return floatFeed(data, isFlat ? [rows.length * length, ...rest] : [rows.length, length, ...rest]);
}
