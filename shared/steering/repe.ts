import { choice } from '../methods/setting.ts';
import { describeSteering } from './method.ts';
import * as s from './settings.ts';

const READER = choice('reader', ['pca', 'mean difference', 'cluster mean'], {
  label: 'Reader',
  help: 'First component of shuffled pairs, their mean difference, or the cluster mean as coded (the other way round, twice as long).',
  flag: 'reader',
});
const CONTROL = choice('control', ['add', 'piecewise', 'project out', 'project out positive'], {
  label: 'Control',
  help: 'Adds the direction, adds it to the side on which a state lies, or takes the part along it out.',
  flag: 'control',
});

export const repe = describeSteering({
  name: 'repe',
  title: 'Representation Engineering',
  summary: 'Reads the direction in which pairs of texts differ, layer by layer, and steers along it.',
  choose: 'for pairs of texts, to read a text by as well',
  paper: {
    title: 'Representation Engineering: A Top-Down Approach to AI Transparency',
    authors: 'Zou et al. 2023',
    url: 'https://arxiv.org/abs/2310.01405',
  },
  code: 'andyzoujm/representation-engineering 5455d8a',
  data: 'pairs',
  strength: 'coefficient',
  settings: [s.BLOCKS, s.COEFFICIENT, s.UNIT, READER, CONTROL, s.KEEPS_NORM, s.POSITIONS, s.FIRST, s.SEED],
});
