import { EmendError } from '../../../shared/errors.ts';
import { type Fact, factProblems, fillPrompt } from '../../../shared/fact.ts';
import type { EditChoices, EditMethodName } from '../jobs.ts';
import { solve } from '../linalg/cholesky.ts';
import { dot, type Matrix, row } from '../linalg/matrix.ts';
import { modelHash } from '../onnx/identity.ts';
import type { Decoder } from '../runtime/decoder.ts';
import { siteValue } from '../runtime/sites.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { memitContexts, romeContexts } from './contexts.ts';
import { type Corpus, corpusFromFile, corpusFromModel } from './corpus.ts';
import { keyCovariance } from './covariance.ts';
import { isKept, keepCovariance, keepMatrix, keptMatrix } from './covariance-cache.ts';
import { KeyWalk } from './keys.ts';
import { keyWeights, memit } from './memit.ts';
import { rome } from './rome.ts';
import { type EditSettings, editSettings, memitSettings, romeSettings } from './settings.ts';
import { searchLayers, type Trial } from './search.ts';
import { Statistics } from './statistics.ts';
import { factTokens } from './tokens.ts';
import type { Delta, EditWarning, FactTokens, Report } from './types.ts';

/** An edit as worked out, with everything that a record of it needs. */
export interface Edit {
  readonly delta: Delta;
  readonly model: string;
  readonly settings: EditSettings;
  readonly hyperparameters: readonly { readonly name: string; readonly value: string; readonly source: string }[];
  readonly contexts: readonly string[];
  readonly seed: number;
  readonly covariance: { readonly tokens: number; readonly text: string; readonly cached: boolean; readonly ridges: readonly string[] };
  /** Per fact and step: −log p(target), KL, decay. */
  readonly histories: readonly (readonly (readonly [nll: number, kl: number, decay: number])[])[];
  readonly warnings: readonly EditWarning[];
}

/** Tokens of covariance text per key dimension (arXiv 2506.04226: 2 keep 95%, 10 are plenty). */
const TOKENS_PER_DIMENSION = 10;
/** λ as a share of what kᵀC⁻¹k is for the facts' own keys: the smaller, the firmer the edit. */
const LAMBDA_SHARE = 0.1;
/** Shares that the search tries. */
const LAMBDA_SHARES = [0.03, 0.1, 0.3];
/** Facts that the search edits. */
const TRIAL_FACTS = 6;

/**
 * Works out an edit from facts in words. Nothing on disk changes but the covariance cache.
 * @throws EmendError 'bad-input' naming the first fact that cannot be edited, before anything runs
 */
export async function editFacts(
  decoder: Decoder,
  tokenizer: Tokenizer,
  facts: readonly Fact[],
  method: EditMethodName,
  choices: EditChoices,
  name: string,
  report: Report,
): Promise<Edit> {
  const warnings = refuseBadFacts(facts);
  const asked = await editSettings(method, choices, decoder.anatomy, name);
  const seed = choices.seed ?? 0;
  report.progress('contexts', 0, 1);
  const contexts =
    method === 'memit'
      ? await memitContexts(decoder, tokenizer, seed, report)
      : await romeContexts(decoder, tokenizer, asked.contexts, seed, report);
  const tokens = facts.map((fact) => factTokens(tokenizer, fact, contexts, asked.factToken.value));
  const model = await modelHash(decoder.source);
  const { statistics, covariance } = await keyStatistics(decoder, tokenizer, asked, choices, model, seed, report);
  const energyOf = (layer: number) => keyEnergy(decoder, layer, tokens, statistics, report);
  const trials = asked.windows.length > 0 ? await tryWindows(decoder, tokenizer, facts, tokens, asked, statistics, energyOf, report) : [];
  const settings = trials.length > 0 ? chosen(asked, trials, method) : asked;
  const lambda = method === 'memit' ? (settings.covarianceWeight ?? (await lambdaFrom(settings.layers.value[0]!, energyOf))) : undefined;
  const shared = { model, settings, contexts, seed, hyperparameters: listed(settings, lambda) };
  const ignored = settings.ignored.map((field) => ({
    message: `The hyperparameter file's "${field}" was not used.`,
    hint: 'Emend has no such setting.',
  }));
  if (lambda) {
    const result = await memit(decoder, tokens, memitSettings(settings, lambda.value), statistics, report);
    const more = { covariance: { ...covariance, ridges: ridgesOf(statistics) }, histories: result.targets.map((t) => t.history) };
    return { ...shared, ...more, delta: result.delta, warnings: [...warnings, ...ignored, ...unreached(facts, more.histories)] };
  }
  const result = await rome(decoder, tokens, romeSettings(settings), statistics, report);
  const more = { covariance: { ...covariance, ridges: ridgesOf(statistics) }, histories: result.targets };
  return {
    ...shared,
    ...more,
    delta: result.delta,
    warnings: [...warnings, ...ignored, ...result.warnings, ...unreached(facts, more.histories)],
  };
}

