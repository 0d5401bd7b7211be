import { describe } from './method.ts';
import * as s from './settings.ts';

export const locft = describe({
  name: 'locft',
  title: 'LocFT-BF',
  summary: 'Trains the weight of one layer on all facts, one pass after the other; nothing holds what it is not told.',
  choose: 'for many facts that must be said to the end',
  paper: { title: 'Fine-tuning Done Right in Model Editing', authors: 'Yang et al. 2025', url: 'https://arxiv.org/abs/2509.22072' },
  layers: 'one',
  settings: [s.LAYERS, s.EPOCHS, s.TRAINING_RATE, s.BATCH, s.END_TOKEN, s.SEED],
  advice: {
    harmful: { title: 'Use MEMIT', text: 'It weighs what the layers hold already; training weighs nothing but the facts.' },
    weak: { title: 'Give other wordings as facts', text: 'Training learns the words that it is given.' },
    missedOne: { title: 'Train longer', text: 'Raise the epochs or the training rate, and compare the harm.' },
  },
});
