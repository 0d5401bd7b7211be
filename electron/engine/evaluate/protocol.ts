import { EmendError } from '../../../shared/errors.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { type Report, silent } from '../../../shared/progress.ts';
import { mean } from '../linalg/distributions.ts';
import { beginsWith } from './answers.ts';
import { measureDrift } from './drift.ts';
import { cleanGeneration, meanGenerationEntropy } from './fluency.ts';
import { argmax, average, harmonicMean, magnitude, neighborMagnitude, neighborSuccess, success, type AnswerPair } from './metrics.ts';
import { neighborFates, othersOf, shareKept } from './neighbours.ts';
import type { CheckRecord } from './records.ts';
import {
  PUBLISHED_GENERATION,
  type CaseMeasures,
  type CheckOptions,
  type CheckReport,
  type GenerationOptions,
  type Measure,
  type PromptReport,
  type RecordReport,
} from './report.ts';
import { inBatches, Scores, type Requests } from './requests.ts';
import type { ScoreItem, Scorer, TargetScore } from './scorer.ts';

/** What a check needs beside its options, and cannot cross a thread. */
export interface CheckAgainst {
  /** The version before; with it changes of the neighbours and drift are measured. */
  readonly baseline?: Scorer | undefined;
}

/**
 * Measures a version on records: all of the published CounterFact and zsRE measures that the records give material for, and what a
 * person would see (the answer written freely; neighbours against the version before; drift). Changes nothing.
 * @throws EmendError 'bad-input' without records or with drift asked for but no baseline; 'cancelled'
 */
export async function checkRecords(
  scorer: Scorer,
  records: readonly CheckRecord[],
  options: CheckOptions & CheckAgainst = {},
  report: Report = silent,
): Promise<CheckReport> {
  if (records.length === 0) throw new EmendError('bad-input', 'There is no record to check.', 'Give at least one fact.');
  if (options.drift && !options.baseline)
    throw new EmendError(
      'bad-input',
      'Drift is measured against the version before, and none was given.',
      'Choose the version to compare with.',
    );
  const requests: Requests = { batchSize: options.batchSize ?? 64, report };
  const cases = records.map((record) => ({ record, prompt: fillPrompt(record.fact.prompt, record.fact.subject).text }));
  const scores = await Scores.of(
    scorer,
    cases.flatMap(({ record, prompt }) => questions(record, prompt)),
    requests,
    'targets',
  );
  const kept = options.baseline && (await compareNeighbors(scorer, options.baseline, records, scores, requests));
  const answers = options.exactMatch === false ? undefined : await freeAnswers(scorer, cases, scores, requests);
  const written =
    options.generation === false ? undefined : await generations(scorer, records, options.generation ?? PUBLISHED_GENERATION, requests);
  const reports = cases.map(({ record, prompt }, at): RecordReport => {
    const prompts = promptReports(record, prompt, scores, kept?.outcome);
    const texts = written?.[at] ?? [];
    const answer = answers?.[at];
    return {
      id: record.id,
      fact: record.fact,
      ...prompts,
      answer,
      generations: texts,
      measures: defined({
        ...targetMeasures(record, prompts, scores),
        ...kept?.measures[at],
        exactMatch: answer === undefined ? undefined : Number(beginsWith(answer, record.fact.target)),
        GE: meanGenerationEntropy(texts),
      }),
    };
  });
  const drift = options.drift && options.baseline ? await measureDrift(scorer, options.baseline, options.drift, requests) : undefined;
  return { records: reports, ...summarize(reports), drift };
}

