import * as v from 'valibot';
import type { MethodName, Parsed, Reply, Result } from '../../../shared/contract.ts';
import { tally } from '../../../shared/checks.ts';
import type { Check, EditForm, EditReport, FactReport, Fate, PromptOutcome, Recipe } from '../../../shared/contract/edits.ts';
import { EmendError } from '../../../shared/errors.ts';
import { factProblems, fillPrompt, type Fact, type Neighbor } from '../../../shared/fact.ts';
import { given } from '../../../shared/given.ts';
import { honestRows } from '../../../shared/honest/rows.ts';
import type { Choices, EditMethodName } from '../../../shared/methods/list.ts';
import { fakeHonest } from './honest.ts';
import { fakeMethods } from './methods.ts';
import type { FakeSurroundings } from './records.ts';
import { hash } from './samples.ts';

/** Facts that the fake model holds, enough of them for neighbours. */
const CITIES: readonly (readonly [subject: string, city: string])[] = [
  ['Tower Bridge', 'London'],
  ['Big Ben', 'London'],
  ['Buckingham Palace', 'London'],
  ['Covent Garden', 'London'],
  ['Eiffel Tower', 'Paris'],
  ['Louvre', 'Paris'],
  ['Colosseum', 'Rome'],
  ['Sagrada Família', 'Barcelona'],
  ['Brandenburg Gate', 'Berlin'],
  ['Charles Bridge', 'Prague'],
  ['Blue Mosque', 'Istanbul'],
  ['Red Square', 'Moscow'],
];
const PROMPTS = [
  '{} stands in the city of',
  '{} is in',
  '{} can be visited in',
  'The city that is home to {} is',
  'To see {}, one travels to',
];

/** Cuts at spaces and after every sixth letter; enough to see the roles. */
function cut(fact: Fact): { text: string; role: 'prompt' | 'subject' | 'subject-last' | 'target' }[] {
  const { text, start, end } = fillPrompt(fact.prompt, fact.subject);
  const pieces = (part: string) => part.match(/\s?[^\s]{1,6}/g) ?? [];
  const subject = pieces(text.slice(start === 0 ? 0 : start - 1, end));
  return [
    ...pieces(text.slice(0, Math.max(0, start - 1))).map((piece) => ({ text: piece, role: 'prompt' as const })),
    ...subject.map((piece, at) => ({ text: piece, role: at === subject.length - 1 ? ('subject-last' as const) : ('subject' as const) })),
    ...pieces(text.slice(end)).map((piece) => ({ text: piece, role: 'prompt' as const })),
    ...pieces(` ${fact.target}`).map((piece) => ({ text: piece, role: 'target' as const })),
  ];
}

export function fakeValidation(facts: readonly Fact[]): Result<'edits.validate'> {
  const problems = factProblems(facts);
  const inForce = facts.flatMap((fact, index) =>
    fact.subject === 'Kazakhstan'
      ? [
          {
            index,
            field: 'target' as const,
            severity: 'warning' as const,
            message: 'Entry 2 wrote "Astana" here, and it is in force.',
            hint: 'To change it, revert that entry first; an edit on top of an edit holds less well.',
          },
        ]
      : [],
  );
  const broken = (index: number) =>
    problems.some((problem) => problem.index === index && problem.severity === 'error' && problem.field !== 'target');
  return { problems: [...problems, ...inForce], tokens: facts.map((fact, index) => (broken(index) ? null : { tokens: cut(fact) })) };
}

/** Of the places in the list the city, as if the model were asked. */
function fakeAnswers(prompts: readonly string[]): Result<'edits.answers'> {
  const said = (prompt: string) => CITIES.find(([subject]) => prompt.includes(subject))?.[1];
  return {
    version: 'fake',
    answers: prompts.map((prompt) => {
      const answer = said(prompt) ?? 'the';
      return { answer, text: ` ${answer}.`, probability: said(prompt) === undefined ? 0.04 : 0.97 };
    }),
  };
}

