import * as ort from 'onnxruntime-node';
import type { Decoder } from '../decoder/decoder.ts';
import { type Rows, rightPad } from '../runtime/inputs.ts';
import { floatFeed, intFeed } from '../runtime/session.ts';
import { indicesFor, isFlat } from '../decoder/stage.ts';
import type { PendingRow } from './chunks.ts';
import { names } from './suffix.ts';
import type { FactTokens } from './types.ts';

/** A fact's row on its way through the loss graph. */
export interface LossRow extends PendingRow {
  /** Among the fact's rows; −1 for rows whose distribution is kept. */
  readonly index: number;
  readonly subjectLast: number;
  readonly targetStart: number;
  /** Of a row whose distribution is kept: where it is read, and whether it is another statement about the subject. */
  readonly kept?: { readonly at: number; readonly isOwn: boolean };
}

/** The rows of a fact: those that should predict the target, and those that should stay. */
export function lossRows(fact: FactTokens, index: number): LossRow[] {
  return [
    ...fact.rows.map((r, i) => ({
      fact: index,
      index: i,
      ids: r.ids,
      settled: r.subjectLast,
      subjectLast: r.subjectLast,
      targetStart: r.targetStart,
    })),
    // What stands behind the subject's last token cannot matter there.
    {
      fact: index,
      index: -1,
      ids: fact.kl.ids.slice(0, fact.kl.subjectLast + 1),
      settled: fact.kl.subjectLast,
      subjectLast: fact.kl.subjectLast,
      targetStart: -1,
      kept: { at: fact.kl.subjectLast, isOwn: false },
    },
    ...(fact.own ?? []).map(({ ids, subjectLast }) => ({
      fact: index,
      index: -1,
      ids,
      settled: subjectLast,
      subjectLast,
      targetStart: -1,
      kept: { at: ids.length - 1, isOwn: true },
    })),
  ];
}

/** What rows weigh whose distribution is kept: "{subject} is a", and other statements about the subject together. */
export interface KeptFactors {
  readonly klFactor: number;
  readonly ownFactor?: number;
}

/** Rows that go through the loss graph together, with all that does not change from step to step. */
export class LossChunk {
  readonly rows: readonly LossRow[];
  /** The fact of each target token, in the order of the loss graph's nll. */
  readonly targets: readonly number[];
  /** Whether each of them counts when targets are ranked: those behind other text do, and of a fact without any all. */
  readonly isRanked: readonly boolean[];
  /** The fact of each kept row, in the order of the loss graph's kl. */
  readonly kept: readonly number[];
  readonly past: ReadonlyMap<string, ort.Tensor>;
  readonly tokens: Rows;
  private readonly isOwn: readonly boolean[];
  private readonly decoder: Decoder;
  private readonly site: string;
  private readonly facts: readonly FactTokens[];
  private readonly live: Readonly<Record<string, ort.Tensor>>;
  private readonly fixed: Record<string, ort.Tensor>;
  /** [K, V]; empty until the first run has told what to keep. */
  private reference: Float32Array | undefined;

  constructor(
    decoder: Decoder,
    site: string,
    facts: readonly FactTokens[],
    rows: readonly LossRow[],
    settled: number,
    past: ReadonlyMap<string, ort.Tensor>,
    live: Readonly<Record<string, ort.Tensor>>,
  ) {
    this.decoder = decoder;
    this.site = site;
    this.facts = facts;
    this.rows = rows;
    this.past = past;
    this.live = live;
    this.tokens = rightPad(
      rows.map((r) => r.ids.slice(settled)),
      settled,
    );
    const subjects = rows.map((r, b) => ({ row: b, token: r.subjectLast - settled }));
    const targets = rows.flatMap((r, b) =>
      r.index < 0 ? [] : facts[r.fact]!.target.map((id, t) => ({ fact: r.fact, id, row: b, token: r.targetStart - settled + t })),
    );
    const kept = rows.flatMap((r, b) => (r.kept ? [{ fact: r.fact, isOwn: r.kept.isOwn, row: b, token: r.kept.at - settled }] : []));
    this.targets = targets.map((t) => t.fact);
    this.isRanked = targets.map((t) => rows[t.row]!.index > 0 || facts[t.fact]!.rows.length === 1);
    this.kept = kept.map((k) => k.fact);
    this.isOwn = kept.map((k) => k.isOwn);
    const length = this.tokens.length;
    const place = (isFlatValue: boolean, places: readonly { row: number; token: number }[]) => {
      const { data, dims } = indicesFor(isFlatValue, length, places);
      return intFeed(data, dims);
    };
    this.fixed = {
      [names.positions]: place(isFlat(decoder, site), subjects),
      [names.targetRows]: place(true, targets),
      [names.targetIds]: intFeed(
        targets.map((t) => t.id),
        [targets.length, 1],
      ),
      [names.targetWeights]: floatFeed(
        Float32Array.from(targets, (t) => lossWeight(facts[t.fact]!)),
        [targets.length, 1],
      ),
      [names.keepRows]: place(true, kept),
    };
  }

