import { choice } from '../methods/setting.ts';
import { describeSteering } from './method.ts';
import * as s from './settings.ts';

const HOW = choice('how', ['run time', 'weights', 'weights as published'], {
  label: 'How',
  help: 'Projected out while running, or out of the weights that write to the residual stream: all, or as published without biases.',
  flag: 'how',
});

export const ablation = describeSteering({
  name: 'ablation',
  title: 'Directional ablation',
  summary: 'Takes one direction out of everything that reads or writes the residual stream.',
  choose: 'to make a model unable to express what two kinds of text differ by',
  paper: {
    title: 'Refusal in Language Models Is Mediated by a Single Direction',
    authors: 'Arditi et al. 2024',
    url: 'https://arxiv.org/abs/2406.11717',
  },
  code: 'andyrdt/refusal_direction',
  data: 'pairs',
  settings: [s.LAYER, s.READ_AT, HOW, s.SEED],
  caution: 'Where blocks norm what they write (Gemma 2), taking the direction out of the weights leaves it in the residual stream.',
});