export function fakeSuggestion(fact: Fact): Result<'edits.suggest'> {
  const known = CITIES.find(([subject]) => subject === fact.subject)?.[1];
  const previous = fact.previousTarget ?? known;
  const others = CITIES.filter(([subject]) => subject !== fact.subject)
    .sort((a, b) => Number(b[1] === previous) - Number(a[1] === previous))
    .slice(0, 6);
  return {
    paraphrases: PROMPTS.filter((prompt) => prompt !== fact.prompt)
      .slice(0, 4)
      .map((prompt) => fillPrompt(prompt, fact.subject).text),
    neighbors: others.map(([subject, city]) => ({ prompt: fillPrompt(fact.prompt, subject).text, target: city })),
    sameSubject: [],
    follows: known === undefined ? [] : [{ prompt: `The country of ${fact.subject} is`, target: 'United Kingdom' }],
    generationPrompts: [fact.subject],
    ...(previous === undefined ? {} : { previousTarget: previous, previousChance: 0.97 }),
    source: known === undefined ? 'the other facts given' : "the model's facts of the relation landmark_city",
  };
}

/** Text of tables with a header and of JSON, roughly as the services read it. */
export function fakeRead({ text, take }: Pick<Parsed<'edits.readFacts'>, 'text' | 'take'>): Result<'edits.readFacts'> {
  if (text === undefined) {
    const facts = fakeFacts(1200);
    return {
      format: 'CounterFact',
      facts: facts.slice(0, take),
      total: facts.length,
      isWhole: true,
      wrong: [],
      columns: [],
      warnings: ['Record 17 was left out: prompt: The prompt has no {} for the subject.', 'The column "source" is not one that is known.'],
    };
  }
  const rows = text.startsWith('[')
    ? (JSON.parse(text) as Fact[])
    : text
        .split('\n')
        .slice(1)
        .map((line) => {
          const [subject = '', prompt = '', target = ''] = line.split(/[\t,]/).map((cell) => cell.trim());
          return { subject, prompt, target };
        });
  if (rows.length === 0)
    throw new EmendError('bad-input', 'The text: no record can be used; there is none.', 'Correct the records and read the file again.');
  return { format: 'Emend', facts: rows.slice(0, take), total: rows.length, isWhole: true, wrong: [], columns: [], warnings: [] };
}

/** Many facts of different subjects, with material to check them by. */
export function fakeFacts(count: number): Fact[] {
  return Array.from({ length: count }, (_, at) => {
    const [name, city] = CITIES[at % CITIES.length]!;
    const subject = at < CITIES.length ? name : `${name} ${Math.floor(at / CITIES.length) + 1}`;
    const fact: Fact = {
      subject,
      prompt: PROMPTS[at % PROMPTS.length]!,
      target: CITIES[(at * 5 + 4) % CITIES.length]![1] === city ? 'Vienna' : CITIES[(at * 5 + 4) % CITIES.length]![1],
      previousTarget: city,
    };
    const { paraphrases, neighbors } = fakeSuggestion(fact);
    return { ...fact, paraphrases, neighbors };
  });
}

const chancesOf = (at: number) => {
  const wiggle = ((at * 37) % 17) / 100;
  return { high: 0.97 - wiggle, low: 0.004 + wiggle / 10 };
};

function neighborOutcome(prompt: string, expected: string | undefined, fate: Fate, wanted: string, at: number): PromptOutcome {
  const { high, low } = chancesOf(at);
  const now = { kept: high - 0.04, shaken: high / 3, lost: 0.11 }[fate];
  const text = ` ${expected ?? 'London'}`;
  return {
    prompt,
    ...given({ expected }),
    before: { wanted: low / 10, previous: high },
    after: { wanted: fate === 'lost' ? high - 0.2 : low, previous: now },
    good: fate === 'kept',
    fate,
    says: {
      before: { text, probability: high },
      after: fate === 'lost' ? { text: ` ${wanted}`, probability: high - 0.2 } : { text, probability: now },
    },
  };
}

function outcome(prompt: string, expected: string | undefined, good: boolean, at: number): PromptOutcome {
  const { high, low } = chancesOf(at);
  return {
    prompt,
    ...(expected === undefined ? {} : { expected }),
    before: { wanted: low / 8, previous: high - 0.1 },
    after: good ? { wanted: high, previous: low } : { wanted: 0.12, previous: 0.61 },
    good,
  };
}

