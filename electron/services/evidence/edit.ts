import * as v from 'valibot';
import { EditReportSchema, type CheckedBy, type EditReport, type FactReport } from '../../../shared/contract/edits.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { toldNeighbors } from '../../../shared/told.ts';
import { mean, readDelta, recordOf } from '../../engine/records.ts';
import type { FactBrief } from '../../ledger/bodies.ts';
import type { Blobs } from '../../ledger/blobs.ts';
import type { BodyInput } from '../../ledger/kinds/index.ts';
import { someOf, standingFacts } from '../earlier.ts';
import { hyperparametersOf, measuresOf } from '../edit-report.ts';
import { briefOf, core } from '../model.ts';
import { CovarianceSchema, FactSetSchema, PrefixesSchema, readBlob } from './blobs.ts';
import { passedPairs } from './checks.ts';
import { honestPairs } from './honest.ts';
import type { Pair } from './pairs.ts';

/**
 * Every two places that state the same of an edit: its entry, its fact set, its delta's own words, its report, what it was made from.
 * @param model id of the model
 * @param written what edits in force before it wrote; undefined where that is not known
 * @throws EmendError 'bad-file', 'not-found' for a blob that cannot be read as what it is
 */
export async function editPairs(
  body: BodyInput<'edit'>,
  model: string,
  blobs: Blobs,
  written: readonly FactBrief[] | undefined,
): Promise<Pair[]> {
  const { evidence, details } = body;
  const { facts } = await readBlob(blobs, body.factSet, 'fact set', FactSetSchema);
  const report = await readBlob(blobs, evidence['report'], 'report', EditReportSchema);
  const { prefixes } = await readBlob(blobs, evidence['prefixes'], 'list of contexts', PrefixesSchema);
  const covariance = await readBlob(blobs, evidence['covariance'], 'word on the covariance', CovarianceSchema);
  const { about } = readDelta(blobs.path(body.delta.blob));
  const request = details['request'] as { readonly method?: unknown; readonly honest?: unknown } | undefined;
  return [
    { what: 'the facts of the entry and of its fact set', one: body.facts, other: facts.map(briefOf) },
    { what: 'the facts of the delta and of the fact set', one: about.facts, other: facts.map(core) },
    { what: 'the facts of the report and of the fact set', one: report.facts.map(({ fact }) => fact), other: facts },
    {
      what: 'the method of the entry, of its delta, its report and its recipe',
      one: [about.method, report.method, request?.method],
      other: Array(3).fill(body.method),
    },
    { what: 'the version that the edit was made for in the entry and in its report', one: report.parent, other: body.parent },
    {
      what: 'the hyperparameters of the entry and of its delta',
      one: listed(hyperparametersOf(about.hyperparameters)),
      other: listed(body.hyperparameters),
    },
    {
      what: 'the hyperparameters of the entry and of its report',
      one: listed(hyperparametersOf(report.hyperparameters)),
      other: listed(body.hyperparameters),
    },
    {
      what: 'the seeds of the entry, of its delta and its report',
      one: [{ contexts: about.seed }, { contexts: report.seed }],
      other: [body.seeds, body.seeds],
    },
    {
      what: 'the contexts of the delta, of the report and of the list beside them',
      one: [about.contexts, report.contexts],
      other: [prefixes, prefixes],
    },
    {
      what: 'how many facts of earlier edits were solved anew by the delta and by its report',
      one: about.together?.solvedAnew ?? null,
      other: report.solvedAnew ?? null,
    },
    { what: 'the covariance in the report and the word on it', one: { model, ...report.covariance }, other: covariance },
    { what: 'the checks of the entry and of its report', one: body.checks, other: report.checks },
    { what: 'the checks of the entry and of its draft', one: body.checks, other: details['checks'] },
    { what: 'the changed tensors of the entry and the weights of its report', one: changedIn(report), other: body.changed },
    {
      what: 'the weights of the delta and of the report',
      one: about.weights,
      other: report.weights.map(({ layer, tensor }) => ({ layer, weight: tensor })),
    },
    // Entries of earlier releases tell it in their report alone.
    ...('checkedBy' in details
      ? [
          {
            what: 'what the edit was checked by in the entry and in its report',
            one: details['checkedBy'],
            other: report.checkedBy ?? null,
          },
        ]
      : []),
    {
      what: 'the keys of the hyperparameters in the entry and in its report',
      one: Object.keys(hyperparametersOf(report.hyperparameters)).sort(),
      other: Object.keys(body.hyperparameters).sort(),
    },
    ...(written ? earlierPairs(report, written) : []),
    {
      what: 'whether facts were asked as people ask by the recipe, and whether the report tells of it,',
      one: request?.honest === true,
      other: report.honest !== undefined,
    },
    ...honestPairs(report.honest, facts, body.checks, true),
    ...passedPairs(body.checks),
    ...reportPairs(report),
  ];
}

