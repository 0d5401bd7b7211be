import { describe } from './method.ts';
import { number, yesNo } from './setting.ts';
import * as s from './settings.ts';

const ENERGY = number(
  'energy',
  {
    label: 'Energy held',
    help: 'The steepest directions of the layers, until they hold this share of all curvature, may not move.',
    flag: 'energy',
    field: { name: 'energy_threshold' },
  },
  { above: 0, max: 1 },
);
const PROJECT_STEPS = yesNo('projectSteps', {
  label: 'Project steps',
  help: 'Steps are kept out of the steep directions too; as published gradients alone are, and Adam leaves them again.',
  flag: 'projectSteps',
  field: { name: 'project_steps', missing: false },
});

export const crispedit = describe({
  name: 'crispedit',
  title: 'CrispEdit',
  summary: 'Trains several layers on all facts, in directions alone to which ordinary text is hardly sensitive.',
  choose: 'for many facts, trained with ordinary text in view',
  paper: {
    title: 'CrispEdit: Low-Curvature Projections for Scalable Non-Destructive LLM Editing',
    authors: 'Ikram et al. 2026',
    url: 'https://arxiv.org/abs/2602.15823',
  },
  layers: 'several',
  settings: [s.LAYERS, s.EPOCHS, s.TRAINING_RATE, s.BATCH, ENERGY, PROJECT_STEPS, s.COVARIANCE_TOKENS, s.SEED],
  advice: {
    harmful: { title: 'Hold more', text: 'Raise the energy held, or lower the training rate: less of the model can move.' },
    weak: { title: 'Give other wordings as facts', text: 'Training learns the words that it is given.' },
    missedOne: { title: 'Train longer', text: 'Raise the epochs or the training rate, and compare the harm.' },
  },
});
