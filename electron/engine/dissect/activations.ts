import type { Report } from '../../../shared/progress.ts';
import { siteValue } from '../decoder/sites.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Stage } from '../decoder/stage.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';

/** Texts as tokens. Places are their tokens, one text after the other, without what the tokenizer puts in front. */
export interface Texts {
  readonly rows: readonly (readonly number[])[];
  /** Start tokens of each row: they are read by the model, but are no places. */
  readonly leading: number;
}

/** Some neurons of a layer: their number is that of the entry of the down-projection's input. */
export interface Neurons {
  readonly layer: number;
  readonly from: number;
  readonly to: number;
}

/** Tokens in one run. */
const BUDGET = 1024;
/** Activations that are held at once: 1 GiB of float32. */
const HELD = 2 ** 28;

export function countPlaces({ rows, leading }: Texts): number {
  return rows.reduce((sum, row) => sum + Math.max(0, row.length - leading), 0);
}

/**
 * Neurons in the groups that one pass over the texts reads: all layers at once where memory allows, else layer by layer or in parts.
 * @param held activations that may be held at once
 */
export function passes(decoder: Decoder, layers: readonly number[], places: number, held = HELD): Neurons[][] {
  const most = Math.max(1, Math.floor(held / Math.max(1, places)));
  const groups: Neurons[][] = [];
  let left = 0;
  for (const layer of layers) {
    const width = widthOf(decoder, layer);
    for (let from = 0; from < width;) {
      if (left === 0 || (from === 0 && width > left && width <= most)) {
        groups.push([]);
        left = most;
      }
      const to = Math.min(width, from + left);
      groups.at(-1)!.push({ layer, from, to });
      left -= to - from;
      from = to;
    }
  }
  return groups;
}

export function widthOf(decoder: Decoder, layer: number): number {
  return decoder.shapes.get(siteValue(decoder.anatomy, { kind: 'key', layer }))!.dims.at(-1)!;
}

/**
 * Activations of neurons at every place: the input of the MLP's down-projection (gate · up in gated MLPs).
 * @returns for each group [neurons × places], one neuron after the other
 */
export async function readActivations(decoder: Decoder, texts: Texts, group: readonly Neurons[], report: Report): Promise<Float32Array[]> {
  const places = countPlaces(texts);
  const names = group.map(({ layer }) => siteValue(decoder.anatomy, { kind: 'key', layer }));
  const held = group.map(({ from, to }) => new Float32Array((to - from) * places));
  const stage = await Stage.create(decoder, undefined, names, { prepack: false });
  try {
    const starts: number[] = [];
    let next = 0;
    for (const row of texts.rows) {
      starts.push(next);
      next += Math.max(0, row.length - texts.leading);
    }
    const order = texts.rows.map((_, at) => at).sort((a, b) => texts.rows[a]!.length - texts.rows[b]!.length || a - b);
    for (let done = 0; done < order.length;) {
      report.check();
      let end = done + 1;
      while (end < order.length && (end + 1 - done) * texts.rows[order[end]!]!.length <= BUDGET) end++;
      const batch = order.slice(done, end);
      const rows = rightPad(batch.map((at) => texts.rows[at]!));
      const result = await stage.run(rows);
      group.forEach(({ layer, from, to }, g) => {
        const width = widthOf(decoder, layer);
        const values = floats(result, names[g]!);
        batch.forEach((at, row) => {
          for (let token = texts.leading; token < texts.rows[at]!.length; token++) {
            const source = (row * rows.length + token) * width;
            const place = starts[at]! + token - texts.leading;
            for (let unit = from; unit < to; unit++) held[g]![(unit - from) * places + place] = values[source + unit]!;
          }
        });
      });
      done = end;
      report.progress('reading activations', done, order.length);
    }
  } finally {
    await stage.release();
  }
  return held;
}
