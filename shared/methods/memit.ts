import { describe } from './method.ts';
import { number } from './setting.ts';
import * as s from './settings.ts';

export const COVARIANCE_WEIGHT = {
  ...number(
    'covarianceWeight',
    {
      label: 'λ (covariance weight)',
      help: 'Weight of what the layers hold already, against the new facts. Smaller edits more firmly and disturbs more.',
      flag: 'lambda',
      field: { name: 'mom2_update_weight' },
    },
    { above: 0 },
  ),
  later: { value: 'from the facts', source: "a tenth of the facts' median kᵀC⁻¹k, or the best share tried" },
} as const;

export const memit = describe({
  name: 'memit',
  title: 'MEMIT',
  summary: 'Spreads the change over several layers, worked out for all facts together.',
  choose: 'for one fact or thousands, and for edits after edits',
  paper: { title: 'Mass-Editing Memory in a Transformer', authors: 'Meng et al. 2023', url: 'https://memit.baulab.info/' },
  layers: 'several',
  settings: [
    s.LAYERS,
    s.STEPS,
    s.LEARNING_RATE,
    s.CLAMP,
    s.STOP_EARLY,
    s.KL_FACTOR,
    s.OWN_FACTOR,
    s.WEIGHT_DECAY,
    s.TOLD,
    s.HOLD,
    s.BACKGROUND,
    s.PASSES,
    s.REMEMBER,
    s.TOGETHER,
    COVARIANCE_WEIGHT,
    s.CHANGE_WEIGHT,
    s.OWN_TARGETS,
    s.NEURONS,
    s.FAR_ABOVE,
    s.FAR_BELOW,
    s.COVARIANCE_TOKENS,
    s.RIDGE,
    s.FACT_TOKEN,
    s.SEED,
  ],
  advice: {
    harmful: {
      title: 'Hold on to more of what is there',
      text: 'Raise λ (covariance weight), or lower the clamp: the edit becomes gentler.',
    },
    weak: { title: 'Edit more firmly', text: 'Lower λ (covariance weight) or raise the clamp, and compare the harm.' },
    missedOne: { title: 'Use ROME', text: 'For a single fact it writes more firmly, into one layer.' },
  },
});
