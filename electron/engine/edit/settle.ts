import * as ort from 'onnxruntime-node';
import type { Decoder } from '../decoder/decoder.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';
import { Stage } from '../decoder/stage.ts';
import { groupRows } from './chunks.ts';
import { LossChunk, lossRows } from './loss-chunk.ts';
import type { LossGraph } from './suffix.ts';
import type { Report } from '../../../shared/progress.ts';
import type { FactTokens } from './types.ts';

/** Keys and values of one token row in every layer: cache input → [1, heads, tokens, width]. */
type Cache = ReadonlyMap<string, ort.Tensor>;

/** What the search starts from. */
export interface Settled {
  readonly chunks: LossChunk[];
  /** Per fact what the site holds at the subject of the plain row, D values. */
  readonly before: Float64Array[];
}

/**
 * Runs once what no step changes: the tokens before each subject's last into the cache, the rest up to the site.
 * Beginnings that many rows share, as facts do the contexts in front of them, run once for all.
 * @param budget tokens in one run of the loss graph
 */
export async function settle(
  decoder: Decoder,
  site: string,
  loss: LossGraph,
  facts: readonly FactTokens[],
  budget: number,
  report: Report,
): Promise<Settled> {
  const { hiddenSize } = decoder.anatomy;
  const slots = decoder.inputs.past;
  const groups = groupRows(facts.flatMap(lossRows), budget, slots.length > 0);
  const before = facts.map(() => new Float64Array(hiddenSize));
  const wanted = new Set(loss.graph.inputs.map((v) => v.name));
  const stage = await Stage.create(decoder, undefined, [...slots.map((s) => s.present), ...loss.live, site], { prepack: false });
  const beginnings = new Map<string, Cache>();
  const chunks: LossChunk[] = [];
  try {
    for (const [done, { rows, settled }] of groups.entries()) {
      report.check();
      const ids = rows.map((r) => r.ids);
      const shared = await sharedBeginning(decoder, stage, ids, settled, beginnings);
      const tokens = rightPad(
        ids.map((row) => row.slice(shared)),
        shared,
      );
      const result = await stage.run(
        tokens,
        {},
        shared === 0 ? undefined : batched(ids.map((row) => beginnings.get(row.slice(0, shared).join())!)),
      );
      const at = floats(result, site);
      rows.forEach((r, b) => {
        const offset = (b * tokens.length + r.subjectLast - shared) * hiddenSize;
        if (r.index === 0) before[r.fact]!.set(at.subarray(offset, offset + hiddenSize));
      });
      const past = new Map(
        slots.filter((s) => wanted.has(s.input)).map((s) => [s.input, cut(result[s.present]!, result[s.present]!.dims, 2, 0, settled)]),
      );
      const live = Object.fromEntries(loss.live.map((name) => [name, behind(result[name]!, rows.length, tokens.length, settled - shared)]));
      chunks.push(new LossChunk(decoder, site, facts, rows, settled, past, live));
      report.progress('reading facts', done + 1, groups.length);
    }
  } finally {
    await stage.release();
  }
  return { chunks, before };
}

/**
 * How many first tokens of these rows to take from the cache so that least is run, with those beginnings put into `known`.
 * @param limit no row may lose more than so many tokens
 */
async function sharedBeginning(
  decoder: Decoder,
  stage: Stage,
  rows: readonly (readonly number[])[],
  limit: number,
  known: Map<string, Cache>,
): Promise<number> {
  const missing = (length: number) =>
    new Map(
      rows
        .map((row) => row.slice(0, length))
        .map((row) => [row.join(), row] as const)
        .filter(([key]) => !known.has(key)),
    );
  let best = { length: 0, saved: 0 };
  for (let length = 1; length <= limit; length++) {
    const saved = (rows.length - missing(length).size) * length;
    if (saved > best.saved) best = { length, saved };
  }
  const anew = [...missing(best.length)];
  if (best.length === 0 || anew.length === 0) return best.length;
  const result = await stage.run(rightPad(anew.map(([, row]) => row)));
  anew.forEach(([key], b) =>
    known.set(
      key,
      new Map(
        decoder.inputs.past.map((slot) => {
          const made = result[slot.present]!;
          return [slot.input, cut(made, made.dims, 0, b, b + 1)];
        }),
      ),
    ),
  );
  return best.length;
}

/** The caches of several rows as one batch. */
function batched(caches: readonly Cache[]): Map<string, ort.Tensor> {
  return new Map(
    [...caches[0]!].map(([input, { dims, size }]) => {
      const data = new Float32Array(caches.length * size);
      caches.forEach((cache, b) => data.set(cache.get(input)!.data as Float32Array, b * size));
      return [input, new ort.Tensor('float32', data, [caches.length, ...dims.slice(1)])];
    }),
  );
}

/** A value of every token without each row's first tokens; [batch, length, …] or [batch·length, …]. */
function behind(value: ort.Tensor, batch: number, length: number, first: number): ort.Tensor {
  const isFlat = value.dims[0] !== batch || value.dims[1] !== length;
  const rest = value.dims.slice(isFlat ? 1 : 2);
  const kept = cut(value, [batch, length, ...rest], 1, first, length);
  return isFlat ? new ort.Tensor('float32', kept.data as Float32Array, [batch * (length - first), ...rest]) : kept;
}

/** Part of a float tensor along one axis, copied; `dims` is how its values are to be seen. */
function cut(tensor: ort.Tensor, dims: readonly number[], axis: number, from: number, to: number): ort.Tensor {
  const data = tensor.data as Float32Array;
  const inner = dims.slice(axis + 1).reduce((a, d) => a * d, 1);
  const outer = dims.slice(0, axis).reduce((a, d) => a * d, 1);
  const out = new Float32Array(outer * (to - from) * inner);
  for (let o = 0; o < outer; o++)
    out.set(data.subarray((o * dims[axis]! + from) * inner, (o * dims[axis]! + to) * inner), o * (to - from) * inner);
  return new ort.Tensor(
    'float32',
    out,
    dims.map((d, i) => (i === axis ? to - from : d)),
  );
}
