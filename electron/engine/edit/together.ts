import { EmendError } from '../../../shared/errors.ts';
import { type Fact, questionOf } from '../../../shared/fact.ts';
import type { EditMethodName } from '../../../shared/methods/list.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { matrix, type Matrix, norm, row, stacked } from '../linalg/matrix.ts';
import { tensorFloats } from '../onnx/tensors.ts';
import { fullDelta, withDelta } from './delta.ts';
import { type DeltaAbout, readDelta } from './delta-file.ts';
import type { Target } from './target.ts';
import type { Delta, EditWarning, WeightDelta } from './types.ts';

// The joint solve: an edit on an edited version solves all facts that were written so anew, together with its own, on the model without
// them. The version is then a function of the set of its facts (shared/reference: recursive least squares carries the residuals, which
// published sequences measure anew and lose; several layers have no such recursion, so all of it is solved again).

/** A fact of an earlier edit, with what was found for it. */
export interface KnownFact {
  readonly fact: Fact;
  readonly target: Target;
  /** The texts that its prompt was put behind. */
  readonly contexts: readonly string[];
}

/** What edits in force were solved together. */
export interface Together {
  /** The model without them, and with everything else that is in force. */
  readonly base: Decoder;
  /** Those that the new facts do not replace, in an order that their words alone decide. */
  readonly facts: readonly KnownFact[];
  /** Layers and λ that they were solved with; undefined where there are none. */
  readonly settings: NonNullable<DeltaAbout['together']> | undefined;
  /** What the last of them solved in all, as far as its file tells. */
  readonly last: Delta | undefined;
  readonly warnings: readonly EditWarning[];
}

/**
 * Reads what of a version's deltas is solved again with new facts.
 * @param imported the model as its files are
 * @param version the same with all of its deltas
 * @param files the deltas, the first applied first
 * @param layers of the new edit; undefined where nobody named any
 * @throws EmendError 'bad-file' for a delta that cannot be read
 */
export function togetherOf(
  { imported, version, files }: { readonly imported: Decoder; readonly version: Decoder; readonly files: readonly string[] },
  facts: readonly Fact[],
  method: EditMethodName,
  layers: readonly number[] | undefined,
): Together {
  const deltas = files.map((file) => readDelta(file));
  const solvable = deltas.filter(({ about }) => about.together && about.method === method);
  const wanted = layers ?? solvable.at(-1)?.about.together!.layers;
  const same = solvable.filter(({ about }) => about.together!.layers.join() === wanted?.join());
  const others = deltas.filter((one) => !same.includes(one));
  const weights = new Set(same.flatMap(({ about }) => about.weights.map(({ weight }) => weight)));
  const rest = others.reduce((now, { delta }) => withDelta(now, delta), imported);
  const base =
    same.length === 0 ? version : version.withConstants(new Map([...weights].map((weight) => [weight, rest.graph.constants.get(weight)!])));
  const replaced = new Set(facts.map(questionOf));
  const known = new Map<string, KnownFact>();
  for (const { about, targets } of same)
    for (const [n, fact] of about.facts.entries())
      if (!replaced.has(questionOf(fact))) known.set(questionOf(fact), { fact, target: targetOf(targets[n]!), contexts: about.contexts });
  const top = same.at(-1);
  const apart = solvable.length - same.length;
  return {
    base,
    facts: [...known.values()].sort((a, b) => byWords(a.fact, b.fact)),
    settings: top?.about.together,
    last: top && top.about.together!.rows > 0 ? wholeOf(top.delta, top.about.together!.rows) : undefined,
    warnings: [...(apart === 0 ? [] : [otherLayers(apart, wanted!)]), ...sharedKeys(facts, [...known.values()])],
  };
}