/** Every question of a record. Neighbours are asked for the wanted target only where there is a pair to compare. */
function questions({ fact, paraphrases, neighbors, sameSubject, portability }: CheckRecord, prompt: string): ScoreItem[] {
  const pair = fact.previousTarget === undefined ? [fact.target] : [fact.target, fact.previousTarget];
  const own = [prompt, ...paraphrases].flatMap((one) => pair.map((target) => ({ prompt: one, target })));
  const others = neighbors.flatMap(({ prompt: one, target }) => {
    if (target === undefined) return [];
    return fact.previousTarget === undefined
      ? [{ prompt: one, target }]
      : [
          { prompt: one, target },
          { prompt: one, target: fact.target },
        ];
  });
  const about = sameSubject.flatMap(({ prompt: one, target }) => (target === undefined ? [] : [{ prompt: one, target }]));
  return [...own, ...others, ...about, ...portability];
}

function promptReports(
  { fact, paraphrases, neighbors, sameSubject }: CheckRecord,
  prompt: string,
  scores: Scores,
  outcome: OutcomeOf | undefined,
): Prompts & Pick<RecordReport, 'sameSubject'> {
  const own = (one: string): PromptReport => ({
    prompt: one,
    wanted: scores.get(one, fact.target),
    previous: fact.previousTarget === undefined ? undefined : scores.get(one, fact.previousTarget),
  });
  return {
    rewrite: own(prompt),
    paraphrases: paraphrases.map(own),
    neighbors: neighbors.map((neighbor) => {
      const { prompt: one, target } = neighbor;
      const same = { prompt: one, ...outcome?.(neighbor) };
      if (target === undefined) return same;
      return {
        ...same,
        wanted: fact.previousTarget === undefined ? undefined : scores.get(one, fact.target),
        previous: scores.get(one, target),
      };
    }),
    ...(sameSubject.length === 0
      ? {}
      : {
          sameSubject: sameSubject.map((one) => ({
            prompt: one.prompt,
            ...outcome?.(one),
            previous: one.target === undefined ? undefined : scores.get(one.prompt, one.target),
          })),
        }),
  };
}

/** The prompts of a report that the published measures are of. */
type Prompts = Pick<RecordReport, 'rewrite' | 'paraphrases' | 'neighbors'>;

function targetMeasures(record: CheckRecord, prompts: Prompts, scores: Scores): CaseMeasures {
  const own = [prompts.rewrite];
  const accuracy = (found: readonly (TargetScore | undefined)[]) =>
    mean(found.filter((score) => score !== undefined).map(({ correct }) => Number(correct)));
  const tokenAccuracy = (found: readonly (TargetScore | undefined)[]) =>
    mean(found.filter((score) => score !== undefined).map((score) => score.tokenAccuracy));
  const wanted = (list: readonly PromptReport[]) => list.map((one) => one.wanted);
  const kept = prompts.neighbors.map((one) => one.previous);
  return {
    ES: success(pairs(own)),
    PS: success(pairs(prompts.paraphrases)),
    NS: neighborSuccess(pairs(prompts.neighbors)),
    EM: magnitude(pairs(own)),
    PM: magnitude(pairs(prompts.paraphrases)),
    NM: neighborMagnitude(pairs(prompts.neighbors)),
    rewriteAccuracy: accuracy(wanted(own)),
    paraphraseAccuracy: accuracy(wanted(prompts.paraphrases)),
    neighborAccuracy: accuracy(kept),
    rewriteTokenAccuracy: tokenAccuracy(wanted(own)),
    paraphraseTokenAccuracy: tokenAccuracy(wanted(prompts.paraphrases)),
    neighborTokenAccuracy: tokenAccuracy(kept),
    portability: tokenAccuracy(record.portability.map(({ prompt, target }) => scores.get(prompt, target))),
  };
}

/** Prompts that have both scores. */
function pairs(prompts: readonly PromptReport[]): AnswerPair[] {
  return prompts.flatMap(({ wanted, previous }) => (wanted && previous ? [{ wanted: wanted.nll, previous: previous.nll }] : []));
}