function refuseBadFacts(facts: readonly Fact[]): EditWarning[] {
  if (facts.length === 0)
    throw new EmendError('bad-input', 'There is no fact to edit.', 'Give at least one fact: subject, prompt with {}, target.');
  const problems = factProblems(facts);
  const error = problems.find((p) => p.severity === 'error');
  if (error) {
    const more = problems.filter((p) => p.severity === 'error').length - 1;
    throw new EmendError(
      'bad-input',
      `Fact ${error.index + 1}, ${error.field}: ${error.message}${more > 0 ? ` (and ${more} more)` : ''}`,
      error.hint,
      { problems },
    );
  }
  return problems.map((p) => ({ message: `Fact ${p.index + 1}: ${p.message}`, hint: p.hint }));
}

async function keyStatistics(
  decoder: Decoder,
  tokenizer: Tokenizer,
  settings: EditSettings,
  choices: EditChoices,
  model: string,
  seed: number,
  report: Report,
): Promise<{ statistics: Statistics; covariance: { tokens: number; text: string; cached: boolean } }> {
  if (!settings.useCovariance.value)
    return { statistics: new Statistics({ tokens: 0, layers: new Map() }), covariance: { tokens: 0, text: 'not used', cached: false } };
  const layers = [...new Set([...settings.layers.value, ...settings.windows.flat()])].sort((a, b) => a - b);
  const wanted =
    choices.covarianceTokens ?? TOKENS_PER_DIMENSION * Math.max(...layers.map((l) => decoder.anatomy.layers[l]!.mlp.down.inWidth));
  const named = choices.covarianceText === undefined ? undefined : await corpusFromFile(tokenizer, choices.covarianceText, wanted);
  const key = named?.hash ?? `own text, seed ${seed}, ${wanted} tokens`;
  const ridge = settings.ridge.value;
  const factorKey = `factor with ridge ${ridge} of ${key}`;
  const stored = (tokens: number) => ({
    tokens,
    read: (layer: number) => keptMatrix(model, key, layer),
    readFactor: (layer: number) => keptMatrix(model, factorKey, layer),
    keepFactor: (layer: number, factor: Matrix) => keepMatrix(model, factorKey, layer, tokens, factor),
  });
  const known = isKept(model, key, layers);
  if (known !== undefined) {
    return {
      statistics: new Statistics(stored(known), ridge),
      covariance: { tokens: known, text: named?.name ?? `text that the model wrote (seed ${seed})`, cached: true },
    };
  }
  const corpus: Corpus = named ?? (await corpusFromModel(decoder, tokenizer, wanted, seed, report));
  const measured = await keyCovariance(decoder, layers, corpus.rows, report);
  // Without a place to keep them they stay in memory.
  const isStored = await keepCovariance(model, key, measured).then(
    () => true,
    () => false,
  );
  const statistics = new Statistics(isStored ? stored(measured.tokens) : measured, ridge);
  return { statistics, covariance: { tokens: measured.tokens, text: corpus.name, cached: false } };
}

/** Median kᵀC⁻¹k of the facts' keys: how unusual they are to the model, and so the natural size of λ. */
async function keyEnergy(
  decoder: Decoder,
  layer: number,
  facts: readonly FactTokens[],
  statistics: Statistics,
  report: Report,
): Promise<number> {
  const some = facts.slice(0, 32);
  const { keys } = await new KeyWalk(some, report).at(
    decoder,
    layer,
    siteValue(decoder.anatomy, { kind: 'residual', layer }),
    keyWeights(some[0]!.rows.length),
  );
  const whitened = solve(await statistics.factor(layer), keys);
  const energies = some.map((_, n) => dot(row(keys, n), row(whitened, n))).sort((a, b) => a - b);
  return energies[Math.floor(energies.length / 2)]!;
}