/** What order is by: the words of a fact, which are the same whenever it was written. */
export function byWords(a: Fact, b: Fact): number {
  const [one, other] = [words(a), words(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * The change from a version to what was solved together, as a delta on that version; and how many of its rows are the solution itself.
 * Where the version is the base with the last solution on it, that is the new solution less the last; else, and where that had more numbers
 * than the matrices themselves, their whole difference.
 */
export function ontoVersion(solution: Delta, version: Decoder, { base, last }: Together): { readonly delta: Delta; readonly rows: number } {
  const parts = solution.weights.map((whole) => {
    const moved = difference(base, version, whole);
    const before = last?.weights.find(({ weight }) => weight === whole.weight);
    const isZero = moved.data.every((x) => x === 0);
    if (isZero) return { whole, less: undefined, moved };
    return { whole, less: before && isSame(before, moved) ? before : undefined, moved };
  });
  const isShort = ({ whole, less, moved }: (typeof parts)[number]) =>
    whole.left.rows + (less?.left.rows ?? 0) <= moved.rows && (less !== undefined || moved.data.every((x) => x === 0));
  if (parts.every(isShort))
    return { delta: { weights: parts.map(({ whole, less }) => (less ? joined(whole, less) : whole)) }, rows: parts[0]!.whole.left.rows };
  return { delta: { weights: parts.map(({ whole, moved }) => dense(whole, moved)) }, rows: 0 };
}

function otherLayers(edits: number, layers: readonly number[]): EditWarning {
  return {
    message:
      edits === 1
        ? `An earlier edit was solved in other layers than ${layers.join(', ')}, so it stays as it is.`
        : `${edits} earlier edits were solved in other layers than ${layers.join(', ')}, so they stay as they are.`,
    hint: 'Edits in the same layers are solved together; name those of the earlier ones.',
  };
}

/** Facts of one subject are looked up by nearly the same key, and the solve meets each of them by a part. */
function sharedKeys(facts: readonly Fact[], known: readonly KnownFact[]): EditWarning[] {
  const earlier = new Set(known.map(({ fact }) => fact.subject.trim()));
  return [...new Set(facts.map(({ subject }) => subject.trim()))]
    .filter((subject) => earlier.has(subject))
    .map((subject) => ({
      message: `An earlier edit wrote another fact about ${subject}; their keys are nearly the same, so each may be met in part.`,
      hint: 'The report asks the earlier fact again.',
    }));
}

function words(fact: Fact): string {
  return JSON.stringify([fact.subject, fact.prompt, fact.target]);
}

function targetOf(m: Matrix): Target {
  if (m.rows !== 2) throw new EmendError('bad-file', `A target has ${m.rows} rows; expected 2.`, 'Bring the delta back from a backup.');
  return { z: row(m, 0), before: row(m, 1), history: [] };
}

/** A target as a delta file keeps it. */
export function keptTarget({ z, before }: Target): Matrix {
  return matrix(2, z.length, Float64Array.from([...z, ...before]));
}

function wholeOf({ weights }: Delta, rows: number): Delta {
  const first = (m: Matrix) => matrix(rows, m.columns, m.data.subarray(0, rows * m.columns));
  return { weights: weights.map((one) => ({ ...one, left: first(one.left), right: first(one.right) })) };
}

/** W of the version less W of the base, D × F, in float64. */
function difference(base: Decoder, version: Decoder, { layer, weight }: WeightDelta): Matrix {
  const { down } = base.anatomy.layers[layer]!.mlp;
  const [was, is] = [base, version].map((one) => tensorFloats(one.model, one.graph.constants.get(weight)!)) as [Float32Array, Float32Array];
  const [rows, columns] = [down.outWidth, down.inWidth];
  const moved = matrix(rows, columns);
  const isOutFirst = down.layout === 'out-in';
  for (let d = 0; d < rows; d++)
    for (let f = 0; f < columns; f++) {
      const at = isOutFirst ? d * columns + f : f * rows + d;
      moved.data[d * columns + f] = is[at]! - was[at]!;
    }
  return moved;
}

/** Beyond what rounding weights to float32 does: with anything else on it, and in half precision, a version takes the whole difference. */
const ROUNDING = 1e-5;

function isSame(last: WeightDelta, moved: Matrix): boolean {
  const whole = fullDelta(last);
  return norm(whole.data.map((x, i) => x - moved.data[i]!)) <= ROUNDING * norm(moved.data);
}

function joined(whole: WeightDelta, less: WeightDelta): WeightDelta {
  const minus = matrix(
    less.left.rows,
    less.left.columns,
    less.left.data.map((x) => -x),
  );
  return {
    ...whole,
    left: stacked([whole.left, minus], whole.left.columns),
    right: stacked([whole.right, less.right], whole.right.columns),
  };
}

/** The solution less what the version has moved already, with the identity in front. */
function dense(whole: WeightDelta, moved: Matrix): WeightDelta {
  const right = fullDelta(whole);
  right.data.forEach((x, i) => (right.data[i] = x - moved.data[i]!));
  const left = matrix(moved.rows, moved.rows);
  for (let d = 0; d < left.rows; d++) left.data[d * left.columns + d] = 1;
  return { ...whole, left, right };
}
