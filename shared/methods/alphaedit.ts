import { describe } from './method.ts';
import { number } from './setting.ts';
import * as s from './settings.ts';

const L2 = {
  ...number(
    'l2',
    { label: 'L2', help: 'Weight of keeping the change small in the directions that are left to it.', flag: 'l2', field: { name: 'L2' } },
    { above: 0 },
  ),
  later: { value: 'from the facts', source: "a tenth of what the facts' keys are in those directions" },
} as const;
const NULL_SPACE = {
  ...number(
    'nullSpace',
    {
      label: 'Null space below',
      help: 'Directions whose part in ordinary keys (an eigenvalue of their covariance) is less may change; all others may not.',
      flag: 'nullSpace',
      field: { name: 'nullspace_threshold' },
    },
    { above: 0 },
  ),
  later: { value: 'from the covariance', source: 'leaves seven tenths of the directions, as the published value is said to do' },
} as const;

export const alphaedit = describe({
  name: 'alphaedit',
  title: 'AlphaEdit',
  summary: 'Spreads the change over several layers, in directions alone that ordinary text hardly uses; facts of earlier edits are held.',
  choose: 'for changes in directions that ordinary text hardly uses',
  paper: {
    title: 'AlphaEdit: Null-Space Constrained Knowledge Editing for Language Models',
    authors: 'Fang et al. 2024',
    url: 'https://arxiv.org/abs/2410.02355',
  },
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
    L2,
    NULL_SPACE,
    s.TOLD,
    s.HOLD,
    s.BACKGROUND,
    s.PASSES,
    s.OWN_TARGETS,
    s.COVARIANCE_TOKENS,
    s.FACT_TOKEN,
    s.SEED,
  ],
  advice: {
    harmful: { title: 'Leave fewer directions', text: 'Lower the null space threshold, or the clamp: less of the model can move.' },
    weak: { title: 'Leave more directions', text: 'Raise the null space threshold or lower L2, and compare the harm.' },
    missedOne: { title: 'Use ROME', text: 'For a single fact it writes more firmly, into one layer.' },
  },
});
