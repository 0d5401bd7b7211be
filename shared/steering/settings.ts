import { choice, integer, layers, number, yesNo } from '../methods/setting.ts';
import { UNIT_NAMES } from './strength.ts';

/** Settings that several steering methods have. */

export const BLOCKS = layers('layers', { label: 'Layers', help: 'Blocks whose output is steered, counted from 0.', flag: 'layers' });
export const LAYER = integer('layer', { label: 'Layer', help: 'The block, counted from 0.', flag: 'layer' }, { min: 0, max: 999 });
export const COEFFICIENT = number('coefficient', {
  label: 'Coefficient',
  help: 'How many times the vector is added; negative pushes the other way.',
  flag: 'coefficient',
});
export const UNIT = choice('unit', UNIT_NAMES, {
  label: 'Counted in',
  help: 'What the coefficient counts: times the vector, standard deviations along it, or shares of the length of a state.',
  flag: 'unit',
});
export const POSITIONS = choice('positions', ['all', 'prompt', 'last', 'answer', 'from'], {
  label: 'Tokens',
  help: 'Which are steered: all, the prompt, its last one and the answer, the answer alone, or those from a position on.',
  flag: 'positions',
});
export const FIRST = integer(
  'first',
  { label: 'First token', help: 'Where tokens are steered from a position on: that position, the start token being 0.', flag: 'first' },
  { min: 0 },
);
export const READ_AT = choice('readAt', ['last', 'before last'], {
  label: 'Read at',
  help: "Whose state stands for a text: its last token's (steering-vectors) or the one before it (the CAA paper).",
  flag: 'readAt',
});
export const KEEPS_NORM = yesNo('keepsNorm', {
  label: 'Keep the length',
  help: 'Whether a steered state gets its former length back.',
  flag: 'keepsNorm',
});
export const SEED = integer(
  'seed',
  { label: 'Seed', help: 'Start of the random numbers, for splits and shuffles.', flag: 'seed' },
  { min: 0, max: 2 ** 32 - 1 },
);
