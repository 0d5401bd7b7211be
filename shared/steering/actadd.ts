import { choice } from '../methods/setting.ts';
import { describeSteering } from './method.ts';
import * as s from './settings.ts';

const ALIGNMENT = choice('alignment', ['front', 'mid', 'back'], {
  label: 'Alignment',
  help: 'Where on the prompt the vectors of the pair are laid, token by token.',
  flag: 'alignment',
});

export const actadd = describeSteering({
  name: 'actadd',
  title: 'Activation Addition',
  summary: 'Adds the difference between the states of two prompts to the prompt that is asked, token by token.',
  choose: 'for a pair of prompts, best of equal length',
  paper: {
    title: 'Steering Language Models With Activation Engineering',
    authors: 'Turner et al. 2023',
    url: 'https://arxiv.org/abs/2308.10248',
  },
  code: 'montemac/activation_additions cc3178c',
  data: 'pair',
  strength: 'coefficient',
  settings: [s.LAYER, s.COEFFICIENT, ALIGNMENT],
  caution: 'Pairs whose words do not stand at the same places mostly fail, and a prompt shorter than the pair cannot be steered.',
});
