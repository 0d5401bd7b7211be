import { describe } from './method.ts';
import { COVARIANCE_WEIGHT } from './memit.ts';
import { number } from './setting.ts';
import * as s from './settings.ts';

const SOFTNESS = number(
  'softness',
  {
    label: 'Softness',
    help: 'How far several facts may be missed, against the covariance; 0 meets each to the letter. A single fact always is.',
    flag: 'softness',
    field: { name: 'emmet_lambda', missing: 0.1 },
  },
  { min: 0 },
);

export const emmet = describe({
  name: 'emmet',
  title: 'EMMET',
  summary: 'Writes all facts together into one layer so that each is met to the letter: ROME for many.',
  choose: 'for a few facts in one layer',
  paper: { title: 'A Unified Framework for Model Editing', authors: 'Gupta et al. 2024', url: 'https://arxiv.org/abs/2403.14236' },
  layers: 'one',
  settings: [
    s.LAYERS,
    s.STEPS,
    s.LEARNING_RATE,
    s.CLAMP,
    s.STOP_EARLY,
    s.KL_FACTOR,
    s.OWN_FACTOR,
    s.WEIGHT_DECAY,
    SOFTNESS,
    COVARIANCE_WEIGHT,
    s.TOLD,
    s.HOLD,
    s.BACKGROUND,
    s.REMEMBER,
    s.COVARIANCE_TOKENS,
    s.RIDGE,
    s.FACT_TOKEN,
    s.SEED,
  ],
  advice: {
    harmful: { title: 'Use MEMIT', text: 'It spreads the change over several layers and disturbs each one less.' },
    weak: { title: 'Use MEMIT', text: 'A change over several layers often holds better in other words.' },
  },
});
