import { describe } from './method.ts';
import { choice } from './setting.ts';
import * as s from './settings.ts';

const KEY = choice('key', ['averaged', 'mixed'], {
  label: 'Key',
  help: 'One averaged key throughout (arXiv 2403.07175), or the mixture of the first published code.',
  flag: 'key',
});

export const rome = describe({
  name: 'rome',
  title: 'ROME',
  summary: 'Writes each fact as one change of rank one into one layer.',
  choose: 'for single facts',
  paper: { title: 'Locating and Editing Factual Associations in GPT', authors: 'Meng et al. 2022', url: 'https://rome.baulab.info/' },
  layers: 'one',
  cannotTell: {
    choice: 'all',
    message: 'ROME writes one key for each fact; other wordings cannot be told to it.',
    hint: 'Tell it neighbours alone, or use MEMIT.',
  },
  settings: [
    s.LAYERS,
    s.STEPS,
    s.LEARNING_RATE,
    s.CLAMP,
    s.STOP_EARLY,
    s.KL_FACTOR,
    s.OWN_FACTOR,
    s.WEIGHT_DECAY,
    KEY,
    s.TOLD,
    s.HOLD,
    s.BACKGROUND,
    s.USE_COVARIANCE,
    s.COVARIANCE_TOKENS,
    s.RIDGE,
    s.FACT_TOKEN,
    s.CONTEXTS,
    s.SEED,
  ],
  advice: {
    harmful: { title: 'Use MEMIT', text: 'It spreads the change over several layers and disturbs each one less.' },
    weak: { title: 'Use MEMIT', text: 'A change over several layers often holds better in other words.' },
  },
});