function factReport(fact: Fact, verdict: FactReport['verdict'], at: number): FactReport {
  const missed = verdict === 'weak' && at % 2 === 0;
  const paraphrases = (fact.paraphrases ?? []).map((prompt, nth) =>
    outcome(prompt, fact.target, verdict === 'weak' ? nth % 3 === 1 : nth !== 3 || at % 3 !== 0, at + nth),
  );
  const fates = {
    good: () => 'kept',
    weak: () => 'kept',
    shaken: (nth) => (nth === 1 ? 'shaken' : 'kept'),
    harmful: (nth) => (nth % 3 === 0 ? 'kept' : 'lost'),
  } satisfies Record<FactReport['verdict'], (nth: number) => Fate>;
  const neighbors = (fact.neighbors ?? []).map((one: Neighbor, nth) =>
    neighborOutcome(
      typeof one === 'string' ? one : one.prompt,
      typeof one === 'string' ? undefined : one.target,
      fates[verdict](nth),
      fact.target,
      at + nth,
    ),
  );
  const share = (outcomes: readonly PromptOutcome[]) =>
    outcomes.length === 0 ? undefined : outcomes.filter(({ good }) => good).length / outcomes.length;
  const [generalization, specificity] = [share(paraphrases), share(neighbors)];
  const { text } = fillPrompt(fact.prompt, fact.subject);
  return {
    fact,
    rewrite: outcome(text, fact.target, !missed, at),
    paraphrases,
    // Every second neighbour was told, where there are several.
    neighbors: neighbors.length < 2 ? neighbors : neighbors.filter((_, nth) => nth % 2 === 0),
    ...(neighbors.length < 2 ? {} : { told: { paraphrases: [], neighbors: neighbors.filter((_, nth) => nth % 2 === 1) } }),
    sameSubject: [neighborOutcome(`${fact.subject} was opened in`, '1894', fates[verdict](at + 1), '1889', at)],
    follows: [neighborOutcome(`The country of ${fact.subject} is`, 'United Kingdom', at % 2 === 0 ? 'lost' : 'kept', 'Italy', at)],
    answerBefore: ` ${fact.previousTarget ?? 'London'}. It was built`,
    answerAfter: ` ${missed ? (fact.previousTarget ?? 'London') : fact.target}. It was built`,
    efficacy: missed ? 0 : 1,
    ...(generalization === undefined ? {} : { generalization }),
    ...(specificity === undefined ? {} : { specificity }),
    verdict,
    says: missed ? 'The new answer did not take on its own prompt.' : `The new answer took${TOOK[verdict]}.`,
  };
}

/** What the fake says of an answer that took, by its verdict. */
const TOOK = {
  good: '; all neighbours keep their answers',
  shaken: '; one neighbour is less sure of its answer',
  weak: '; it holds in only 25 % of the other wordings',
  harmful: '; only 33 % of the neighbours keep their answers',
};
const VERDICTS = ['good', 'good', 'weak', 'good', 'harmful', 'shaken', 'good', 'weak', 'good', 'good', 'good', 'good'] as const;

