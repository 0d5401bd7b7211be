import { TOKEN_GROUPS, type TokenGroup, tokenGroups } from '../../../shared/tracing.ts';
import type { TraceKind } from '../../../shared/tracing.ts';

/** A number averaged over facts. */
export interface Average {
  readonly mean: number;
  /** Half of the 95 % interval, 1.96·sd/√n with the sample's sd; undefined of one fact, which has none. */
  readonly interval: number | undefined;
}

/** Effects in a group of tokens, layer by layer. */
export interface GroupEffect {
  /** How many of the facts have tokens of this group. */
  readonly facts: number;
  readonly layers: readonly Average[];
}

/** What was traced of one fact. */
export interface FactScores {
  readonly subject: readonly [first: number, end: number];
  readonly high: number;
  readonly low: number;
  /** Probability of the answer with a state put back: [tokens][layers]. */
  readonly scores: { readonly [kind in TraceKind]?: readonly (readonly number[])[] | undefined };
}

/** Indirect effects averaged over facts. */
export type Effects = Readonly<Partial<Record<TraceKind, Readonly<Record<TokenGroup, GroupEffect>>>>>;

/**
 * Average indirect effects, score − low of each fact. Where a fact has several tokens in a group they are averaged first, so that each
 * fact counts once; the authors' notebook weighs such groups by token.
 */
export function averageEffects(facts: readonly FactScores[], kinds: readonly TraceKind[]): Effects {
  const ofKind = (kind: TraceKind) =>
    Object.fromEntries(TOKEN_GROUPS.map(({ key }) => [key, groupEffect(facts.flatMap((fact) => effectIn(fact, kind, key)))]));
  return Object.fromEntries(kinds.map((kind) => [kind, ofKind(kind)]));
}

/** Mean and 95 % interval; undefined of nothing. */
export function average(values: readonly number[]): Average | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, interval: n < 2 ? undefined : 1.96 * Math.sqrt(squares / (n - 1) / n) };
}

/** One fact's effect per layer, or nothing where it has no token of the group. */
function effectIn({ scores, subject, low }: FactScores, kind: TraceKind, group: TokenGroup): number[][] {
  const rows = scores[kind]!;
  const tokens = tokenGroups(rows.length, subject)[group];
  if (tokens.length === 0) return [];
  return [rows[0]!.map((_, layer) => tokens.reduce((sum, token) => sum + rows[token]![layer]! - low, 0) / tokens.length)];
}

function groupEffect(facts: readonly (readonly number[])[]): GroupEffect {
  return { facts: facts.length, layers: (facts[0] ?? []).map((_, layer) => average(facts.map((fact) => fact[layer]!))!) };
}
