import { tally } from '../../shared/checks.ts';
import { counted } from '../../shared/counted.ts';
import type { Check, CheckedFact, EditMade, EditReport, FactReport, Fate, PromptOutcome } from '../../shared/contract/edits.ts';
import type { Settings } from '../../shared/contract/settings.ts';
import type { Fact } from '../../shared/fact.ts';
import { factMeasureNames, type DemandedName, type FactMeasureName, type MeasureName } from '../../shared/measures.ts';
import { type CheckReport, mean, type PromptReport, type RecordReport } from '../engine/records.ts';
import type { Jobs } from '../engine/jobs.ts';
import { given } from '../../shared/given.ts';
import { toldNeighbors } from '../../shared/told.ts';
import { honestChecks } from './honest.ts';

type Thresholds = Settings['thresholds'];

/** How an edit was made, as screens and the ledger have it. */
export function editMade(outcome: Jobs['edit']['result']): EditMade {
  return {
    method: outcome.method,
    layers: [...outcome.layers],
    hyperparameters: outcome.hyperparameters.map((one) => ({ ...one })),
    covariance: { ...outcome.covariance, ridges: [...outcome.covariance.ridges] },
    contexts: [...outcome.contexts],
    seed: outcome.seed,
    weights: outcome.weights.map((one) => ({
      layer: one.layer,
      tensor: one.weight,
      rank: one.rank,
      deltaNorm: one.deltaNorm,
      weightNorm: one.weightNorm,
      before: one.sha256Before,
      after: one.sha256After,
    })),
    ...given({ solvedAnew: outcome.solvedAnew }),
    warnings: outcome.warnings.map(({ message, hint }) => ({ message, hint })),
    seconds: outcome.seconds,
  };
}

/** Hyperparameters as an entry keeps them: by their keys; those of earlier releases have names alone. */
export function hyperparametersOf(
  used: readonly { readonly key?: string | undefined; readonly name: string; readonly value: string; readonly source: string }[],
): Record<string, { name: string; value: string; source: string }> {
  return Object.fromEntries(used.map(({ key, name, value, source }) => [key ?? name, { name, value, source }]));
}

/** What an entry keeps of how much a weight was changed. */
export function measuresOf({ rank, deltaNorm, weightNorm }: EditMade['weights'][number]) {
  return { rank, norm: deltaNorm, weightNorm };
}

/** An edit with its measurements before and after, as screens and the ledger have it. */
export function editReport(
  parent: string,
  facts: readonly Fact[],
  outcome: Jobs['edit']['result'],
  before: CheckReport,
  after: CheckReport,
  thresholds: Thresholds,
  beside: Measured = NOTHING_MEASURED,
): EditReport {
  const { drift, honest } = after;
  const known = <T>(value: T | undefined, name: string) => (value === undefined ? {} : { [name]: value });
  return {
    ...editMade(outcome),
    parent,
    checks: checksOf(after, before, thresholds),
    facts: factReports(facts, before, after, thresholds, beside),
    ...given({ honest }),
    ...(drift === undefined
      ? {}
      : {
          drift: {
            probes: drift.probes,
            ...known(drift.texts, 'texts'),
            ...known(drift.meanKl, 'meanKl'),
            ...known(drift.maxKl, 'maxKl'),
            ...known(drift.top1Changed, 'topChanged'),
            ...known(drift.perplexityBefore, 'perplexityBefore'),
            ...known(drift.perplexityNow, 'perplexityAfter'),
          },
        }),
  };
}

/** What became of each fact; what it told the edit stands apart. */
export function factReports(
  facts: readonly Fact[],
  before: CheckReport,
  after: CheckReport,
  thresholds: Thresholds,
  beside: Measured = NOTHING_MEASURED,
): FactReport[] {
  return facts.map((fact, at) => {
    const report = factReport(fact, before.records[at]!, after.records[at]!, thresholds);
    const [told, toldNow] = [beside.before.told.get(at), beside.after.told.get(at)];
    const [follows, followsNow] = [beside.before.follows.get(at), beside.after.follows.get(at)];
    return {
      ...report,
      ...(told && toldNow && { told: toldOutcomes(fact, told, toldNow) }),
      ...(follows && followsNow && { follows: followingOutcomes(fact, follows, followsNow) }),
    };
  });
}

