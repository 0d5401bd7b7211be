import { choice, layers, number, yesNo } from '../methods/setting.ts';
import { DIVERGENCES, DOLA_SCORINGS } from './intervention.ts';
import { describeSteering } from './method.ts';

const BUCKET = choice('bucket', ['low', 'high', 'all', 'chosen'], {
  label: 'Bucket',
  help: 'Exits to choose from at each token: every other of the lower or the upper half, all, or those named. One is static.',
  flag: 'bucket',
});
const EXITS = layers('exits', {
  label: 'Exits',
  help: 'Those of a chosen bucket: 0 the embeddings, j the output of block j − 1.',
  flag: 'exits',
});
const RELATIVE_TOP = number(
  'relativeTop',
  {
    label: 'Plausible from',
    help: 'Tokens below this share of the greatest probability are ruled out; 0 rules none out.',
    flag: 'relativeTop',
  },
  { min: 0, max: 1 },
);
const PENALTY = number(
  'repetitionPenalty',
  { label: 'Repetition penalty', help: 'Of tokens that the text has already, on the contrasted scores.', flag: 'repetitionPenalty' },
  { above: 0 },
);
const NORM = yesNo('norm', { label: 'Final norm', help: 'Whether exits pass the final norm; as published they do not.', flag: 'norm' });
const DIVERGENCE = choice('divergence', DIVERGENCES, {
  label: 'Divergence',
  help: 'By which the exit is chosen: as coded (arguments exchanged), or Jensen-Shannon as the paper says.',
  flag: 'divergence',
});
const SCORING = choice('scoring', DOLA_SCORINGS, {
  label: 'Scoring',
  help: "How given answers are scored: differences of raw logits, or masked and normalised: the authors' settings for two benchmarks.",
  flag: 'scoring',
});

export const dola = describeSteering({
  name: 'dola',
  title: 'DoLa',
  summary: 'Prefers tokens whose probability rises between an earlier layer and the last one.',
  choose: 'without any data',
  paper: {
    title: 'DoLa: Decoding by Contrasting Layers Improves Factuality in Large Language Models',
    authors: 'Chuang et al. 2024',
    url: 'https://arxiv.org/abs/2309.03883',
  },
  code: 'voidism/DoLa 805230e',
  data: 'nothing',
  settings: [BUCKET, EXITS, RELATIVE_TOP, PENALTY, NORM, DIVERGENCE, SCORING],
  caution: 'On small models it harms more often than it helps; each token costs one more product with the vocabulary for each exit.',
});
