import type { Report } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Stage } from '../decoder/stage.ts';
import { type Matrix, matrix } from '../linalg/matrix.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';
import { placeOf } from './sites.ts';

/** Tokens in one run. */
const BUDGET = 1024;

/**
 * The value that the hidden state with this number is: 0 the embeddings, j the output of block j − 1, the last one behind the final norm.
 */
export function hiddenState(decoder: Decoder, number: number): string {
  const { anatomy } = decoder;
  if (number === 0) return anatomy.embedding;
  return number === anatomy.layers.length ? anatomy.unembedding.input : anatomy.layers[number - 1]!.residual;
}

/** The value that heads of a layer give side by side. */
export function headsOf(decoder: Decoder, layer: number): string {
  return placeOf(decoder, 'heads', layer).name;
}

/**
 * Values at one token of each row, counted from its end: [rows, width], one matrix for each name.
 * @param before 0 for the last token, 1 for the one before it
 */
export async function statesAt(
  decoder: Decoder,
  rows: readonly (readonly number[])[],
  names: readonly string[],
  before: number,
  report: Report,
): Promise<Matrix[]> {
  return collect(decoder, rows, names, (length) => [length - 1 - before], report);
}

/** Values at every token: for each name [tokens of all rows, width]. */
export async function statesOf(
  decoder: Decoder,
  rows: readonly (readonly number[])[],
  names: readonly string[],
  report: Report,
): Promise<Matrix[]> {
  return collect(decoder, rows, names, (length) => Array.from({ length }, (_, at) => at), report);
}

async function collect(
  decoder: Decoder,
  rows: readonly (readonly number[])[],
  names: readonly string[],
  tokensOf: (length: number) => readonly number[],
  report: Report,
): Promise<Matrix[]> {
  const starts: number[] = [];
  let total = 0;
  for (const row of rows) {
    starts.push(total);
    total += tokensOf(row.length).length;
  }
  const widths = names.map((name) => decoder.shapes.get(name)!.dims.at(-1)!);
  const found = widths.map((width) => matrix(total, width));
  const distinct = [...new Set(names)];
  const stage = await Stage.create(decoder, undefined, distinct, { prepack: false });
  try {
    const order = rows.map((_, at) => at).sort((a, b) => rows[a]!.length - rows[b]!.length || a - b);
    for (let done = 0; done < order.length;) {
      report.check();
      let end = done + 1;
      while (end < order.length && (end + 1 - done) * rows[order[end]!]!.length <= BUDGET) end++;
      const batch = order.slice(done, end);
      const padded = rightPad(batch.map((at) => rows[at]!));
      const result = await stage.run(padded);
      names.forEach((name, n) => {
        const values = floats(result, name);
        const width = widths[n]!;
        batch.forEach((at, row) =>
          tokensOf(rows[at]!.length).forEach((token, k) => {
            const from = (row * padded.length + token) * width;
            found[n]!.data.set(values.subarray(from, from + width), (starts[at]! + k) * width);
          }),
        );
      });
      done = end;
      report.progress('reading states', done, order.length);
    }
  } finally {
    await stage.release();
  }
  return found;
}