/**
 * The measures of a check by name, in their order; those that were not taken are left out.
 * A demanded one is held against its threshold.
 */
export function checksOf(now: CheckReport, before: CheckReport | undefined, thresholds: Thresholds): Check[] {
  return [...takenOf(now, before, thresholds), ...honestChecks(now.honest)];
}

function takenOf(now: CheckReport, before: CheckReport | undefined, thresholds: Thresholds): Check[] {
  return factMeasureNames().flatMap((name): Check[] => {
    const { value, before: was, count } = TAKEN[name](now, before);
    if (value === undefined) return [];
    const threshold = thresholdOf(name, thresholds);
    return [
      { name, value, ...given({ before: was }), count, ...(threshold === undefined ? {} : { threshold, passed: value >= threshold }) },
    ];
  });
}

function thresholdOf(name: MeasureName, thresholds: Thresholds): number | undefined {
  return Object.hasOwn(thresholds, name) ? thresholds[name as DemandedName] : undefined;
}

/** What a check measured under a name, and on how many cases. */
interface Taken {
  readonly value: number | undefined;
  readonly before: number | undefined;
  readonly count: number;
}
type Take = (now: CheckReport, before: CheckReport | undefined) => Taken;

/**
 * How each measure is taken. What is demanded goes by what the model says first. Efficacy, generalization and specificity are the published
 * scores (wanted against previous target); facts without a previous target count by whether the target is on top.
 */
const TAKEN = {
  answers: ofAllRecords(({ measures }) => measures.exactMatch ?? measures.rewriteAccuracy),
  wordings: ofRecords(({ measures }) => measures.paraphraseAccuracy),
  kept: ofRecords(({ measures }) => measures.neighborsKept),
  subject: ofRecords(({ measures }) => measures.subjectKept),
  efficacy: ofRecords(efficacyOf),
  generalization: ofRecords(generalizationOf),
  specificity: ofRecords(specificityOf),
  'neighbors unchanged': ofAllRecords(({ measures }) => measures.neighborsUnchanged),
  fluency: ofAllRecords(({ measures }) => measures.GE),
  drift: ofDrift(({ meanKl }) => [meanKl]),
  'top token changed': ofDrift(({ top1Changed }) => [top1Changed]),
  perplexity: ofTexts(({ perplexityNow, perplexityBefore }) => [perplexityNow, perplexityBefore]),
} satisfies Record<FactMeasureName, Take>;

type OfRecord = (record: RecordReport) => number | undefined;

/** The mean over the facts that have the measure; they are the cases. */
function ofRecords(of: OfRecord): Take {
  return (now, before) => ({ ...means(of, now, before), count: now.records.filter((record) => of(record) !== undefined).length });
}

/** The mean over the facts that have the measure; all facts are the cases. */
function ofAllRecords(of: OfRecord): Take {
  return (now, before) => ({ ...means(of, now, before), count: now.records.length });
}

function means(of: OfRecord, now: CheckReport, before: CheckReport | undefined) {
  const over = (report: CheckReport) => mean(report.records.flatMap((record) => of(record) ?? []));
  return { value: over(now), before: before && over(before) };
}

/** Measured on texts that have nothing to do with the facts: the value, and the same before. A perplexity may be beyond all numbers. */
function ofDrift(of: (drift: NonNullable<CheckReport['drift']>) => [number | undefined, (number | undefined)?]): Take {
  return ({ drift }) => {
    const [value, before] = (drift ? of(drift) : []).map((one) => (Number.isFinite(one) ? one : undefined));
    return { value, before, count: drift?.probes ?? 0 };
  };
}

/** The same of whole texts. */
function ofTexts(of: Parameters<typeof ofDrift>[0]): Take {
  const take = ofDrift(of);
  return (now, before) => ({ ...take(now, before), count: now.drift?.texts ?? now.drift?.probes ?? 0 });
}