/** How many facts of earlier edits were in force, and how many of them were measured. Reports of earlier releases tell nothing of them. */
function earlierPairs({ facts, earlier }: EditReport, written: readonly FactBrief[]): Pair[] {
  if (!earlier) return [];
  const all = standingFacts(
    written,
    facts.map(({ fact }) => fact),
  );
  return [
    {
      what: 'the facts of earlier edits that the report tells of, and those that were in force,',
      one: [earlier.inForce, earlier.measured],
      other: [all.length, someOf(all).length],
    },
    {
      what: 'how many facts of earlier edits held before, how many were measured, and how many fell,',
      one: earlier.held <= earlier.measured && earlier.fell.length <= earlier.held,
      other: true,
    },
  ];
}

/** Hyperparameters by name; entries of earlier releases keep them under their names. */
function listed(hyperparameters: Readonly<Record<string, unknown>>): unknown[] {
  const HyperparameterSchema = v.object({ name: v.optional(v.string()), value: v.unknown(), source: v.unknown() });
  return Object.entries(hyperparameters)
    .map(([key, one]) => {
      const { name = key, value, source } = v.is(HyperparameterSchema, one) ? one : { value: one, source: null };
      return [name, value, source] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Shares that a report tells of all facts, and of each by its prompts. Undefined for a fact without such prompts. */
const COUNTED: Readonly<Record<string, (fact: FactReport) => number | undefined>> = {
  answers: ({ rewrite }) => Number(rewrite.good),
  wordings: ({ paraphrases }) => mean(paraphrases.map(({ good }) => Number(good))),
  subject: ({ sameSubject = [] }) => (sameSubject.some(({ fate }) => fate === undefined) ? undefined : mean(sameSubject.map(isKept))),
  kept: ({ neighbors }) => (neighbors.some(({ fate }) => fate === undefined) ? undefined : mean(neighbors.map(isKept))),
};
const isKept = ({ fate }: FactReport['neighbors'][number]) => Number(fate !== 'lost');

type Drift = NonNullable<EditReport['drift']>;
type DriftOf = (drift: Drift) => [value: number | undefined, before: number | undefined, count?: number];
/** What a report tells of drift and a check too: the value, the one before, and of how many where those are not the prompts. */
const DRIFTS: Readonly<Record<string, DriftOf>> = {
  drift: ({ meanKl }) => [meanKl, undefined],
  'top token changed': ({ topChanged }) => [topChanged, undefined],
  perplexity: ({ perplexityAfter, perplexityBefore, texts, probes }) => [perplexityAfter, perplexityBefore, texts ?? probes],
};

/** The prompts that a report tells outcomes of, and the answers that were wanted. */
function promptsIn({ rewrite, paraphrases, neighbors, sameSubject = [], told, follows = [] }: FactReport) {
  const all = [
    rewrite,
    ...paraphrases,
    ...neighbors,
    ...sameSubject,
    ...(told?.paraphrases ?? []),
    ...(told?.neighbors ?? []),
    ...(told?.apart ?? []),
    ...(told?.sameSubject ?? []),
    ...follows,
  ];
  return all.map(({ prompt, expected }) => [prompt, expected ?? null]);
}

/** The same, by the fact. */
function promptsOf({ fact }: FactReport) {
  const own = fillPrompt(fact.prompt, fact.subject).text;
  const { paraphrases, neighbors, sameSubject } = recordOf(fact, '');
  const told = recordOf(
    {
      ...fact,
      paraphrases: fact.told?.wordings,
      neighbors: fact.told && toldNeighbors(fact.told),
      sameSubject: fact.told?.sameSubject ?? [],
    },
    '',
  );
  const asked = (questions: readonly { prompt: string; target?: string | undefined }[]) =>
    questions.map(({ prompt, target }) => [prompt, target ?? null]);
  return [
    ...[own, ...paraphrases].map((prompt) => [prompt, fact.target]),
    ...asked([...neighbors, ...sameSubject]),
    ...told.paraphrases.map((prompt) => [prompt, fact.target]),
    ...asked([...told.neighbors, ...told.sameSubject, ...recordOf({ ...fact, sameSubject: fact.follows ?? [] }, '').sameSubject]),
  ];
}

/** A report's own sums and its cases. */
function reportPairs({ checks, checkedBy, facts, drift, layers, weights }: EditReport): Pair[] {
  const check = (name: string) => checks.find((one) => one.name === name);
  const means = (['efficacy', 'generalization', 'specificity'] as const).flatMap((name): Pair[] => {
    const values = facts.flatMap((fact) => fact[name] ?? []);
    const sum = check(name);
    if (!sum || sum.count !== values.length || values.length === 0) return [];
    return [{ what: `the ${name} of the report and of its facts`, one: Math.abs(mean(values)! - sum.value) < 1e-9, other: true }];
  });
  const counted = Object.entries(COUNTED).flatMap(([name, of]): Pair[] => {
    const sum = check(name);
    const share = mean(facts.flatMap((fact) => of(fact) ?? []));
    if (!sum || share === undefined) return [];
    return [{ what: `the ${name} of the report and of its prompts`, one: Math.abs(share - sum.value) < 1e-9, other: true }];
  });
  const fated = facts.flatMap(({ neighbors, sameSubject = [], told }) =>
    [...neighbors, ...sameSubject, ...(told?.neighbors ?? []), ...(told?.apart ?? []), ...(told?.sameSubject ?? [])].filter(
      ({ fate }) => fate !== undefined,
    ),
  );
  const drifted = (Object.entries(drift ? DRIFTS : {}) as [string, DriftOf][]).flatMap(([name, of]): Pair[] => {
    const one = check(name);
    if (!one || !drift) return [];
    const [value, before, count = drift.probes] = of(drift);
    return [{ what: `the ${name} of the report and its check`, one: [value, before, count], other: [one.value, one.before, one.count] }];
  });
  const toldOf = (what: CheckedBy['what']) => (checkedBy ?? []).reduce((sum, one) => sum + (one.what === what ? one.count : 0), 0);
  const material = [
    { what: 'wordings' as const, count: facts.reduce((sum, { paraphrases }) => sum + paraphrases.length, 0) },
    { what: 'neighbors' as const, count: facts.reduce((sum, { neighbors }) => sum + neighbors.length, 0) },
    { what: 'sameSubject' as const, count: facts.reduce((sum, { sameSubject = [] }) => sum + sameSubject.length, 0) },
  ];
  return [
    ...(checkedBy
      ? [
          {
            what: 'what the report says it was checked by, and its prompts',
            one: material.map(({ what }) => toldOf(what)),
            other: material.map(({ count }) => count),
          },
        ]
      : []),
    ...means,
    ...counted,
    ...drifted,
    {
      what: 'what became of neighbours, and whether that is good,',
      one: fated.map(({ good }) => good),
      other: fated.map(({ fate }) => fate === 'kept'),
    },
    { what: 'the prompts of the report and of its facts', one: facts.map(promptsIn), other: facts.map(promptsOf) },
    {
      what: 'the layers of the report and of its weights',
      one: [...new Set(weights.map(({ layer }) => layer))].every((layer) => layers.includes(layer)),
      other: true,
    },
  ];
}

function changedIn({ weights }: EditReport) {
  return weights
    .filter(({ before, after }) => before !== after)
    .map((weight) => ({ tensor: weight.tensor, before: weight.before, after: weight.after, measures: measuresOf(weight) }))
    .sort((a, b) => (a.tensor < b.tensor ? -1 : 1));
}
