import type { Check, EditReport, FactReport, PromptOutcome } from '../../shared/contract/edits.ts';
import type { Settings } from '../../shared/contract/settings.ts';
import type { Fact } from '../../shared/fact.ts';
import { type CheckReport, mean, type PromptReport, type RecordReport } from '../engine/records.ts';
import type { Jobs } from '../engine/jobs.ts';

type Thresholds = Settings['thresholds'];

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
    method: outcome.method,
    layers: [...outcome.layers],
    parent,
    hyperparameters: outcome.hyperparameters.map((one) => ({ ...one })),
    covariance: { ...outcome.covariance, ridges: [...outcome.covariance.ridges] },
    contexts: [...outcome.contexts],
    seed: outcome.seed,
    checks: checksOf(after, before, thresholds),
    facts: facts.map((fact, at) => factReport(fact, before.records[at]!, after.records[at]!, thresholds)),
    weights: outcome.weights.map((one) => ({
      layer: one.layer,
      tensor: one.weight,
      rank: one.rank,
      deltaNorm: one.deltaNorm,
      weightNorm: one.weightNorm,
      before: one.sha256Before,
      after: one.sha256After,
    })),
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
    warnings: outcome.warnings.map(({ message, hint }) => ({ message, hint })),
    seconds: outcome.seconds,
  };
}

/**
 * The measures of a check by name. Efficacy, generalization and specificity are the published scores (wanted against previous target);
 * facts without a previous target count by whether the target is on top.
 */
export function checksOf(now: CheckReport, before: CheckReport | undefined, thresholds: Thresholds): Check[] {
  const share = (name: keyof Thresholds, of: (record: RecordReport) => number | undefined): Check[] => {
    const value = mean(now.records.flatMap((record) => of(record) ?? []));
    if (value === undefined) return [];
    const was = before && mean(before.records.flatMap((record) => of(record) ?? []));
    return [
      {
        name,
        value,
        ...(was === undefined ? {} : { before: was }),
        count: now.records.filter((record) => of(record) !== undefined).length,
        threshold: thresholds[name],
        passed: value >= thresholds[name],
      },
    ];
  };
  const plain = (name: string, of: (record: RecordReport) => number | undefined): Check[] => {
    const value = mean(now.records.flatMap((record) => of(record) ?? []));
    const was = before && mean(before.records.flatMap((record) => of(record) ?? []));
    return value === undefined ? [] : [{ name, value, ...(was === undefined ? {} : { before: was }), count: now.records.length }];
  };
  const drift = (name: string, value: number | undefined, was?: number): Check[] =>
    value === undefined || !Number.isFinite(value)
      ? []
      : [{ name, value, ...(was === undefined || !Number.isFinite(was) ? {} : { before: was }), count: now.drift!.probes }];
  return [
    ...share('efficacy', efficacyOf),
    ...share('generalization', generalizationOf),
    ...share('specificity', specificityOf),
    ...plain('answers', (record) => record.measures.exactMatch),
    ...plain('neighbors unchanged', (record) => record.measures.neighborsUnchanged),
    ...plain('fluency', (record) => record.measures.GE),
    ...drift('drift', now.drift?.meanKl),
    ...drift('top token changed', now.drift?.top1Changed),
    ...drift('perplexity', now.drift?.perplexityNow, now.drift?.perplexityBefore),
  ];
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
