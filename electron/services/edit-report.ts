import type { Check, EditMade, EditReport, FactReport, PromptOutcome } from '../../shared/contract/edits.ts';
import type { Settings } from '../../shared/contract/settings.ts';
import type { Fact } from '../../shared/fact.ts';
import { measureNames, type DemandedName, type MeasureName } from '../../shared/measures.ts';
import { type CheckReport, mean, type PromptReport, type RecordReport } from '../engine/records.ts';
import type { Jobs } from '../engine/jobs.ts';

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
): EditReport {
  const { drift } = after;
  const known = <T>(value: T | undefined, name: string) => (value === undefined ? {} : { [name]: value });
  return {
    ...editMade(outcome),
    parent,
    checks: checksOf(after, before, thresholds),
    facts: facts.map((fact, at) => factReport(fact, before.records[at]!, after.records[at]!, thresholds)),
    ...(drift === undefined
      ? {}
      : {
          drift: {
            probes: drift.probes,
            ...known(drift.meanKl, 'meanKl'),
            ...known(drift.maxKl, 'maxKl'),
            ...known(drift.top1Changed, 'topChanged'),
            ...known(drift.perplexityBefore, 'perplexityBefore'),
            ...known(drift.perplexityNow, 'perplexityAfter'),
          },
        }),
  };
}

/**
 * The measures of a check by name, in their order; those that were not taken are left out.
 * A demanded one is held against its threshold.
 */
export function checksOf(now: CheckReport, before: CheckReport | undefined, thresholds: Thresholds): Check[] {
  return measureNames().flatMap((name): Check[] => {
    const { value, before: was, count } = TAKEN[name](now, before);
    if (value === undefined) return [];
    const threshold = thresholdOf(name, thresholds);
    return [
      {
        name,
        value,
        ...(was === undefined ? {} : { before: was }),
        count,
        ...(threshold === undefined ? {} : { threshold, passed: value >= threshold }),
      },
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
 * How each measure is taken. Efficacy, generalization and specificity are the published scores (wanted against previous target);
 * facts without a previous target count by whether the target is on top.
 */
const TAKEN = {
  efficacy: ofRecords(efficacyOf),
  generalization: ofRecords(generalizationOf),
  specificity: ofRecords(specificityOf),
  answers: ofAllRecords(({ measures }) => measures.exactMatch),
  'neighbors unchanged': ofAllRecords(({ measures }) => measures.neighborsUnchanged),
  fluency: ofAllRecords(({ measures }) => measures.GE),
  drift: ofDrift(({ meanKl }) => [meanKl]),
  'top token changed': ofDrift(({ top1Changed }) => [top1Changed]),
  perplexity: ofDrift(({ perplexityNow, perplexityBefore }) => [perplexityNow, perplexityBefore]),
} satisfies Record<MeasureName, Take>;

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

function efficacyOf({ measures }: RecordReport): number | undefined {
  return measures.ES ?? measures.rewriteAccuracy;
}

function generalizationOf({ measures }: RecordReport): number | undefined {
  return measures.PS ?? measures.paraphraseAccuracy;
}

function specificityOf({ measures }: RecordReport): number | undefined {
  return measures.NS ?? measures.neighborAccuracy ?? measures.neighborsUnchanged;
}

function factReport(fact: Fact, before: RecordReport, after: RecordReport, thresholds: Thresholds): FactReport {
  const efficacy = efficacyOf(after) ?? 0;
  const [generalization, specificity] = [generalizationOf(after), specificityOf(after)];
  const [weak, harmful] = [efficacy < 1 || (generalization ?? 1) < thresholds.generalization, (specificity ?? 1) < thresholds.specificity];
  const pairs = (list: (record: RecordReport) => readonly PromptReport[], isNeighbor: boolean) =>
    list(after).map((one, at) => outcomeOf(fact, list(before)[at]!, one, isNeighbor));
  return {
    fact,
    rewrite: outcomeOf(fact, before.rewrite, after.rewrite, false),
    paraphrases: pairs((record) => record.paraphrases, false),
    neighbors: pairs((record) => record.neighbors, true),
    ...(before.answer === undefined ? {} : { answerBefore: before.answer }),
    ...(after.answer === undefined ? {} : { answerAfter: after.answer }),
    efficacy,
    ...(generalization === undefined ? {} : { generalization }),
    ...(specificity === undefined ? {} : { specificity }),
    verdict: harmful ? 'harmful' : weak ? 'weak' : 'good',
    says: says(efficacy, generalization, specificity, thresholds),
  };
}

function says(efficacy: number, generalization: number | undefined, specificity: number | undefined, thresholds: Thresholds): string {
  const percent = (share: number) => `${Math.round(100 * share)}%`;
  if (efficacy < 1) return 'The new answer did not take on its own prompt.';
  const parts = [
    ...(generalization === undefined
      ? []
      : [
          generalization < thresholds.generalization
            ? `it holds in only ${percent(generalization)} of the other wordings`
            : `it holds in ${percent(generalization)} of the other wordings`,
        ]),
    ...(specificity === undefined
      ? []
      : [
          specificity < thresholds.specificity
            ? `only ${percent(specificity)} of the neighbours keep their answers`
            : `${percent(specificity)} of the neighbours keep their answers`,
        ]),
  ];
  return `The new answer took${parts.length === 0 ? '; nothing else was checked' : `; ${parts.join(', ')}`}.`;
}

function outcomeOf(fact: Fact, before: PromptReport, after: PromptReport, isNeighbor: boolean): PromptOutcome {
  const chances = ({ wanted, previous }: PromptReport) => ({
    ...(wanted ? { wanted: Math.exp(-wanted.nll) } : {}),
    ...(previous ? { previous: Math.exp(-previous.nll) } : {}),
  });
  const { wanted, previous } = after;
  const good = isNeighbor
    ? wanted && previous
      ? previous.nll < wanted.nll
      : (previous?.correct ?? after.unchanged ?? true)
    : wanted && previous
      ? wanted.nll < previous.nll
      : (wanted?.correct ?? false);
  const own = fact.neighbors?.find((one) => typeof one !== 'string' && one.prompt === after.prompt);
  const expected = isNeighbor ? (typeof own === 'object' ? own.target : undefined) : fact.target;
  return { prompt: after.prompt, ...(expected === undefined ? {} : { expected }), before: chances(before), after: chances(after), good };
}