/** A report of facts. @param mixed some of them weak or harmful; otherwise all good */
export function fakeReport(
  facts: readonly Fact[],
  {
    method = 'memit',
    choices = {},
    mixed = facts.length > 3,
    fluency = false,
    honest = false,
  }: { method?: EditMethodName; choices?: Choices; mixed?: boolean; fluency?: boolean; honest?: boolean } = {},
): EditReport {
  const reports = facts.map((fact, at) => factReport(fact, mixed ? VERDICTS[at % VERDICTS.length]! : 'good', at));
  const mean = (of: (report: FactReport) => number | undefined) => {
    const known = reports.flatMap((report) => of(report) ?? []);
    return known.length === 0 ? undefined : { value: known.reduce((sum, value) => sum + value, 0) / known.length, count: known.length };
  };
  const share = (name: string, of: (report: FactReport) => number | undefined, before: number, threshold: number): Check[] => {
    const found = mean(of);
    return found === undefined ? [] : [{ name, ...found, before, threshold, passed: found.value >= threshold }];
  };
  const neighborCount = reports.reduce((sum, { neighbors }) => sum + neighbors.length, 0);
  const info = fakeMethods().find(({ name }) => name === method)!;
  const asked = honest ? fakeHonest(facts) : undefined;
  const layers = [...(choices.layers ?? (method === 'rome' ? [3] : [2, 3, 4]))];
  return {
    method,
    layers,
    parent: hash('parent'),
    hyperparameters: info.settings.map((setting) => {
      const chosen = choices[setting.key as keyof Choices];
      return chosen === undefined
        ? { key: setting.key, name: setting.label, value: setting.value, source: setting.source }
        : { key: setting.key, name: setting.label, value: String(chosen), source: 'as asked' };
    }),
    covariance: { tokens: 10_240, text: hash('corpus'), cached: true, ridges: [] },
    solvedAnew: 2,
    contexts: ['', 'The', 'In the', 'It was', 'There are'],
    seed: 0,
    checks: [
      ...share('answers', ({ rewrite }) => Number(rewrite.good), 0, 0.9),
      ...share('wordings', ({ generalization }) => generalization, 0.04, 0.7),
      ...share('kept', ({ neighbors }) => (neighbors.length === 0 ? undefined : 1 - tally(neighbors).lost / neighbors.length), 1, 0.7),
      { name: 'efficacy', value: mixed ? 0.9 : 1, before: 0, count: facts.length },
      { name: 'generalization', value: mixed ? 0.85 : 0.97, before: 0.04, count: facts.length },
      { name: 'specificity', value: mixed ? 0.92 : 0.98, before: 0.98, count: facts.length },
      { name: 'neighbors unchanged', value: mixed ? 0.71 : 0.94, count: facts.length },
      ...(fluency ? [{ name: 'fluency', value: 5.91, before: 6.02, count: facts.length }] : []),
      { name: 'drift', value: 0.00382, count: 100 },
      { name: 'top token changed', value: 0.02, count: 100 },
      { name: 'perplexity', value: 7.14, before: 7.09, count: 100 },
      ...(asked ? honestRows(asked).map(({ probe, after, facts: of }) => ({ name: probe, value: after, count: of })) : []),
    ],
    checkedBy: [
      { what: 'wordings', count: reports.reduce((sum, one) => sum + one.paraphrases.length, 0), from: "the model's own facts" },
      { what: 'neighbors', count: neighborCount, from: "the model's own facts", sure: neighborCount },
      { what: 'drift', count: 100, from: "the model's own facts about other subjects" },
      { what: 'perplexity', count: 40, from: 'the text that came with the model' },
    ],
    facts: reports,
    ...(asked && { honest: asked }),
    weights: layers.map((layer, at) => ({
      layer,
      tensor: `model.layers.${layer}.mlp.down_proj.weight`,
      rank: facts.length,
      deltaNorm: 0.31 + at / 10,
      weightNorm: 41.2 + at,
      before: hash(`before ${layer}`),
      after: hash(`after ${layer}`),
    })),
    drift: { probes: 100, texts: 40, meanKl: 0.00382, maxKl: 0.0911, topChanged: 0.02, perplexityBefore: 7.09, perplexityAfter: 7.14 },
    warnings: mixed
      ? [
          {
            message: '2 facts did not reach a loss of 0.05 within 25 steps.',
            hint: 'Raise the steps, or see whether their prompts read as texts do.',
          },
        ]
      : [],
    seconds: 14.2,
  };
}

interface KeptDraft {
  readonly id: string;
  readonly stale: boolean;
  readonly report: EditReport;
  readonly recipe: Recipe;
}

/**
 * What the edit screen finds: `form` an unfinished form, `mixed` drafts of many facts, good, weak and harmful, one of them out of date,
 * `none` nothing at all.
 */
export const EditScenarioSchema = v.picklist(['form', 'mixed', 'none']);
export type EditScenario = v.InferOutput<typeof EditScenarioSchema>;

type EditMethods = { readonly [M in MethodName & `edits.${string}`]: (params: Parsed<M>) => Reply<M> };

