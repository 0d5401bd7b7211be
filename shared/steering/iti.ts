import { choice, integer, number } from '../methods/setting.ts';
import { describeSteering } from './method.ts';
import * as s from './settings.ts';

const HEADS = integer(
  'heads',
  { label: 'Heads', help: 'How many heads are steered: those whose probes tell best.', flag: 'heads' },
  { min: 1, max: 100_000 },
);
const ALPHA = number('alpha', { label: 'α', help: 'Strength, in standard deviations along the direction.', flag: 'alpha' });
const DIRECTION = choice('direction', ['mass mean', 'probe'], {
  label: 'Direction',
  help: 'From the mean of false to the mean of true, or the weight of the probe.',
  flag: 'direction',
});
const SPREAD = choice('spread', ['n', 'n − 1'], {
  label: 'Divisor of σ',
  help: 'n as in the legacy code, n − 1 as in the present one.',
  flag: 'spread',
});
const VALIDATION = number(
  'validation',
  { label: 'Validation share', help: 'Of the groups that are fitted on: how many only judge the probes.', flag: 'validation' },
  { above: 0, max: 0.9 },
);

export const iti = describeSteering({
  name: 'iti',
  title: 'Inference-Time Intervention',
  summary: 'Finds the heads that tell true from false, and shifts what they give towards true.',
  choose: 'for answers labelled true and false, grouped by question',
  paper: {
    title: 'Inference-Time Intervention: Eliciting Truthful Answers from a Language Model',
    authors: 'Li et al. 2023',
    url: 'https://arxiv.org/abs/2306.03341',
  },
  code: 'likenneth/honest_llama 2c6b217, legacy',
  data: 'labelled',
  strength: 'alpha',
  settings: [HEADS, ALPHA, DIRECTION, SPREAD, s.POSITIONS, s.FIRST, VALIDATION, s.SEED],
  caution: 'Much strength breaks answers: compare the cost on ordinary text.',
});
