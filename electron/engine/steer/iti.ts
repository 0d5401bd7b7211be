import type { Report } from '../../../shared/progress.ts';
import { accuracyOf, type Logistic, logistic } from '../linalg/logistic.ts';
import { type Matrix, matrix } from '../linalg/matrix.ts';
import { columnMean } from '../linalg/principal.ts';
import { atLengthOne, deviation, projections, rowsOf } from './direction.ts';

/** One head. */
export interface Head {
  readonly layer: number;
  readonly head: number;
}

/** What a head gives at the last token of each text: [texts, head width]. */
export type HeadStates = (head: Head) => Matrix;

/** One head's part of what a layer's heads give side by side. */
export function headPart(all: Matrix, head: number, width: number): Matrix {
  const out = matrix(all.rows, width);
  for (let i = 0; i < all.rows; i++)
    out.data.set(all.data.subarray(i * all.columns + head * width, i * all.columns + (head + 1) * width), i * width);
  return out;
}

/** A head's probe, and the share of other texts that it tells rightly. */
export interface Probe extends Head {
  readonly probe: Logistic;
  readonly accuracy: number;
}

/**
 * A logistic probe for every head (honest_llama utils.py train_probes): fitted on some texts, judged on others. Activations are taken as
 * they are.
 */
export async function probes(
  heads: readonly Head[],
  states: HeadStates,
  labels: readonly boolean[],
  parts: { readonly train: readonly number[]; readonly validation: readonly number[] },
  report: Report,
): Promise<Probe[]> {
  const found: Probe[] = [];
  const labelsOf = (some: readonly number[]) => some.map((i) => labels[i]!);
  for (const [done, head] of heads.entries()) {
    report.check();
    report.progress('probing heads', done, heads.length);
    const own = states(head);
    const probe = await logistic(rowsOf(own, parts.train), labelsOf(parts.train), true);
    found.push({ ...head, probe, accuracy: accuracyOf(probe, rowsOf(own, parts.validation), labelsOf(parts.validation)) });
  }
  return found;
}

/** The heads whose probes tell best. Of equal ones the lower layer and head goes first; the published code leaves that to its sort. */
export function bestHeads<P extends Probe>(all: readonly P[], count: number): P[] {
  const order = all.map((_, i) => i).sort((a, b) => all[b]!.accuracy - all[a]!.accuracy || a - b);
  return order
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((i) => all[i]!);
}

/** Mean of the true texts less that of the false ones. */
export function massMean(own: Matrix, labels: readonly boolean[], texts: readonly number[]): Float64Array {
  const of = (label: boolean) =>
    columnMean(
      rowsOf(
        own,
        texts.filter((i) => labels[i] === label),
      ),
    );
  const [right, wrong] = [of(true), of(false)];
  return right.map((x, i) => x - wrong[i]!);
}

/** A direction at length 1, and how far activations spread along it. */
export function spreadAlong(direction: Float64Array, tuning: Matrix, less: 0 | 1): { theta: Float64Array; sigma: number } {
  const theta = atLengthOne(direction);
  return { theta, sigma: deviation(projections(tuning, theta), less) };
}
