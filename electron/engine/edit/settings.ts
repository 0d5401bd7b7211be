import { EmendError } from '../../../shared/errors.ts';
import type { Anatomy } from '../anatomy/types.ts';
import type { EditChoices, EditMethodName } from '../jobs.ts';
import type { FactToken } from '../text/positions.ts';
import { publishedFor } from './hparams/published.ts';
import { readHyperparameters } from './hparams/read.ts';
import type { MemitHyperparameters, RomeHyperparameters } from './hparams/types.ts';
import type { MemitSettings } from './memit.ts';
import type { RomeSettings } from './rome.ts';
import { STOP_BELOW } from './target.ts';

/** A value, and in words where it came from. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
}

/** Every hyperparameter of an edit with its source. λ may still be open: then it is chosen from the facts' keys. */
export interface EditSettings {
  readonly method: EditMethodName;
  readonly layers: Sourced<readonly number[]>;
  /** Windows of layers worth trying, when nobody chose any; empty otherwise. */
  readonly windows: readonly (readonly number[])[];
  readonly steps: Sourced<number>;
  readonly learningRate: Sourced<number>;
  readonly weightDecay: Sourced<number>;
  readonly klFactor: Sourced<number>;
  readonly clamp: Sourced<number>;
  /** MEMIT's λ; undefined: to be chosen from the keys. */
  readonly covarianceWeight: Sourced<number> | undefined;
  readonly useCovariance: Sourced<boolean>;
  /** Added to the covariance's diagonal, relative to its mean. */
  readonly ridge: Sourced<number>;
  readonly key: Sourced<'averaged' | 'mixed'>;
  readonly factToken: Sourced<FactToken>;
  /** ROME's context texts. */
  readonly contexts: readonly { readonly length: number; readonly count: number }[];
  readonly ignored: readonly string[];
}

const ASKED = 'as asked';

/** Puts together what was asked for, a hyperparameter file, the set published for this model, and what its anatomy suggests, in this order. */
export async function editSettings(method: EditMethodName, choices: EditChoices, anatomy: Anatomy, name: string): Promise<EditSettings> {
  const first = anatomy.layers[0]!.mlp.down;
  const shape = {
    hiddenSize: anatomy.hiddenSize,
    layers: anatomy.layers.length,
    innerSize: first.inWidth,
    vocabularySize: anatomy.vocabulary,
    name,
  };
  const upper = method === 'rome' ? 'ROME' : 'MEMIT';
  const file = choices.hyperparameterFile === undefined ? undefined : await readHyperparameters(choices.hyperparameterFile, upper);
  const published = publishedFor(upper, shape);
  const set: RomeHyperparameters | MemitHyperparameters | undefined = file?.value ?? published?.value;
  const setSource = file ? `from ${choices.hyperparameterFile}` : published ? `published for ${published.model} (${published.source})` : '';
  const pick = <T>(asked: T | undefined, inSet: T | undefined, derived: T, why: string): Sourced<T> => {
    if (asked !== undefined) return { value: asked, source: ASKED };
    return inSet === undefined ? { value: derived, source: why } : { value: inSet, source: setSource };
  };
  const memitSet = set?.method === 'MEMIT' ? set : undefined;
  const depth = anatomy.layers.length;
  const layers = pick(choices.layers, set?.layers, windowEnding(lastAt(0.3, depth), method), 'in proportion to the published models');
  checkLayers(layers.value, anatomy, method);
  const isOpen = choices.layers === undefined && set === undefined;
  const covarianceWeight = choices.covarianceWeight ?? memitSet?.covarianceWeight;
  return {
    method,
    layers,
    windows: isOpen ? windowsToTry(depth, method) : [],
    steps: pick(choices.steps, set?.steps, 25, 'published for models of this kind'),
    learningRate: pick(choices.learningRate, set?.learningRate, 0.5, 'published default'),
    weightDecay: pick(choices.weightDecay, set?.weightDecay, 0.5, 'published default'),
    klFactor: pick(choices.klFactor, set?.klFactor, 0.0625, 'published default'),
    clamp: pick(
      choices.clamp,
      set?.clampFactor,
      clampFor(method, anatomy.layers.length),
      'published default; wider for a shallow model, whose few layers must carry more',
    ),
    covarianceWeight:
      covarianceWeight === undefined
        ? undefined
        : { value: covarianceWeight, source: choices.covarianceWeight === undefined ? setSource : ASKED },
    useCovariance: pick(undefined, set?.covariance.use, true, 'published default'),
    ridge: ridgeFor(method, published !== undefined && published.model !== 'atlas'),
    key: pick(choices.key, undefined, 'averaged', 'one key throughout (arXiv 2403.07175)'),
    factToken: pick(undefined, set?.factToken, 'subject_last', 'published default'),
    contexts:
      set?.method === 'ROME'
        ? set.contexts
        : [
            { length: 5, count: 10 },
            { length: 10, count: 10 },
          ],
    ignored: file?.ignored ?? [],
  };
}

