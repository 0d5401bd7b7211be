import { EmendError } from '../../../shared/errors.ts';
import type { Report } from '../../../shared/progress.ts';
import type { ScoreItem, Scorer, TargetScore } from './scorer.ts';

/** What a check counts prompts in. */
export type CheckPhase = 'targets' | 'baseline' | 'answers' | 'generations' | 'drift';

/** How the questions of a check are put to a model: in batches, with progress, until someone stops it. */
export interface Requests {
  readonly batchSize: number;
  readonly report: Report;
}

/**
 * Asks in batches and puts the answers together in order; looks for a cancel before each.
 * @throws EmendError 'cancelled'; 'failed' when the model answers fewer than it was asked
 */
export async function inBatches<T, R>(
  requests: Requests,
  phase: CheckPhase,
  items: readonly T[],
  ask: (batch: T[]) => Promise<R[]>,
): Promise<R[]> {
  const answers: R[] = [];
  for (let start = 0; start < items.length; start += requests.batchSize) {
    requests.report.check();
    const batch = items.slice(start, start + requests.batchSize);
    const answered = await ask(batch);
    if (answered.length !== batch.length)
      throw new EmendError(
        'failed',
        `The model gave ${answered.length} answers to ${batch.length} prompts.`,
        'This is a mistake in Emend; please report it.',
      );
    answers.push(...answered);
    requests.report.progress(phase, start + batch.length, items.length);
  }
  return answers;
}

/** Scores of questions, each asked once however often it occurs: records of one relation share many neighbours. */
export class Scores {
  readonly #known = new Map<string, TargetScore>();

  static async of(scorer: Scorer, items: readonly ScoreItem[], requests: Requests, phase: CheckPhase): Promise<Scores> {
    const scores = new Scores();
    const distinct = [...new Map(items.map((item) => [keyOf(item), item])).values()];
    const found = await inBatches(requests, phase, distinct, (batch) => scorer.scoreTargets(batch));
    distinct.forEach((item, at) => scores.#known.set(keyOf(item), found[at]!));
    return scores;
  }

  /** @throws EmendError 'failed' for a question that was not asked */
  get(prompt: string, target: string): TargetScore {
    const score = this.#known.get(keyOf({ prompt, target }));
    if (score) return score;
    throw new EmendError(
      'failed',
      `The target ${JSON.stringify(target)} was not scored on ${JSON.stringify(prompt)}.`,
      'This is a mistake in Emend; please report it.',
    );
  }
}

function keyOf({ prompt, target }: ScoreItem): string {
  return JSON.stringify([prompt, target]);
}
