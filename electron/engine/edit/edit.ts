import { EmendError } from '../../../shared/errors.ts';
import { type Fact, factProblems } from '../../../shared/fact.ts';
import type { EditMethodName } from '../../../shared/methods/list.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { modelHash } from '../onnx/identity.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type Corpus, corpusFromFile, corpusFromModel } from './corpus.ts';
import { keyCovariance } from './covariance.ts';
import { isKept, keepCovariance, keepMatrix, keptMatrix } from './covariance-cache.ts';
import type { EditResult } from './method.ts';
import { type AskedSettings, editSettings, type Hyperparameter, listed, type Settled, unusedInWords } from './settings.ts';
import { Statistics } from './statistics.ts';
import { factTokens } from './tokens.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Delta, EditWarning } from './types.ts';

/** What an edit is worked out from. */
export interface EditRequest extends AskedSettings {
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  readonly facts: readonly Fact[];
  /** Facts that earlier edits wrote and that are in force, the oldest first. */
  readonly earlier: readonly Fact[];
  /** A text file for the covariance; the model's own text when left out. */
  readonly covarianceText?: string | undefined;
  /** What the model is called, for published hyperparameters. */
  readonly name: string;
}

/** Where the covariance came from. */
interface CovarianceRecord {
  readonly tokens: number;
  readonly text: string;
  readonly cached: boolean;
  readonly ridges: readonly string[];
}

/** An edit as worked out, with everything that a record of it needs. */
export interface Edit {
  readonly method: EditMethodName;
  readonly layers: readonly number[];
  readonly delta: Delta;
  /** SHA-256 of the model. */
  readonly model: string;
  readonly hyperparameters: readonly Hyperparameter[];
  readonly contexts: readonly string[];
  readonly seed: number;
  readonly covariance: CovarianceRecord;
  readonly histories: EditResult['histories'];
  readonly warnings: readonly EditWarning[];
}

/**
 * Works out an edit from facts in words. Nothing on disk changes but the covariance cache.
 * @throws EmendError 'bad-input' naming the first fact that cannot be edited, before anything runs
 */
export async function editFacts(request: EditRequest, report: Report): Promise<Edit> {
  const { decoder, tokenizer, facts, earlier } = request;
  const warnings = refuseBadFacts(facts);
  const settled = editSettings(request, decoder.anatomy, request.name);
  const { method, descriptor, settings, windows } = settled;
  report.progress('contexts', 0, 1);
  const contexts = await method.contexts({ decoder, tokenizer, settings, report });
  const tokens = facts.map((fact) => factTokens(tokenizer, fact, contexts, settings.factToken.value));
  const model = await modelHash(decoder.source);
  const { statistics, covariance } = await keyStatistics(request, settled, statisticsOf(model, decoder.steering), report);
  const result = await method.run({ decoder, tokenizer, facts, tokens, settings, windows, statistics, contexts, earlier, report });
  const unused = settled.unused.map((fields) => unusedInWords(request.hyperparameterFile!, fields));
  return {
    method: request.method,
    layers: result.settings.layers.value,
    delta: result.delta,
    model,
    hyperparameters: listed(descriptor, result.settings),
    contexts,
    seed: settings.seed.value,
    covariance: { ...covariance, ridges: ridgesOf(statistics) },
    histories: result.histories,
    warnings: [...warnings, ...unused, ...result.warnings, ...unreached(facts, result.histories)],
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

/** The covariance of ordinary keys in every layer that may be edited: kept from an earlier edit, or measured in one pass. */
async function keyStatistics(
  { decoder, tokenizer, covarianceText }: EditRequest,
  { settings, windows }: Settled,
  model: string,
  report: Report,
): Promise<{ statistics: Statistics; covariance: Omit<CovarianceRecord, 'ridges'> }> {
  const wanted = settings.covarianceTokens?.value;
  if (wanted === undefined || settings.useCovariance?.value === false) {
    return { statistics: new Statistics({ tokens: 0, layers: new Map() }), covariance: { tokens: 0, text: 'not used', cached: false } };
  }
  const layers = [...new Set([...settings.layers.value, ...windows.flat()])].sort((a, b) => a - b);
  const seed = settings.seed.value;
  const named = covarianceText === undefined ? undefined : await corpusFromFile(tokenizer, covarianceText, wanted);
  const key = named?.hash ?? `own text, seed ${seed}, ${wanted} tokens`;
  const ridge = settings.ridge?.value ?? 0;
  const factorKey = `factor with ridge ${ridge} of ${key}`;
  const stored = (tokens: number) => ({
    tokens,
    read: (layer: number) => keptMatrix(model, key, layer),
    readFactor: (layer: number) => keptMatrix(model, factorKey, layer),
    keepFactor: (layer: number, factor: Matrix) => keepMatrix(model, factorKey, layer, tokens, factor),
  });
  const known = isKept(model, key, layers);
  if (known !== undefined) {
    const text = named?.name ?? `text that the model wrote (seed ${seed})`;
    return { statistics: new Statistics(stored(known), ridge), covariance: { tokens: known, text, cached: true } };
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
            message:
              `Fact ${i + 1} (${facts[i]!.subject}): its target stays unlikely (${(100 * Math.exp(-nll)).toFixed(1)}%) ` +
              'even with the hidden state set for it.',
            hint: 'Try more steps, a larger clamp, or other layers.',
          },
        ];
  });
}

/** A steered model has keys of its own. */
function statisticsOf(model: string, steering: string | undefined): string {
  return steering === undefined ? model : `${model} steered by ${steering}`;
}