/**
 * With some ten thousand tokens the covariance has directions that hardly occur; its inverse then turns small keys into huge changes of the
 * weight (Atlas: ten times larger, for nothing). The published code inverts the covariance of many millions of tokens as it is.
 */
function ridgeFor(method: EditMethodName, isPublished: boolean): Sourced<number> {
  if (isPublished) return { value: 0, source: 'none in the published code' };
  return { value: method === 'rome' ? 1e-4 : 1e-3, source: 'keeps the change of the weights small' };
}

function clampFor(method: EditMethodName, depth: number): number {
  const isShallow = depth < 12;
  if (method === 'rome') return isShallow ? 6 : 4;
  return isShallow ? 1.5 : 0.75;
}

/** Published edits end at a fifth (GPT-J) to a third (GPT-2 XL) of the depth; shallow models may hold facts a little later. */
const DEPTHS = [0.15, 0.3, 0.45, 0.6];

function lastAt(share: number, depth: number): number {
  return Math.max(0, Math.round(depth * share) - 1);
}

/** MEMIT's published windows are five or six layers wide; ROME edits one layer. */
function windowEnding(last: number, method: EditMethodName): number[] {
  const count = method === 'rome' ? 1 : Math.min(5, last + 1);
  return Array.from({ length: count }, (_, i) => last - count + 1 + i);
}

function windowsToTry(depth: number, method: EditMethodName): number[][] {
  const ends = [...new Set(DEPTHS.map((share) => lastAt(share, depth)))];
  return ends.map((last) => windowEnding(last, method));
}

function checkLayers(layers: readonly number[], anatomy: Anatomy, method: EditMethodName): void {
  const depth = anatomy.layers.length;
  const wrong = layers.find((l) => !Number.isInteger(l) || l < 0 || l >= depth);
  if (wrong !== undefined)
    throw new EmendError(
      'bad-input',
      `Layer ${wrong} was asked for; this model has layers 0 to ${depth - 1}.`,
      'Choose layers of this model, or leave them out.',
    );
  if (layers.length === 0 || layers.some((l, i) => i > 0 && l <= layers[i - 1]!))
    throw new EmendError(
      'bad-input',
      `The layers are ${layers.join(', ') || 'none'}; expected ascending ones, each once.`,
      'Write them as 3,4,5.',
    );
  if (method === 'rome' && layers.length !== 1)
    throw new EmendError(
      'bad-input',
      `ROME edits one layer; ${layers.length} were given (${layers.join(', ')}).`,
      'Name one layer, or use MEMIT.',
    );
  for (const l of layers) {
    const refusal = anatomy.layers[l]!.mlp.refusal;
    if (refusal) throw new EmendError('unsupported', `Layer ${l} cannot be edited: ${refusal.reason}.`, refusal.hint);
  }
}

/** For the search of the wanted state. */
function targetSettings(s: EditSettings): Omit<MemitSettings, 'layers' | 'covarianceWeight'> {
  return {
    steps: s.steps.value,
    learningRate: s.learningRate.value,
    weightDecay: s.weightDecay.value,
    klFactor: s.klFactor.value,
    clamp: s.clamp.value,
    stopBelow: STOP_BELOW,
  };
}

/** MEMIT's numbers. */
export function memitSettings(s: EditSettings, covarianceWeight: number): MemitSettings {
  return { ...targetSettings(s), layers: s.layers.value, covarianceWeight };
}

/** ROME's numbers. */
export function romeSettings(s: EditSettings): RomeSettings {
  return { ...targetSettings(s), layer: s.layers.value[0]!, useCovariance: s.useCovariance.value, key: s.key.value };
}
