import { choice } from '../methods/setting.ts';
import { describeSteering } from './method.ts';
import * as s from './settings.ts';

const CENTERING = choice('centering', ['pca_diff', 'pca_center'], {
  label: 'Component of',
  help: 'The differences less their mean, as coded, which takes much of the concept out; or the states around the middle of each pair.',
  flag: 'centering',
});

export const repeng = describeSteering({
  name: 'repeng',
  title: 'Control vector',
  summary: 'One direction for each block but the first, as repeng makes them and llama.cpp reads them.',
  choose: 'for vectors that go to llama.cpp',
  paper: {
    title: 'Representation Engineering Mistral-7B an Acid Trip',
    authors: 'Vogel 2024',
    url: 'https://vgel.me/posts/representation-engineering/',
  },
  code: 'vgel/repeng 0ba7196',
  data: 'pairs',
  strength: 'coefficient',
  settings: [s.BLOCKS, s.COEFFICIENT, s.UNIT, CENTERING, s.KEEPS_NORM, s.SEED],
  caution:
    'As coded (pca_diff) the differences lose their mean, and with it the concept where all pairs differ alike; pca_center keeps it.',
});
