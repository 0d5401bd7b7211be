import type * as ort from 'onnxruntime-node';
import { norm } from '../linalg/matrix.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { floats } from '../runtime/session.ts';
import { type Site, siteValue } from '../decoder/sites.ts';
import { Stage } from '../decoder/stage.ts';
import { Adam } from './adam.ts';
import { type LossChunk, lossWeight } from './loss-chunk.ts';
import { settle } from './settle.ts';
import { type LossGraph, lossGraph } from './suffix.ts';
import type { Report } from '../../../shared/progress.ts';
import type { FactTokens } from './types.ts';

/** How the wanted hidden state is searched for (compute_z.py, compute_v.py). */
export interface TargetSettings {
  /** Steps; the last one only measures, so that there are at most steps − 1 updates. */
  readonly steps: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly klFactor: number;
  /** Weight of what is said of the subject otherwise ({@link FactTokens.own}), all of it together; 0 when left out. */
  readonly ownFactor?: number;
  /** ‖δ‖ ≤ clamp·‖h‖. */
  readonly clamp: number;
  /** A fact is done when its loss falls below this; the published code says 0.05. */
  readonly stopBelow: number;
  /**
   * When a fact is done before that (encore/compute_z.py, prob_cutoff). Above 0: at this mean probability of the target. Below 0: at the
   * so manieth step at which every token of the target is the likeliest behind every text. 0, or left out: not before.
   */
  readonly stopEarly?: number;
}

/** The published code's own stop (compute_z.py, compute_v.py). */
export const STOP_BELOW = 5e-2;

/** The search's result for one fact. */
export interface Target {
  /** h + δ, D values. */
  readonly z: Float64Array;
  /** h: what the site held before, in the plain row. */
  readonly before: Float64Array;
  /** Per step: mean −log p(target), weighted KL, weighted decay. */
  readonly history: readonly (readonly [nll: number, kl: number, decay: number])[];
}

/** Tokens in one run of the loss graph: enough to fill matrix products, little enough to stay in memory. */
const BUDGET = 1024;

/** Facts whose caches and hidden states are held at once, and that are found before any is kept. Runs are full long before. */
export const WAVE = 64;

/**
 * Finds for each fact the hidden state at its subject's last token that makes the target likely
 * and leaves "{subject} is a" alone. Facts are searched together; finished ones leave.
 * @param site where δ is added: the residual (MEMIT) or the MLP output (ROME)
 * @param kept where facts that were found wait, so that a run that was broken off is not begun from the start; for more than one wave
 */
export async function findTargets(
  decoder: Decoder,
  site: Site,
  facts: readonly FactTokens[],
  settings: TargetSettings,
  report: Report,
  kept?: KeptTargets,
): Promise<Target[]> {
  const waves = Math.ceil(facts.length / WAVE);
  const found: Target[] = [];
  for (let wave = 0; wave < waves; wave++) {
    const part: Report = {
      check: () => report.check(),
      progress: (phase, done, total) => report.progress(phase, wave * total + done, waves * total),
    };
    const own = facts.slice(wave * WAVE, (wave + 1) * WAVE);
    const what = { site, settings, facts: own };
    const before = waves > 1 ? kept?.read(what) : undefined;
    const targets = before ?? (await searchTogether(decoder, site, own, settings, part));
    if (waves > 1 && !before) await kept?.keep(what, targets);
    found.push(...targets);
  }
  return found;
}

/** Where what was found for some of the facts waits for a run that was broken off and is begun again. */
export interface KeptTargets {
  /** @param what all that the result depends on, beside the model */
  read(what: unknown): Target[] | undefined;
  keep(what: unknown, targets: readonly Target[]): Promise<void>;
  /** Removes what this run kept: it is not needed any more. */
  forget(): void;
}

