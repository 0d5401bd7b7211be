import { choice } from '../methods/setting.ts';
import { describeSteering } from './method.ts';
import * as s from './settings.ts';

const AGGREGATOR = choice('aggregator', ['mean', 'pca', 'logistic'], {
  label: 'Direction',
  help: 'Mean of the differences, their first component around zero, or what tells the sides apart best (steering-vectors).',
  flag: 'aggregator',
});
const OPERATOR = choice('operator', ['add', 'project out', 'project out, then add'], {
  label: 'Operator',
  help: 'Whether the vector is added, or the state loses its part along it, or one after the other.',
  flag: 'operator',
});

export const caa = describeSteering({
  name: 'caa',
  title: 'Difference of means',
  summary: 'Adds the mean difference between two kinds of text to the output of a block.',
  choose: 'for pairs of texts; reads concepts best (AxBench)',
  paper: {
    title: 'Steering Llama 2 via Contrastive Activation Addition',
    authors: 'Rimsky et al. 2024',
    url: 'https://arxiv.org/abs/2312.06681',
  },
  code: 'steering-vectors/steering-vectors 5459bd1',
  data: 'pairs',
  strength: 'coefficient',
  settings: [s.BLOCKS, s.COEFFICIENT, s.UNIT, AGGREGATOR, s.READ_AT, OPERATOR, s.POSITIONS, s.FIRST, s.SEED],
});
