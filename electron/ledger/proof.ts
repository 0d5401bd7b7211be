import type { Proof, Prover } from '../../shared/verdict.ts';
import type { Point, Standing } from './anchor.ts';
import { checkpointProblem, isLinked, pointProblem, type Checkpoint } from './checkpoints.ts';
import type { Examined } from './examine.ts';
import type { VerifyKey } from './keys.ts';
import { pointsOf, type Damage } from './scan.ts';

/** A checkpoint, or an entry's number and hash, that a person has from elsewhere. */
export interface Given {
  readonly from: string;
  readonly end: Checkpoint | Point;
}

/** The model that a journal is the record of. */
export function modelIn({ history }: Examined): string | undefined {
  return history.isEmpty ? undefined : history.current.model;
}

/** What is wrong by what lies outside the ledger's folder. */
export function standingProblems(standing: Standing): Damage[] {
  if (standing.state === 'contradicts') return [standing.damage];
  // An anchor of somebody else's key proves nothing, and says nothing against the record.
  return standing.state === 'unusable' && !standing.isForeign
    ? [{ seq: 1, offset: undefined, what: 'anchor', message: standing.message }]
    : [];
}

/**
 * How far something proves the record. Only what lies elsewhere can tell where it ends: its own checkpoints can be cut off with it.
 * @param hasPlace whether an anchor was looked for
 */
export function proofOf(
  examined: Examined,
  standing: Standing,
  checkpoints: readonly Checkpoint[],
  given: readonly Given[],
  hasPlace = false,
): Proof {
  const end = pointsOf(examined).at(-1)?.seq ?? 0;
  const since = standing.state === 'holds' ? { since: standing.anchor.since } : {};
  const found: { upTo: number; by: Prover; tellsEnd: boolean }[] = given.map(({ from, end: { seq, ...more } }) => ({
    upTo: seq,
    by: { what: 'given', name: from, ...('key' in more ? { key: more.key, time: more.time } : {}) },
    tellsEnd: true,
  }));
  if (standing.state === 'holds' && standing.upTo) {
    const { key, time } = standing.anchor;
    found.unshift({ upTo: standing.upTo.seq, by: { what: 'anchor', key, time }, tellsEnd: true });
  }
  for (const { seq, key, time } of checkpoints) found.push({ upTo: seq, by: { what: 'checkpoint', key, time }, tellsEnd: false });
  const whole = found.find(({ upTo, tellsEnd }) => tellsEnd && upTo === end);
  if (whole) return { upTo: end, by: whole.by, end: true, ...since };
  const best = found.reduce<(typeof found)[number] | undefined>((one, other) => (one && one.upTo >= other.upTo ? one : other), undefined);
  const why = !hasPlace
    ? 'nothing from elsewhere was given to hold it against'
    : standing.state === 'holds'
      ? `its anchor does not know the entries after ${standing.upTo?.seq ?? 0}`
      : checkpoints.some(isLinked)
        ? 'its anchor is missing'
        : 'it has no anchor outside its folder';
  return { upTo: best?.upTo ?? 0, ...(best ? { by: best.by } : {}), end: false, ...since, why };
}

export function checkpointProblems(examined: Examined, checkpoints: readonly Checkpoint[], keys: readonly VerifyKey[]): Damage[] {
  return checkpoints.flatMap((checkpoint) => checkpointProblem(checkpoint, pointsOf(examined), modelIn(examined), keys) ?? []);
}

export function givenProblems(examined: Examined, given: readonly Given[], keys: readonly VerifyKey[]): Damage[] {
  return given.flatMap(({ from, end }) =>
    'signature' in end ? checkpointProblems(examined, [end], keys) : (pointProblem(end, pointsOf(examined), `${from} says`) ?? []),
  );
}