async function searchTogether(
  decoder: Decoder,
  site: Site,
  facts: readonly FactTokens[],
  settings: TargetSettings,
  report: Report,
): Promise<Target[]> {
  const value = siteValue(decoder.anatomy, site);
  const loss = lossGraph(decoder, value, { isRanked: (settings.stopEarly ?? 0) < 0 });
  const settled = await settle(decoder, value, loss, facts, BUDGET, report);
  const searches = settled.before.map((before) => new Search(before, settings));
  const stage = Stage.of(decoder, await decoder.session(loss.graph), loss.live);
  try {
    let { chunks } = settled;
    for (let step = 0; step < settings.steps; step++) {
      for (const search of searches) search.reset();
      for (const chunk of chunks) {
        report.check();
        const result = await stage.run(
          chunk.tokens,
          chunk.feeds((fact) => searches[fact]!.delta, settings),
          chunk.past,
        );
        collect(result, loss, chunk, searches, facts, settings);
      }
      const before = searches.filter((s) => s.done).length;
      for (const search of searches) search.update(step === settings.steps - 1);
      report.progress('targets', step + 1, settings.steps);
      if (searches.every((s) => s.done)) break;
      if (searches.filter((s) => s.done).length > before)
        chunks = chunks.map((c) => c.without((fact) => searches[fact]!.done)).filter((c) => c !== undefined);
    }
  } finally {
    await stage.release();
  }
  return searches.map((s) => s.result());
}

function collect(
  result: Record<string, ort.Tensor>,
  loss: LossGraph,
  chunk: LossChunk,
  searches: readonly Search[],
  facts: readonly FactTokens[],
  settings: TargetSettings,
): void {
  const nll = floats(result, loss.nll);
  chunk.targets.forEach((fact, i) => {
    searches[fact]!.nll += nll[i]! * lossWeight(facts[fact]!);
  });
  if (loss.behind !== undefined) {
    const behind = floats(result, loss.behind);
    chunk.targets.forEach((fact, i) => {
      if (chunk.isRanked[i] && behind[i]! > 0) searches[fact]!.isLikeliest = false;
    });
  }
  if (chunk.isFirst) chunk.keep(floats(result, loss.now));
  else {
    const kl = floats(result, loss.kl);
    const weights = chunk.keptWeights(settings);
    chunk.kept.forEach((fact, i) => {
      searches[fact]!.kl += kl[i]! * weights[i]!;
    });
  }
  const gradient = floats(result, loss.gradient);
  const width = gradient.length / chunk.rows.length;
  chunk.rows.forEach((r, i) => searches[r.fact]!.add(gradient.subarray(i * width, (i + 1) * width)));
}

/** One fact's descent. */
class Search {
  readonly delta: Float64Array;
  nll = 0;
  kl = 0;
  done = false;
  /** Whether every target token that is ranked is the likeliest now, and at how many steps it was. */
  isLikeliest = true;
  private timesLikeliest = 0;
  private readonly gradient: Float64Array;
  private readonly adam: Adam;
  private readonly history: [number, number, number][] = [];
  private readonly before: Float64Array;
  private readonly settings: TargetSettings;

  constructor(before: Float64Array, settings: TargetSettings) {
    this.before = before;
    this.settings = settings;
    this.delta = new Float64Array(before.length);
    this.gradient = new Float64Array(before.length);
    this.adam = new Adam(before.length, settings.learningRate);
  }

  reset(): void {
    this.nll = 0;
    this.kl = 0;
    this.isLikeliest = true;
    this.gradient.fill(0);
  }

  add(gradient: Float32Array): void {
    for (let d = 0; d < gradient.length; d++) this.gradient[d]! += gradient[d]!;
  }

  /** One step; the decay is weight_decay·‖δ‖/‖h‖², the numerator not squared, as the published code has it. */
  update(isLast: boolean): void {
    if (this.done) return;
    const { settings, delta, before } = this;
    const size = norm(delta);
    const scale = norm(before) ** 2;
    const decay = (settings.weightDecay * size) / scale;
    this.history.push([this.nll, this.kl, decay]);
    this.done = isLast || this.nll + this.kl + decay < settings.stopBelow || this.isEarly();
    if (this.done) return;
    if (size > 0) for (let d = 0; d < delta.length; d++) this.gradient[d]! += (settings.weightDecay * delta[d]!) / (size * scale);
    this.adam.step(delta, this.gradient);
    const limit = settings.clamp * Math.sqrt(scale);
    const now = norm(delta);
    if (now > limit) for (let d = 0; d < delta.length; d++) delta[d]! *= limit / now;
  }

  private isEarly(): boolean {
    const { stopEarly = 0 } = this.settings;
    if (stopEarly >= 0) return stopEarly > 0 && Math.exp(-this.nll) >= stopEarly;
    if (this.isLikeliest) this.timesLikeliest++;
    return this.timesLikeliest >= -stopEarly;
  }

  result(): Target {
    return { z: this.before.map((h, d) => h + this.delta[d]!), before: this.before, history: this.history };
  }
}