function efficacyOf({ measures }: RecordReport): number | undefined {
  return measures.ES ?? measures.rewriteAccuracy;
}

function generalizationOf({ measures }: RecordReport): number | undefined {
  return measures.PS ?? measures.paraphraseAccuracy;
}

function specificityOf({ measures }: RecordReport): number | undefined {
  return measures.NS ?? measures.neighborAccuracy ?? measures.neighborsUnchanged;
}

/** By the place of a fact, how was measured what stands beside it: what was told to the edit, what may follow from it. */
export interface Beside {
  readonly told: ReadonlyMap<number, RecordReport>;
  readonly follows: ReadonlyMap<number, RecordReport>;
}
/** The same before and after the edit. */
export interface Measured {
  readonly before: Beside;
  readonly after: Beside;
}
const NOTHING: Beside = { told: new Map(), follows: new Map() };
const NOTHING_MEASURED: Measured = { before: NOTHING, after: NOTHING };

function followingOutcomes(fact: Fact, before: RecordReport, after: RecordReport): PromptOutcome[] {
  return outcomesOf({ ...fact, sameSubject: fact.follows ?? [] }, before, after).sameSubject ?? [];
}

function toldOutcomes(fact: Fact, before: RecordReport, after: RecordReport): NonNullable<FactReport['told']> {
  const told = fact.told ?? { wordings: [], neighbors: [] };
  const outcomes = outcomesOf({ ...fact, neighbors: toldNeighbors(told), sameSubject: told.sameSubject ?? [] }, before, after);
  const { paraphrases, sameSubject } = outcomes;
  const held = told.neighbors.length;
  const apart = outcomes.neighbors.slice(held);
  return { paraphrases, neighbors: outcomes.neighbors.slice(0, held), ...given({ sameSubject }), ...(apart.length > 0 ? { apart } : {}) };
}

/** What a check apart from an edit found of a fact. */
export function checkedFact(record: RecordReport): CheckedFact {
  const { fact, neighbors, sameSubject, answer } = record;
  const judged = (prompts: readonly PromptReport[]) =>
    prompts.filter(({ outcome, previous }) => outcome !== undefined || previous !== undefined);
  const left: RecordReport = { ...record, neighbors: judged(neighbors), ...(sameSubject && { sameSubject: judged(sameSubject) }) };
  const of = (one: RecordReport) => one.neighbors.length + (one.sameSubject?.length ?? 0);
  return { fact, ...outcomesOf(fact, undefined, left), ...given({ answerAfter: answer }), unjudged: of(record) - of(left) };
}

function factReport(fact: Fact, before: RecordReport, after: RecordReport, thresholds: Thresholds): FactReport {
  const [generalization, specificity] = [generalizationOf(after), specificityOf(after)];
  const outcomes = outcomesOf(fact, before, after);
  return {
    fact,
    ...outcomes,
    ...given({ answerBefore: before.answer, answerAfter: after.answer }),
    efficacy: efficacyOf(after) ?? 0,
    ...given({ generalization, specificity }),
    verdict: verdictOf(outcomes, thresholds),
    says: says(outcomes),
  };
}

/** @param before undefined where nothing was asked before */
function outcomesOf(fact: Fact, before: RecordReport | undefined, after: RecordReport): Outcomes {
  const pairs = (list: (record: RecordReport) => readonly PromptReport[], of: OutcomeOf) =>
    list(after).map((one, at) => of(fact, before && list(before)[at]!, one));
  const own = ownOutcome(fact, before?.rewrite, after.rewrite);
  return {
    // What was written freely is what a person would see; the scores tell the same where that was not asked for.
    rewrite: { ...own, good: after.measures.exactMatch === undefined ? own.good : after.measures.exactMatch === 1 },
    paraphrases: pairs((record) => record.paraphrases, ownOutcome),
    neighbors: pairs((record) => record.neighbors, neighborOutcome),
    ...(after.sameSubject && { sameSubject: pairs((record) => record.sameSubject ?? [], neighborOutcome) }),
  };
}

