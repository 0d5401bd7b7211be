import { subjectsSaid } from '../../../shared/tracing.ts';
import { percent } from '../../format.ts';

/** What the Locate screen says. */
export const locate = {
  prompt: 'Text before the answer',
  placeholder: 'The capital of France is',
  subject: 'Subject',
  subjectHint: 'What the text is about, as it stands there.',
  subjectExample: 'France',
  answers: 'Answers to follow',
  answersHint: 'With commas between; by their first token. Empty: the model’s own.',
  views: 'What to look at',
  about: {
    trace:
      'The subject is drowned in noise, and states of the undisturbed run are put back one place at a time. ' +
      'Where the answer returns, the model carries it through that place. ' +
      'This alone does not tell which layer is best to edit (“Does Localization Inform Editing?”, arXiv 2301.04213).',
    lens: 'What the model would say if it stopped behind each layer: its own final norm and output layer on the state there.',
    attribution: 'What the embedding and each attention and MLP add to the answer’s logit behind the last token. The parts add up to it.',
    attention: 'Which earlier tokens each token looks at, by head of one layer.',
  },
  act: { trace: 'Trace', lens: 'Look', attribution: 'Take apart', attention: 'Show attention' },
  working: { trace: 'Tracing', lens: 'Looking through the layers', attribution: 'Taking the answer apart', attention: 'Reading attention' },
  needsSubject: 'Say what the text is about, as it stands in it.',
  settings: 'Settings',
  level: 'Noise, in standard deviations',
  samples: 'Noisy runs',
  seed: 'Seed',
  window: 'Layers put back together',
  windowHint: 'Of MLP and attention outputs. Empty: 10 of 48 layers, scaled to this model.',
  layer: 'Layer',
  head: 'Head',
  meanOfHeads: 'Mean of all heads',
  headName: (head: number) => `Head ${head}`,
  word: 'Answer',

  stale: 'Made with other words or another version than those above.',
  difference: 'Difference',
  noDifference: 'The two versions answer differently here. Name an answer to follow to see the difference.',
  token: 'Token',
  layers: 'Layer',
  heads: 'Head',
  keys: 'Token looked at',
  traceSays: (answer: string, high: number, low: number, samples: number) =>
    `“${answer.trim()}” has ${percent(high)}; with the subject as noise ${percent(low)}, the mean of ${samples} runs.`,
  noise: (level: number, deviation: number, subjects: number, seed: number, window: number) =>
    `Noise ${level} × ${deviation.toPrecision(3)}, the deviation of the embeddings of ${subjectsSaid(subjects)}; ` +
    `seed ${seed}; MLP and attention outputs of ${window === 1 ? 'one layer' : `${window} layers`} together.`,
  points: (value: number) => `${value < 0 ? '−' : '+'}${(100 * Math.abs(value)).toFixed(1)} points`,
  cell: (token: string, layer: string, says: string) => `${token}, layer ${layer}: ${says}`,
  scored: (effect: string, score: number) => `${effect} (the answer has ${percent(score)})`,

  before: 'before',
  says: 'Says',
  probability: 'Probability',
  rank: 'Rank',
  kl: 'KL to the end, nats',
  behind: 'Behind the token',
  lensTable: (version: string) => `Lens, ${version}`,
  chance: (word: string) => `Probability of “${word.trim()}” behind each layer`,
  takesOver: (word: string, layer: number | undefined) =>
    layer === undefined
      ? `“${word.trim()}” is not the first answer at the end.`
      : layer < 0
        ? `“${word.trim()}” is the first answer from the start.`
        : `“${word.trim()}” is the first answer behind layer ${layer} and after it.`,

  bars: (version: string) => `What each part adds, ${version}`,
  headsTitle: (word: string) => `What each head adds to “${word.trim()}”`,
  noHeads: 'Heads cannot be told apart in this model: a norm stands behind its attention.',
  embedding: 'Embedding',
  attentionOf: (layer: number) => `Layer ${layer} attention`,
  mlpOf: (layer: number) => `Layer ${layer} MLP`,
  biases: 'Biases',
  together: 'Together',
  sums: (residue: number) => `The parts add up to the logits within ${residue.toExponential(1)}.`,
  attentionTitle: (layer: number, head: string) => `Attention of layer ${layer}, ${head}`,

  emptyTitle: (name: string) => `See where ${name} holds something`,
  emptyAbout: 'Write a text up to its answer and name what it is about.',
  examples: 'Try one of these',
  exampleList: [
    { prompt: 'Eiffel Tower is in the city of', subject: 'Eiffel Tower' },
    { prompt: 'The capital of Norway is', subject: 'Norway' },
    { prompt: 'The mother tongue of Claude Debussy is', subject: 'Claude Debussy' },
  ],
} as const;