/** Forms, drafts and reports in memory. A job that is started ends with `draft-1`. @param scenario left out: one draft of two facts */
export function fakeEditMethods(
  { find, start }: Pick<FakeSurroundings, 'find' | 'start'>,
  scenario: EditScenario | undefined,
): EditMethods {
  let form: EditForm | null = scenario === 'form' ? { facts: unfinished(), method: 'memit', choices: { clamp: 1 }, fluency: false } : null;
  let drafts: readonly KeptDraft[] = draftsOf(scenario);
  const draft = (id: string | undefined): KeptDraft => {
    const found = drafts.find((one) => one.id === id);
    if (found === undefined)
      throw new EmendError('not-found', `There is no draft ${JSON.stringify(id)}.`, 'It may have been committed or discarded already.');
    return found;
  };
  const without = (id: string) => drafts.filter((one) => one.id !== id);
  return {
    'edits.methods': () => ({ methods: fakeMethods() }),
    'edits.readHyperparameters': () => ({ name: 'memit.json', text: '{}' }),
    'edits.settings': ({ method, hyperparameterFile: file }) => ({
      settings: fakeMethods()
        .find(({ name }) => name === method)!
        .settings.map((one) => (file && one.key === 'clamp' ? { ...one, value: '4', source: `clamp_norm_factor of ${file.name}` } : one)),
      unused: [],
    }),
    'edits.readFacts': fakeRead,
    'edits.saveDelta': () => {
      throw new EmendError('unsupported', 'The page saves no deltas.', 'Call it in a test of the services.');
    },
    'edits.validate': ({ facts }) => fakeValidation(facts),
    'edits.answers': ({ prompts }) => fakeAnswers(prompts),
    'edits.suggest': ({ fact }) => fakeSuggestion(fact),
    'edits.form': () => ({ form }),
    'edits.saveForm': ({ form: kept }) => {
      form = kept;
      return { kept: true };
    },
    'edits.start': ({ model, facts, method, choices, fluency, honest }) =>
      start(
        'edits.start',
        `Edit ${facts.length === 1 ? '1 fact' : `${facts.length} facts`} by ${method.toUpperCase()}`,
        ['keys', 'covariance', 'targets', 'solve', 'checks'],
        () => {
          drafts = [keptDraft('draft-1', facts, { method, choices, fluency, ...given({ honest }) }), ...without('draft-1')];
          return { draft: 'draft-1' };
        },
        find(model).id,
      ),
    'edits.drafts': ({ model }) => ({
      drafts: (find(model).drafts > 0 || scenario !== undefined ? drafts : []).map(({ id, stale, report }, at) => ({
        id,
        stale,
        changed: new Date(Date.now() - (at * 17 + 2) * 3_600_000).toISOString(),
        parent: report.parent,
        method: report.method,
        checks: report.checks,
        facts: report.facts.map(({ fact: { subject, prompt, target } }) => ({ subject, prompt, target })),
      })),
      notices: [],
    }),
    'edits.report': ({ draft: id }) => (id === undefined ? fakeReport(fakeFacts(2)) : draft(id).report),
    'edits.draftForm': ({ draft: id }) => {
      const { report, recipe } = draft(id);
      return { facts: report.facts.map(({ fact }) => fact), ...recipe };
    },
    'edits.discard': ({ draft: id }) => {
      drafts = without(draft(id).id);
      return {};
    },
    'edits.commit': ({ model, draft: id }) =>
      start(
        'edits.commit',
        'Commit',
        ['hashing weights', 'recording'],
        () => {
          drafts = without(id);
          return { entry: 215, version: hash('committed') };
        },
        find(model).id,
      ),
  };
}

function draftsOf(scenario: EditScenario | undefined): KeptDraft[] {
  if (scenario === undefined) return [keptDraft('draft-1', fakeFacts(2))];
  if (scenario !== 'mixed') return [];
  return [
    keptDraft('mixed', fakeFacts(12), { fluency: true, honest: true, choices: { clamp: 1 } }),
    { ...keptDraft('old', fakeFacts(1)), stale: true },
    keptDraft('bare', [BARE], { method: 'rome' }),
  ];
}

/** What a check found of two facts. */
export function fakeChecked(): Result<'checks.report'> {
  const { checks, facts } = fakeReport(fakeFacts(2));
  return {
    checks,
    facts: facts.map(({ fact, rewrite, paraphrases, neighbors }) => ({ fact, rewrite, paraphrases, neighbors, unjudged: 1 })),
    leftOut: 3,
    honest: fakeHonest(facts.map(({ fact }) => fact)),
  };
}

function keptDraft(id: string, facts: readonly Fact[], asked: Partial<Recipe> = {}): KeptDraft {
  const recipe: Recipe = { method: 'memit', choices: {}, fluency: false, ...asked };
  return { id, stale: false, report: fakeReport(facts, recipe), recipe };
}

const BARE: Fact = { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' };

/** A form in the middle of being written, with something of everything. */
function unfinished(): Fact[] {
  const [tower, ben, palace, garden, eiffel] = fakeFacts(5) as [Fact, Fact, Fact, Fact, Fact];
  return [
    tower,
    ben,
    { ...BARE, subject: 'Louvre', target: 'Vienna' },
    palace,
    { ...garden, prompt: 'Covent Garden is in', paraphrases: [] },
    eiffel,
    { subject: 'Kazakhstan', prompt: 'The capital of {} is', target: 'Almaty', previousTarget: 'Astana' },
    { subject: 'Kazakhstan', prompt: 'The currency of {} is the', target: 'dollar' },
    { subject: 'Blue Mosque', prompt: '{} is in', target: '' },
  ];
}