type Outcomes = Pick<FactReport, 'rewrite' | 'paraphrases' | 'neighbors' | 'sameSubject'>;
type OutcomeOf = (fact: Fact, before: PromptReport | undefined, after: PromptReport) => PromptOutcome;

function verdictOf({ rewrite, paraphrases, neighbors, sameSubject = [] }: Outcomes, thresholds: Thresholds): FactReport['verdict'] {
  const share = (good: number, all: readonly unknown[]) => (all.length === 0 ? 1 : good / all.length);
  const { kept, lost } = tally(neighbors);
  if (share(neighbors.length - lost, neighbors) < thresholds.kept) return 'harmful';
  const own = tally(sameSubject);
  if (share(sameSubject.length - own.lost, sameSubject) < thresholds.subject) return 'harmful';
  if (!rewrite.good || share(paraphrases.filter(({ good }) => good).length, paraphrases) < thresholds.wordings) return 'weak';
  return kept + own.kept < neighbors.length + sameSubject.length ? 'shaken' : 'good';
}

/** What came of a fact, in numbers. */
function says({ rewrite, paraphrases, neighbors, sameSubject = [] }: Outcomes): string {
  const held = paraphrases.filter(({ good }) => good).length;
  const { kept, shaken, lost } = tally(neighbors);
  const parts = [
    rewrite.good ? 'The new answer took' : 'The model does not give the new answer to its own prompt',
    ...(paraphrases.length === 0 ? [] : [`it is given in ${held} of ${counted(paraphrases.length, 'other wording')}`]),
    ...(neighbors.length === 0 ? [] : [fates({ kept, shaken, lost })]),
    ...(sameSubject.length === 0 ? [] : [fates(tally(sameSubject), 'other fact about the subject', 'other facts about the subject')]),
  ];
  return `${parts.length === 1 ? `${parts[0]}; nothing else was checked` : parts.join('; ')}.`;
}

function fates({ kept, shaken, lost }: Readonly<Record<Fate, number>>, one = 'neighbour', several = 'neighbours'): string {
  if (shaken + lost === 0) return kept === 1 ? `the ${one} keeps its answer` : `all ${kept} ${several} keep their answers`;
  return [
    `of ${counted(kept + shaken + lost, one, several)} ${kept} ${kept === 1 ? 'keeps its answer' : 'keep their answers'}`,
    ...(shaken === 0 ? [] : [`${shaken} ${shaken === 1 ? 'does' : 'do'} with less than half of the probability`]),
    ...(lost === 0 ? [] : [`${lost} ${lost === 1 ? 'is' : 'are'} answered otherwise`]),
  ].join(', ');
}

/** The new answer on a prompt: good when it is what the model says first. */
function ownOutcome(fact: Fact, before: PromptReport | undefined, after: PromptReport): PromptOutcome {
  return {
    prompt: after.prompt,
    expected: fact.target,
    before: before ? chances(before) : {},
    after: chances(after),
    good: after.wanted?.correct ?? false,
  };
}

/** A neighbour, held against what it said before. */
function neighborOutcome(fact: Fact, before: PromptReport | undefined, after: PromptReport): PromptOutcome {
  const own = [...(fact.neighbors ?? []), ...(fact.sameSubject ?? [])].find(
    (one) => typeof one !== 'string' && one.prompt === after.prompt,
  );
  const { outcome } = after;
  return {
    prompt: after.prompt,
    ...given({ expected: typeof own === 'object' ? own.target : undefined }),
    before: before ? chances(before) : {},
    after: chances(after),
    good: outcome === undefined ? (after.previous?.correct ?? after.unchanged ?? false) : outcome.fate === 'kept',
    ...(outcome && { fate: outcome.fate, says: { before: { ...outcome.before }, after: { ...outcome.now } } }),
  };
}

/** Probabilities of whole targets. */
export function chances({ wanted, previous }: PromptReport): PromptOutcome['before'] {
  return {
    ...(wanted && { wanted: Math.exp(-wanted.nll * wanted.tokens) }),
    ...(previous && { previous: Math.exp(-previous.nll * previous.tokens) }),
  };
}
