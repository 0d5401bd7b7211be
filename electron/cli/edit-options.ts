import { resolve } from 'node:path';
import type { Choices } from '../../shared/contract/edits.ts';
import type { EditChoices } from '../engine/jobs.ts';
import type { NamedModel } from '../services/models.ts';
import { choice, integer, integers, number, text, type Values, written } from './options.ts';
import { UsageError } from './usage.ts';

/** How an edit is made; shared by the commands that make one. */
export const editOptions = {
  method: choice(['memit', 'rome'], 'How to edit: memit for many facts over several layers, rome for one fact in one layer'),
  layers: integers('3,4,5', 'Layers to edit, from 0 (default: fitting the model)', { min: 0 }),
  hyperparameters: text('FILE', 'A published hyperparameter file, JSON or EasyEdit YAML'),
  steps: integer('N', 'Steps of the search for the wanted state', { min: 1, max: 10_000 }),
  lr: number('X', 'Learning rate of that search', { min: 0 }),
  weightDecay: number('X', 'Weight decay of that search', { min: 0 }),
  kl: number('X', 'Weight of staying as before on "{subject} is a"', { min: 0 }),
  clamp: number('X', 'How far the wanted state may lie from the one now, as a multiple of its norm', { min: 0 }),
  lambda: number('X', 'memit: weight of what the model knows already; smaller edits firmer', { min: 0 }),
  key: choice(['averaged', 'mixed'], 'rome: one averaged key throughout, or the mixture of the first published code'),
  covarianceText: text('FILE', 'Text for the covariance of keys (default: text of the model’s own)'),
  covarianceTokens: integer('N', 'How much of that text (default: 10 for each key dimension)', { min: 1 }),
  seed: integer('N', 'Start of the random numbers (default 0)', { min: 0 }),
};

/** The choices for the engine. A model that came with text uses that for the covariance. */
export function editChoices(values: Values<typeof editOptions>, model: NamedModel): EditChoices {
  const path = (file: string | undefined) => (file === undefined ? undefined : resolve(file));
  return {
    hyperparameterFile: path(values.hyperparameters),
    layers: values.layers,
    steps: values.steps,
    learningRate: values.lr,
    weightDecay: values.weightDecay,
    klFactor: values.kl,
    clamp: values.clamp,
    covarianceWeight: values.lambda,
    key: values.key,
    covarianceText: path(values.covarianceText) ?? model.material?.corpus,
    covarianceTokens: values.covarianceTokens,
    seed: values.seed,
  };
}

/**
 * The choices as the contract has them, for a draft.
 * @throws UsageError for those that only a delta can be made with
 */
export function contractChoices(values: Values<typeof editOptions>): Choices {
  for (const name of ['hyperparameters', 'covarianceText'] as const) {
    if (values[name] !== undefined)
      throw new UsageError(
        `${written(name)} is for edits that are saved as a file, not for drafts.`,
        'Add --save FILE, or set the values one by one: emend edit --help',
      );
  }
  const given = {
    layers: values.layers && [...values.layers],
    steps: values.steps,
    learningRate: values.lr,
    weightDecay: values.weightDecay,
    klFactor: values.kl,
    clamp: values.clamp,
    covarianceWeight: values.lambda,
    key: values.key,
    covarianceTokens: values.covarianceTokens,
    seed: values.seed,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
