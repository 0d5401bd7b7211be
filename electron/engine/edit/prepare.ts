import { EmendError } from '../../../shared/errors.ts';
import { type Fact, factProblems } from '../../../shared/fact.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { modelHash } from '../onnx/identity.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type Corpus, corpusFromFile, corpusFromModel } from './corpus.ts';
import { keyCovariance } from './covariance.ts';
import { isKept, keepCovariance, keepMatrix, keptMatrix } from './covariance-cache.ts';
import type { AskedSettings, Settled } from './settings.ts';
import { Statistics } from './statistics.ts';
import { factTokens } from './tokens.ts';
import type { EditWarning, FactTokens } from './types.ts';

/** Facts, a model, and how the facts are to be written. */
export interface Material extends AskedSettings {
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  readonly facts: readonly Fact[];
  /** A text file for the covariance; the model's own text when left out. */
  readonly covarianceText?: string | undefined;
  /** What the model is called, for published hyperparameters. */
  readonly name: string;
}

/** Where the covariance came from. */
export interface CovarianceRecord {
  readonly tokens: number;
  readonly text: string;
  readonly cached: boolean;
  readonly ridges: readonly string[];
}

/** What every look at facts before their edit, and the edit itself, begins with. */
export interface Prepared {
  readonly contexts: readonly string[];
  readonly tokens: readonly FactTokens[];
  /** SHA-256 of the model. */
  readonly model: string;
  readonly statistics: Statistics;
  readonly covariance: Omit<CovarianceRecord, 'ridges'>;
  readonly ordinaryText: () => Promise<Corpus['rows']>;
}

/** The layers that an edit may write into: those chosen, or all that it may choose from. */
export function editedLayers({ settings, windows }: Settled): number[] {
  return ascending(windows.length > 0 ? windows.flat() : settings.layers.value);
}

/**
 * Contexts, the facts as tokens, and the covariance of ordinary keys.
 * @param layers whose covariance is wanted, beside those of the settings
 * @throws EmendError 'bad-input' for a fact that cannot be cut into tokens
 */
export async function prepare(material: Material, settled: Settled, layers: readonly number[], report: Report): Promise<Prepared> {
  const { decoder, tokenizer, facts } = material;
  const { method, settings } = settled;
  report.progress('contexts', 0, 1);
  const contexts = await method.contexts({ decoder, tokenizer, settings, report });
  const tokens = facts.map((fact) => factTokens(tokenizer, fact, contexts, settings.factToken?.value));
  const model = await modelHash(decoder.source);
  const wanted = ascending([...settings.layers.value, ...layers]);
  return { contexts, tokens, model, ...(await keyStatistics(material, settled, wanted, keysOf(model, decoder), report)) };
}

/** Whose keys are measured: a steered model has keys of its own. */
function keysOf(model: string, { steering }: Decoder): string {
  return steering === undefined ? model : `${model} steered by ${steering}`;
}

/** What is to be said of facts. @throws EmendError 'bad-input' naming the first that cannot be edited */
export function refuseBadFacts(facts: readonly Fact[]): EditWarning[] {
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

function ascending(layers: readonly number[]): number[] {
  return [...new Set(layers)].sort((a, b) => a - b);
}

/** The covariance of ordinary keys in these layers: kept from an earlier edit, or measured in one pass. */
async function keyStatistics(
  { decoder, tokenizer, covarianceText }: Material,
  { settings }: Settled,
  layers: readonly number[],
  model: string,
  report: Report,
): Promise<Pick<Prepared, 'statistics' | 'covariance' | 'ordinaryText'>> {
  const wanted = settings.covarianceTokens?.value;
  if (wanted === undefined || settings.useCovariance?.value === false) {
    return {
      statistics: new Statistics({ tokens: 0, layers: new Map() }),
      covariance: { tokens: 0, text: 'not used', cached: false },
      ordinaryText: () => Promise.resolve([]),
    };
  }
  const seed = settings.seed.value;
  const named = covarianceText === undefined ? undefined : await corpusFromFile(tokenizer, covarianceText, wanted, () => report.check());
  const key = named?.hash ?? `own text, seed ${seed}, ${wanted} tokens`;
  const ridge = settings.ridge?.value ?? 0;
  const factorKey = `factor with ridge ${ridge} of ${key}`;
  const eigenKey = `eigenvectors with ridge ${ridge} of ${key}`;
  const stored = (tokens: number) => ({
    tokens,
    read: (layer: number) => keptMatrix(model, key, layer),
    readFactor: (layer: number) => keptMatrix(model, factorKey, layer),
    readEigen: (layer: number) => keptMatrix(model, eigenKey, layer),
    keepEigen: (layer: number, eigen: Matrix) => keepMatrix(model, eigenKey, layer, tokens, eigen),
    keepFactor: (layer: number, factor: Matrix) => keepMatrix(model, factorKey, layer, tokens, factor),
  });
  let own: Promise<Corpus> | undefined;
  const corpus = async (): Promise<Corpus> => named ?? (own ??= corpusFromModel(decoder, tokenizer, wanted, seed, report));
  const ordinaryText = async () => (await corpus()).rows;
  const known = isKept(model, key, layers);
  if (known !== undefined) {
    const text = named?.name ?? `text that the model wrote (seed ${seed})`;
    return { statistics: new Statistics(stored(known), ridge), covariance: { tokens: known, text, cached: true }, ordinaryText };
  }
  const { rows, name } = await corpus();
  const measured = await keyCovariance(decoder, layers, rows, report);
  // Without a place to keep them they stay in memory.
  const isStored = await keepCovariance(model, key, measured).then(
    () => true,
    () => false,
  );
  const statistics = new Statistics(isStored ? stored(measured.tokens) : measured, ridge);
  return { statistics, covariance: { tokens: measured.tokens, text: name, cached: false }, ordinaryText };
}
