/** Greedy when the temperature is 0. */
export interface Sampling {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly repetitionPenalty: number;
  readonly seed: number;
}

/** Always the most likely token. */
export const greedy: Sampling = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };

/** A small seeded generator (mulberry32): the same seed gives the same text on every machine. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}

/**
 * Chooses the next token from logits [V]: repetition penalty (CTRL: divide what is positive, multiply what is not), then temperature,
 * top-k and top-p (nucleus), then one draw. Temperature 0 takes the most likely.
 * @param before the row so far, for the penalty
 */
export function pickToken(logits: Float32Array, sampling: Sampling, before: readonly number[], random: Random): number {
  const scores = sampling.repetitionPenalty === 1 ? logits : penalised(logits, sampling.repetitionPenalty, before);
  if (sampling.temperature <= 0) return bestOf(scores);
  const order = sampling.topK > 0 ? largest(scores, sampling.topK) : [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
  const top = scores[order[0]!]!;
  const weights = order.map((id) => Math.exp((scores[id]! - top) / sampling.temperature));
  const total = weights.reduce((a, w) => a + w, 0);
  let kept = weights.length;
  if (sampling.topP < 1) {
    let sum = 0;
    kept = weights.findIndex((w) => (sum += w / total) >= sampling.topP) + 1 || weights.length;
  }
  const mass = weights.slice(0, kept).reduce((a, w) => a + w, 0);
  let draw = random.next() * mass;
  for (let i = 0; i < kept; i++) {
    draw -= weights[i]!;
    if (draw < 0) return order[i]!;
  }
  return order[kept - 1]!;
}

/** Repetition penalty (CTRL) on scores [V]: of tokens that the text has, what is positive is divided, what is not multiplied. */
export function penalised(logits: Float32Array, penalty: number, before: readonly number[]): Float32Array {
  const out = logits.slice();
  for (const id of new Set(before)) out[id] = out[id]! > 0 ? out[id]! / penalty : out[id]! * penalty;
  return out;
}

function bestOf(scores: Float32Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}

/** Ids of the k largest scores, largest first; the lower id wins a tie. */
export function largest(scores: Float32Array, k: number): number[] {
  const kept: number[] = [];
  for (let id = 0; id < scores.length; id++) {
    const s = scores[id]!;
    if (kept.length === k && !(s > scores[kept[k - 1]!]!)) continue;
    let at = kept.length;
    while (at > 0 && scores[kept[at - 1]!]! < s) at--;
    kept.splice(at, 0, id);
    if (kept.length > k) kept.pop();
  }
  return kept;
}

/** log softmax of logits [V], summed in float64. */
export function logSoftmax(logits: Float32Array): Float32Array {
  const shift = logSumExp(logits);
  return logits.map((x) => x - shift);
}

/** log Σ exp of logits, summed in float64; a token's log probability is its logit less this. */
export function logSumExp(logits: Float32Array): number {
  let top = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > top) top = logits[i]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - top);
  return top + Math.log(sum);
}