  /** What to feed for these δ, one of width D per fact. */
  feeds(deltaOf: (fact: number) => Float64Array, factors: KeptFactors): Record<string, ort.Tensor> {
    const width = this.decoder.anatomy.hiddenSize;
    const vocabulary = this.decoder.anatomy.vocabulary;
    const vectors = new Float32Array(this.rows.length * width);
    this.rows.forEach((r, i) => vectors.set(deltaOf(r.fact), i * width));
    const k = this.kept.length;
    return {
      ...this.live,
      ...this.fixed,
      [names.delta]: floatFeed(vectors, [this.rows.length, width]),
      [names.keepReference]: floatFeed(this.reference ?? new Float32Array(k * vocabulary), [k, vocabulary]),
      [names.keepWeights]: floatFeed(this.reference ? this.keptWeights(factors) : new Float32Array(k), [k, 1]),
    };
  }

  /** What each kept row weighs in the loss, in the order of {@link kept}. */
  keptWeights({ klFactor, ownFactor = 0 }: KeptFactors): Float32Array {
    return Float32Array.from(this.kept, (fact, i) => (this.isOwn[i] ? ownFactor / this.facts[fact]!.own!.length : klFactor));
  }

  /** True until {@link keep} was called: the KL term is nothing yet. */
  get isFirst(): boolean {
    return this.reference === undefined;
  }

  /** Takes the kept rows' log-probabilities of the run with δ = 0 as what must stay. */
  keep(now: Float32Array): void {
    this.reference = now;
  }

  /** The same chunk without the rows of finished facts; undefined when none is left. */
  without(isFinished: (fact: number) => boolean): LossChunk | undefined {
    const stay = this.rows.map((_, i) => i).filter((i) => !isFinished(this.rows[i]!.fact));
    if (stay.length === this.rows.length) return this;
    if (stay.length === 0) return undefined;
    const batch = this.rows.length;
    const rows = stay.map((i) => this.rows[i]!);
    const settled = this.tokens.past;
    const length = Math.max(...rows.map((r) => r.ids.length)) - settled;
    const past = new Map([...this.past].map(([name, t]) => [name, takeRows(t, batch, stay)]));
    const live = Object.fromEntries(
      Object.entries(this.live).map(([name, t]) => [name, takeRows(t, batch, stay, this.tokens.length, length)]),
    );
    const less = new LossChunk(this.decoder, this.site, this.facts, rows, settled, past, live);
    if (this.reference) {
      const vocabulary = this.decoder.anatomy.vocabulary;
      const keep = this.kept.map((_, i) => i).filter((i) => !isFinished(this.kept[i]!));
      less.reference = new Float32Array(keep.length * vocabulary);
      keep.forEach((from, to) =>
        less.reference!.set(this.reference!.subarray(from * vocabulary, (from + 1) * vocabulary), to * vocabulary),
      );
    }
    return less;
  }
}

/** The loss averages over a fact's rows and over its target's tokens. */
export function lossWeight(fact: FactTokens): number {
  return 1 / (fact.rows.length * fact.target.length);
}

/** Rows of a tensor whose leading dimension is the batch (or batch·length); optionally cut to a shorter length. */
function takeRows(tensor: ort.Tensor, batch: number, rows: readonly number[], length?: number, shorter?: number): ort.Tensor {
  const data = tensor.data as Float32Array;
  const block = data.length / batch;
  const kept = length === undefined || shorter === undefined ? block : (block / length) * shorter;
  const out = new Float32Array(rows.length * kept);
  rows.forEach((from, to) => out.set(data.subarray(from * block, from * block + kept), to * kept));
  const dims = [...tensor.dims];
  const flat = length !== undefined && dims[0] === batch * length && dims.length === 2;
  if (flat) dims[0] = rows.length * (shorter ?? length);
  else {
    dims[0] = rows.length;
    if (shorter !== undefined && length !== undefined) dims[1] = shorter;
  }
  return new ort.Tensor('float32', out, dims);
}