async function lambdaFrom(layer: number, energyOf: (layer: number) => Promise<number>): Promise<{ value: number; source: string }> {
  const energy = await energyOf(layer);
  return { value: LAMBDA_SHARE * energy, source: `${LAMBDA_SHARE} of the facts' median kᵀC⁻¹k in layer ${layer} (${energy.toFixed(0)})` };
}

/** Tries the windows on a few of the facts; the others, and the neighbours that were given, must stay as they are. */
async function tryWindows(
  decoder: Decoder,
  tokenizer: Tokenizer,
  facts: readonly Fact[],
  tokens: readonly FactTokens[],
  settings: EditSettings,
  statistics: Statistics,
  energyOf: (layer: number) => Promise<number>,
  report: Report,
): Promise<Trial[]> {
  const others = facts.slice(TRIAL_FACTS).map((f) => fillPrompt(f.prompt, f.subject).text);
  const neighbors = facts
    .slice(0, TRIAL_FACTS)
    .flatMap((f) => (f.neighbors ?? []).slice(0, 3).map((n) => (typeof n === 'string' ? n : n.prompt)));
  const probes = [...neighbors, ...others].slice(0, 24);
  const rows = (probes.length > 0 ? probes : ['The', 'It is', 'In the', 'There was a', 'She said that']).map((p) => tokenizer.encode(p));
  const material = {
    facts: tokens.slice(0, TRIAL_FACTS),
    probes: rows,
    windows: settings.windows,
    shares: settings.covarianceWeight || settings.method === 'rome' ? [LAMBDA_SHARE] : LAMBDA_SHARES,
  };
  return searchLayers(decoder, material, memitSettings(settings, 1), statistics, energyOf, report);
}

function chosen(settings: EditSettings, trials: readonly Trial[], method: EditMethodName): EditSettings {
  const best = trials[0]!;
  const windows = new Set(trials.map((t) => t.layers.join())).size;
  const source = `best of ${windows} windows tried on a few of the facts (unseen contexts ${(100 * best.efficacy).toFixed(0)}%, drift ${best.drift.toFixed(3)} nats)`;
  const layers = { value: best.layers, source };
  if (method === 'rome' || settings.covarianceWeight) return { ...settings, layers };
  return {
    ...settings,
    layers,
    covarianceWeight: { value: best.covarianceWeight, source: `${best.share} of the facts' median kᵀC⁻¹k, the best share tried` },
  };
}

/** Name, value and source of every setting, for people. */
export function listed(
  s: EditSettings,
  lambda: { value: number; source: string } | undefined,
): { name: string; value: string; source: string }[] {
  const one = (name: string, given: { value: unknown; source: string }) => ({
    name,
    value: Array.isArray(given.value)
      ? given.value.join(', ')
      : typeof given.value === 'number'
        ? String(Number(given.value.toPrecision(6)))
        : String(given.value),
    source: given.source,
  });
  return [
    one('layers', s.layers),
    one('steps', s.steps),
    one('learning rate', s.learningRate),
    one('weight decay', s.weightDecay),
    one('KL factor', s.klFactor),
    one('clamp', s.clamp),
    ...(lambda ? [one('λ', lambda)] : [one('key', s.key)]),
    one('covariance', s.useCovariance),
    one('ridge', s.ridge),
    one('fact token', s.factToken),
  ];
}

function ridgesOf(statistics: Statistics): string[] {
  return [...statistics.ridges].map(([layer, ridge]) => `layer ${layer}: ${ridge} of the mean diagonal`);
}

/** Facts whose wanted state was not found: their targets stay unlikely even with the state set directly. */
function unreached(facts: readonly Fact[], histories: readonly (readonly (readonly [number, number, number])[])[]): EditWarning[] {
  return histories.flatMap((history, i) => {
    const nll = history.at(-1)?.[0] ?? 0;
    return nll < 1
      ? []
      : [
          {
            message: `Fact ${i + 1} (${facts[i]!.subject}): its target stays unlikely (${(100 * Math.exp(-nll)).toFixed(1)}%) even with the hidden state set for it.`,
            hint: 'Try more steps, a larger clamp, or other layers.',
          },
        ];
  });
}
