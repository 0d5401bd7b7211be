import type { Diff } from '../../../shared/contract/versions.ts';
import { percent } from '../../format.ts';

export type FactInForce = Diff['onlyA'][number];

/** Facts that differ between two versions, by what became of the question. */
export interface FactGroups {
  /** Both answer it, in different ways. */
  readonly changed: readonly { readonly a: FactInForce; readonly b: FactInForce }[];
  readonly onlyA: readonly FactInForce[];
  readonly onlyB: readonly FactInForce[];
  /** Written by different edits, to the same end. */
  readonly same: readonly { readonly a: FactInForce; readonly b: FactInForce }[];
}

/**
 * Pairs facts that ask the same (subject and prompt) on both sides.
 * Where a version holds several answers to one question, the last written is the one that counts.
 */
export function groupFacts({ onlyA, onlyB }: Pick<Diff, 'onlyA' | 'onlyB'>): FactGroups {
  const inA = byQuestion(onlyA);
  const inB = byQuestion(onlyB);
  const pairs = [...inA].flatMap(([question, a]) => {
    const b = inB.get(question);
    return b ? [{ a, b }] : [];
  });
  return {
    changed: pairs.filter(({ a, b }) => a.target.trim() !== b.target.trim()),
    same: pairs.filter(({ a, b }) => a.target.trim() === b.target.trim()),
    onlyA: [...inA].flatMap(([question, fact]) => (inB.has(question) ? [] : [fact])),
    onlyB: [...inB].flatMap(([question, fact]) => (inA.has(question) ? [] : [fact])),
  };
}

function byQuestion(facts: readonly FactInForce[]): Map<string, FactInForce> {
  return new Map(facts.map((fact) => [JSON.stringify([fact.subject.trim(), fact.prompt.trim()]), fact]));
}

/** The norm of a change against that of the weight; 0 for a weight of norm 0. */
export function relativeNorm({ norm, weightNorm }: Pick<Diff['weights'][number], 'norm' | 'weightNorm'>): number {
  return weightNorm === 0 ? 0 : norm / weightNorm;
}

/** A share of the weight, or how many times it: "0.4%", "12.7 ×". */
export function relativeText(relative: number): string {
  return relative < 1 ? percent(relative, 2) : `${Number(relative.toPrecision(3))} ×`;
}

/** Prompts typed one a line: without blank lines, each once. */
export function promptLines(text: string): string[] {
  return [
    ...new Set(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ),
  ];
}
