import type { HonestReport } from '../../../shared/contract/honest.ts';
import type { Fact } from '../../../shared/fact.ts';
import type { Average } from './metrics.ts';
import type { Answer, TargetScore } from './scorer.ts';

/** What a check does beside scoring the targets. Plain data. */
export interface CheckOptions {
  /** Let the model write the answer by itself (greedily) and see whether it begins with the target. Default true. */
  readonly exactMatch?: boolean | undefined;
  /** Write on from the generation prompts, for fluency and consistency. Default: the published settings; false leaves it out. */
  readonly generation?: GenerationOptions | false | undefined;
  /** Compare with the version before on these. */
  readonly drift?: DriftMaterial | undefined;
  /** Prompts in one request. Default 64. */
  readonly batchSize?: number | undefined;
}

/** What drift is measured on; neither should have to do with the facts. */
export interface DriftMaterial {
  /** Prompts whose next token is compared. */
  readonly probes: readonly string[];
  /** Texts whose perplexity is compared. */
  readonly texts: readonly string[];
}

export interface GenerationOptions {
  /** Tokens of a whole text, its prompt included. */
  readonly maxLength: number;
  /** How many of the likeliest tokens are drawn from. */
  readonly topK: number;
  readonly seed: number;
}

/** eval_utils_counterfact.py: 100 tokens with the prompt, drawn from the 5 likeliest. The seed is ours; the published code has none. */
export const PUBLISHED_GENERATION: GenerationOptions = { maxLength: 100, topK: 5, seed: 0 };

/**
 * Measures of one record: shares from 0 to 1 (EM, PM, NM from −1 to 1), GE in bits.
 * One that the record gives no material for is left out.
 */
export interface CaseMeasures {
  /** Efficacy, generalization, specificity: how often the right one of the two targets is likelier. They need a target before. */
  ES?: number | undefined;
  PS?: number | undefined;
  NS?: number | undefined;
  /** By how much, as difference of probabilities. */
  EM?: number | undefined;
  PM?: number | undefined;
  NM?: number | undefined;
  /** Share of prompts whose whole target is the model's first choice (teacher-forced); for neighbours the target that they had. */
  rewriteAccuracy?: number | undefined;
  paraphraseAccuracy?: number | undefined;
  neighborAccuracy?: number | undefined;
  /** Share of target tokens that are the first choice: zsRE's efficacy, paraphrase and specificity. Gives partial credit. */
  rewriteTokenAccuracy?: number | undefined;
  paraphraseTokenAccuracy?: number | undefined;
  neighborTokenAccuracy?: number | undefined;
  /** Token accuracy on questions that follow from the fact (EasyEdit's portability). */
  portability?: number | undefined;
  /** Whether the text that the model writes by itself begins with the whole target: what a person would see. */
  exactMatch?: number | undefined;
  /** Share of neighbours that answer as before ({@link Fate}: not lost). Needs a baseline. */
  neighborsKept?: number | undefined;
  /** The same of other questions about the subject. Needs a baseline. */
  subjectKept?: number | undefined;
  /** Share of neighbours whose likeliest next token is the one that it was. Needs a baseline. */
  neighborsUnchanged?: number | undefined;
  /** Share of the neighbours answered rightly before that are answered rightly now. Needs a baseline. */
  neighborsStillRight?: number | undefined;
  /** Generation entropy. */
  GE?: number | undefined;
}
export type Measure = keyof CaseMeasures;

/**
 * What became of a neighbour, told by what the model answers: `kept`: the same as before; `shaken`: the same, with less than half of the
 * probability that it had; `lost`: something else. Where it was right before, a right answer is the same whatever follows it.
 */
export type Fate = 'kept' | 'shaken' | 'lost';

/** What a neighbour says before and now, and what became of it. */
export interface NeighborOutcome {
  readonly before: Answer;
  readonly now: Answer;
  readonly fate: Fate;
}

/** One prompt with the scores of its targets. */
export interface PromptReport {
  readonly prompt: string;
  /** The target that the edit wants. Not asked of a neighbour when the fact has no target before. */
  readonly wanted?: TargetScore | undefined;
  /** The target from before; for a neighbour its own. */
  readonly previous?: TargetScore | undefined;
  /** Of a neighbour: whether its likeliest next token is the one that it was. Needs a baseline. */
  readonly unchanged?: boolean | undefined;
  /** Of a neighbour. Needs a baseline. */
  readonly outcome?: NeighborOutcome | undefined;
}

export interface RecordReport {
  readonly id: string;
  readonly fact: Fact;
  readonly rewrite: PromptReport;
  readonly paraphrases: readonly PromptReport[];
  readonly neighbors: readonly PromptReport[];
  /** Other questions about the subject. Reports before 0.2 have none. */
  readonly sameSubject?: readonly PromptReport[] | undefined;
  /** What the model writes after the prompt by itself. */
  readonly answer?: string | undefined;
  /** Generation prompts with what was written after each. */
  readonly generations: readonly string[];
  readonly measures: CaseMeasures;
}

/** How far the version is from the baseline on texts that have nothing to do with the facts. */
export interface DriftReport {
  readonly probes: number;
  /** How many texts the perplexity is of. Reports before 0.2 do not tell. */
  readonly texts?: number | undefined;
  /** KL(baseline ‖ now) of the next token, in nats: mean and greatest over the probes. */
  readonly meanKl: number | undefined;
  readonly maxKl: number | undefined;
  /** Share of probes whose likeliest next token is another one. */
  readonly top1Changed: number | undefined;
  /** Perplexity of the texts, before and now; undefined without texts. */
  readonly perplexityBefore: number | undefined;
  readonly perplexityNow: number | undefined;
}

export interface CheckReport {
  readonly records: readonly RecordReport[];
  /** Averages over records as published: times 100. A measure that no record has is left out. */
  readonly summary: Partial<Record<Measure, Average>>;
  /** Score S: harmonic mean of ES, PS and NS, times 100; undefined unless there are all three. */
  readonly S: number | undefined;
  readonly drift?: DriftReport | undefined;
  /** Its facts asked as people ask, in their order, where that was asked for. */
  readonly honest?: HonestReport | undefined;
}
