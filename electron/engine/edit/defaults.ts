import type { Anatomy } from '../anatomy/types.ts';
import type { Sourced } from './method.ts';
import { STOP_BELOW, type TargetSettings } from './target.ts';

/** Tokens of covariance text per key dimension (arXiv 2506.04226: 2 keep 95%, 10 are plenty). */
const TOKENS_PER_DIMENSION = 10;
/** Published edits end at a fifth (GPT-J) to a third (GPT-2 XL) of the depth; shallow models may hold facts a little later. */
const DEPTHS = [0.15, 0.3, 0.45, 0.6];

/** Settings of the search for the wanted state, as most published sets have them, and what else the methods share. */
export function sharedDefaults(anatomy: Anatomy) {
  const published = <T>(value: T): Sourced<T> => ({ value, source: 'published default' });
  const widest = Math.max(...anatomy.layers.map(({ mlp }) => mlp.down.inWidth));
  return {
    steps: { value: 25, source: 'published for models of this kind' },
    learningRate: published(0.5),
    weightDecay: published(0.5),
    stopEarly: published(0),
    klFactor: published(0.0625),
    ownFactor: published(0),
    factToken: published('subject_last' as const),
    covarianceTokens: { value: TOKENS_PER_DIMENSION * widest, source: `${TOKENS_PER_DIMENSION} for each key dimension (arXiv 2506.04226)` },
    seed: { value: 0, source: 'default' },
  };
}

/** The clamp of the published sets, and a wider one for models of less than 12 layers. */
export function clampFor(anatomy: Anatomy, published: number, shallow: number): Sourced<number> {
  const source = 'published default; wider for a shallow model, whose few layers must carry more';
  return { value: anatomy.layers.length < 12 ? shallow : published, source };
}

/**
 * With some ten thousand tokens the covariance has directions that hardly occur; its inverse then turns small keys into huge changes of the
 * weight (Atlas: ten times larger, for nothing). The published code inverts the covariance of many millions of tokens as it is.
 */
export function ridgeOf(value: number): Sourced<number> {
  return { value, source: 'keeps the change of the weights small' };
}

/** A window of `count` layers that ends at 0.3 of the depth. */
export function layersFor(anatomy: Anatomy, count: number): Sourced<readonly number[]> {
  return { value: windowEnding(lastAt(0.3, anatomy.layers.length), count), source: 'in proportion to the published models' };
}

/** Windows of `count` layers at the depths where published edits lie. */
export function windowsOf(anatomy: Anatomy, count: number): number[][] {
  const ends = [...new Set(DEPTHS.map((share) => lastAt(share, anatomy.layers.length)))];
  return ends.map((last) => windowEnding(last, count));
}

function lastAt(share: number, depth: number): number {
  return Math.max(0, Math.round(depth * share) - 1);
}

/** So many layers, fewer near the first, of which `last` is the last. */
export function windowEnding(last: number, most: number): number[] {
  const count = Math.min(most, last + 1);
  return Array.from({ length: count }, (_, i) => last - count + 1 + i);
}

/** Settings that {@link targetSettings} reads. */
export interface SearchSettings {
  readonly steps: Sourced<number>;
  readonly learningRate: Sourced<number>;
  readonly weightDecay: Sourced<number>;
  readonly klFactor: Sourced<number>;
  readonly ownFactor: Sourced<number>;
  readonly clamp: Sourced<number>;
  readonly stopEarly: Sourced<number>;
}

/** The numbers of the search for the wanted state. */
export function targetSettings(s: SearchSettings): TargetSettings {
  return {
    steps: s.steps.value,
    learningRate: s.learningRate.value,
    weightDecay: s.weightDecay.value,
    klFactor: s.klFactor.value,
    ownFactor: s.ownFactor.value,
    clamp: s.clamp.value,
    stopBelow: STOP_BELOW,
    stopEarly: s.stopEarly.value,
  };
}