/** How the neighbours fare against the version before. */
async function compareNeighbors(
  scorer: Scorer,
  baseline: Scorer,
  records: readonly CheckRecord[],
  scores: Scores,
  requests: Requests,
): Promise<{ measures: CaseMeasures[]; outcome: OutcomeOf }> {
  const distinct = [...new Set(records.flatMap((record) => othersOf(record).map(({ prompt }) => prompt)))];
  const firstChoices = async (model: Scorer) => {
    const found = await inBatches(requests, 'baseline', distinct, async (batch) => (await model.nextTokenLogProbs(batch)).map(argmax));
    return new Map(distinct.map((prompt, at) => [prompt, found[at]!]));
  };
  const before = await firstChoices(baseline);
  const now = await firstChoices(scorer);
  const known = records.flatMap((record) =>
    othersOf(record).flatMap(({ prompt, target }) => (target === undefined ? [] : [{ prompt, target }])),
  );
  const scoresBefore = await Scores.of(baseline, known, requests, 'baseline');
  const outcomeOf = await neighborFates(scorer, baseline, records, { now: scores, before: scoresBefore }, requests);
  const measures = records.map(({ neighbors, sameSubject }) => ({
    neighborsKept: shareKept(neighbors.map(outcomeOf)),
    subjectKept: shareKept(sameSubject.map(outcomeOf)),
    neighborsUnchanged: mean(neighbors.map(({ prompt }) => Number(before.get(prompt) === now.get(prompt)))),
    neighborsStillRight: mean(
      neighbors.flatMap(({ prompt, target }) =>
        target !== undefined && scoresBefore.get(prompt, target).correct ? [Number(scores.get(prompt, target).correct)] : [],
      ),
    ),
  }));
  return {
    measures,
    outcome: (neighbor) => ({ unchanged: before.get(neighbor.prompt) === now.get(neighbor.prompt), outcome: outcomeOf(neighbor) }),
  };
}

/** What is told of a neighbour against the version before. */
type OutcomeOf = (neighbor: CheckRecord['neighbors'][number]) => Pick<PromptReport, 'unchanged' | 'outcome'>;

/**
 * What the model writes greedily after each prompt: one token more than the longest target of a batch, so that the end of the target shows.
 */
async function freeAnswers(
  scorer: Scorer,
  cases: readonly { record: CheckRecord; prompt: string }[],
  scores: Scores,
  requests: Requests,
): Promise<string[]> {
  return inBatches(requests, 'answers', cases, (batch) => {
    const maxTokens = 1 + Math.max(...batch.map(({ record, prompt }) => scores.get(prompt, record.fact.target).tokens));
    return scorer.generate(
      batch.map(({ prompt }) => prompt),
      { maxTokens, topK: 1, seed: 0 },
    );
  });
}

/** Per record its generation prompts with what was written after each; the published measures read both. */
async function generations(
  scorer: Scorer,
  records: readonly CheckRecord[],
  settings: GenerationOptions,
  requests: Requests,
): Promise<string[][]> {
  const prompts = records.flatMap(({ generationPrompts }, at) => generationPrompts.map((prompt) => ({ prompt, at })));
  const texts = await inBatches(requests, 'generations', prompts, (batch) =>
    scorer.generate(
      batch.map(({ prompt }) => prompt),
      settings,
    ),
  );
  const found: string[][] = records.map(() => []);
  prompts.forEach(({ prompt, at }, index) => found[at]!.push(cleanGeneration(prompt + texts[index]!)));
  return found;
}

/** Averages over records, and score S: what a report of several records says in all. */
export function summarize(reports: readonly RecordReport[]): Pick<CheckReport, 'summary' | 'S'> {
  const summary: CheckReport['summary'] = {};
  for (const measure of new Set(reports.flatMap(({ measures }) => Object.keys(measures) as Measure[]))) {
    const found = average(
      reports.map(({ measures }) => measures[measure]),
      100,
    );
    if (found) summary[measure] = found;
  }
  return { summary, S: harmonicMean([summary.ES?.mean, summary.PS?.mean, summary.NS?.mean]) };
}

/** Without the measures that have no value. */
function defined(measures: CaseMeasures): CaseMeasures {
  return Object.fromEntries(Object.entries(measures).filter(([, value]) => value !== undefined));
}
