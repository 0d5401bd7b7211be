import { EmendError } from '../../../../shared/errors.ts';
import { questionOf } from '../../../../shared/fact.ts';
import { given } from '../../../../shared/given.ts';
import { memit as descriptor } from '../../../../shared/methods/memit.ts';
import { besideOf, TOLD_DEFAULTS } from '../beside.ts';
import { memitContexts } from '../contexts.ts';
import { clampFor, layersFor, ridgeOf, sharedDefaults, targetSettings, windowsOf } from '../defaults.ts';
import { publishedSets } from '../hparams/published.ts';
import { covarianceMetric, dampedMetric } from '../metric.ts';
import type { EditMethod, EditWork, SettingsOf, Sourced } from '../method.ts';
import { chooseLayers, lambdaFor } from '../search.ts';
import { keyWeights } from '../solve.ts';
import { spread, type SpreadOptions, type SpreadSettings } from '../spread.ts';
import { findTargets, type TargetSettings } from '../target.ts';
import { byWords } from '../together.ts';
import { factTokens } from '../tokens.ts';
import sets from './memit.json' with { type: 'json' };

/** What holds the facts of earlier edits best, and their neighbours: see the table of edits one after another in the README. */
const TOGETHER_DEFAULT = { value: true, source: 'so that facts of earlier edits are met as well as the new ones' };
/** Published windows are five or six layers wide. */
const WIDTH = 5;

export const memit: EditMethod<SettingsOf<typeof descriptor>> = {
  published: publishedSets(sets, descriptor),
  defaults: (anatomy) => ({
    ...sharedDefaults(anatomy),
    ...TOLD_DEFAULTS,
    layers: layersFor(anatomy, WIDTH),
    clamp: clampFor(anatomy, 0.75, 1.5),
    ridge: ridgeOf(1e-3),
    passes: { value: 1, source: 'published default' },
    remember: { value: true, source: 'so that edits do not undo each other' },
    together: TOGETHER_DEFAULT,
    changeWeight: { value: 0, source: 'published default' },
    ownTargets: { value: false, source: 'published default' },
    neurons: { value: 1, source: 'published default' },
    farAbove: { value: 0, source: 'published default' },
    farBelow: { value: 0, source: 'published default' },
    covarianceWeight: undefined,
  }),
  windows: (anatomy) => windowsOf(anatomy, WIDTH),
  keyWeights,
  contexts: ({ decoder, tokenizer, settings, report }) => memitContexts(decoder, tokenizer, settings.seed.value, report),
  async run(work) {
    const { settings, statistics, together } = work;
    mayBeTogether(settings);
    const { best, layers } = await chooseLayers(work, settings.covarianceWeight === undefined);
    const covarianceWeight = settings.covarianceWeight ?? weightOf(together) ?? best?.lambda ?? (await lambdaFor(work, layers.value[0]!));
    const numbers = { ...targetSettings(settings), layers: layers.value, covarianceWeight: covarianceWeight.value };
    const beta = settings.changeWeight.value;
    const metricAt = (layer: number) =>
      beta > 0
        ? dampedMetric(statistics, layer, numbers.covarianceWeight, beta)
        : covarianceMetric(statistics, layer, numbers.covarianceWeight);
    const first = layers.value[0]!;
    const { own, ...all } = together ? await allTogether(work, together, numbers) : { ...work, own: undefined, known: undefined };
    const { warnings, ...beside } = await besideOf(all, { layer: first, metric: metricAt(first) }, settings.remember.value);
    const { delta, targets } = await spread(work.decoder, all.tokens, numbers, statistics, work.report, {
      metricAt,
      ...beside,
      ...given({ known: all.known, kept: work.kept }),
      ownTargets: settings.ownTargets.value,
      passes: settings.passes.value,
      neuronShare: settings.neurons.value,
      ...given({ far: farOf(settings) }),
    });
    if (delta.weights.length === 0) throw nothingIsFar(settings);
    return {
      delta,
      settings: { ...settings, layers, covarianceWeight },
      histories: (own ?? targets).map((t) => t.history),
      warnings,
      ...(own ? { solved: { targets: own, covarianceWeight: covarianceWeight.value } } : {}),
    };
  },
};

type Settings = SettingsOf<typeof descriptor>;

/** Between which distances from their targets facts are written; undefined where all are. */
function farOf({ farAbove: { value: above }, farBelow: { value: below } }: Settings): SpreadOptions['far'] {
  return above === 0 && below === 0 ? undefined : { above, below: below === 0 ? Infinity : below };
}

/**
 * @throws EmendError 'bad-input': targets of each layer are found on the model as edited by others so far, and what is not far would be
 *   lost
 */
function mayBeTogether(settings: Settings): void {
  const { together, ownTargets } = settings;
  if (together.value && farOf(settings))
    throw new EmendError(
      'bad-input',
      'Facts of earlier edits that are solved together must all be written, however far they are from their targets.',
      'Turn off “Solve together”, or leave “Written from” and “Written up to” at 0.',
      { field: 'farAbove' },
    );
  if (together.value && ownTargets.value)
    throw new EmendError(
      'bad-input',
      'Targets of each layer cannot be solved together with earlier edits: they are found on the model as it was edited then.',
      'Turn off one of the two.',
      { field: 'ownTargets' },
    );
}

function nothingIsFar({ farAbove, farBelow }: Settings): EmendError {
  const upTo = farBelow.value === 0 ? '' : ` and up to ${farBelow.value}`;
  return new EmendError(
    'bad-input',
    `No fact's state is as far from the one that is searched for as asked: from ${farAbove.value}${upTo}. So nothing was written.`,
    'Lower “Written from”, or raise “Written up to”; 0 writes all.',
    { field: 'farAbove' },
  );
}

function weightOf(together: EditWork['together']): Sourced<number> | undefined {
  const value = together?.settings?.covarianceWeight;
  return value === undefined ? undefined : { value, source: 'as of the edits that it is solved with' };
}

/** The facts of all edits that are solved together, in the order of their words, with their targets; and those of the new ones. */
async function allTogether(
  work: EditWork<Settings>,
  { facts: known }: NonNullable<EditWork['together']>,
  numbers: TargetSettings & Layers,
) {
  const { decoder, tokenizer, facts, tokens, settings, kept, report } = work;
  const own = await findTargets(decoder, { kind: 'residual', layer: numbers.layers.at(-1)! }, tokens, numbers, report, kept);
  const all = [
    ...facts.map((fact, n) => ({ fact, tokens: tokens[n]!, target: own[n]! })),
    ...known.map(({ fact, target, contexts }) => ({
      fact,
      tokens: factTokens(tokenizer, fact, contexts, settings.factToken.value),
      target,
    })),
  ].sort((a, b) => byWords(a.fact, b.fact));
  const solved = new Set(all.map(({ fact }) => questionOf(fact)));
  return {
    ...work,
    facts: all.map(({ fact }) => fact),
    tokens: all.map((one) => one.tokens),
    earlier: work.earlier.filter((fact) => !solved.has(questionOf(fact))),
    known: all.map(({ target }) => target),
    own,
  };
}

type Layers = Pick<SpreadSettings, 'layers'>;
