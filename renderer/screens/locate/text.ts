import type { Change } from '../../../shared/contract/change.ts';
import type { Average } from '../../../shared/contract/fact-traces.ts';
import { type Severed, subjectsSaid } from '../../../shared/tracing.ts';
import { count, percent, plural } from '../../format.ts';

function inPoints(value: number): string {
  return `${value < 0 ? '−' : '+'}${(100 * Math.abs(value)).toFixed(1)} points`;
}

function averaged({ mean, interval }: Average): string {
  return `${percent(mean)}${interval === undefined ? '' : ` ± ${(100 * interval).toFixed(1)}`}`;
}

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
    factTraces:
      'Causal traces of many facts that the model knows, averaged over groups of tokens, each fact counting once. What was traced is ' +
      'kept, so that a run that was stopped goes on where it was.',
    lens: 'What the model would say if it stopped behind each layer: its own final norm and output layer on the state there.',
    attribution: 'What the embedding and each attention and MLP add to the answer’s logit behind the last token. The parts add up to it.',
    attention: 'Which earlier tokens each token looks at, by head of one layer.',
    change:
      'Two versions seen through the lens, behind the text’s last token: where along the layers the new answer takes over from the old.',
    patch:
      'States of this text’s run are put, one at a time, into the run of another text. Where the answer turns into this text’s own, the ' +
      'model holds there what tells the two apart.',
    layers:
      'Where to edit a fact: a causal trace of the MLPs at the subject’s last token, and a short trial edit in each layer by itself. ' +
      'Tracing alone does not predict the best layer (“Does Localization Inform Editing?”, arXiv 2301.04213), so layers are offered ' +
      'where both agree.',
    near: 'Before an edit is made: other prompts whose keys lie near the one that it writes are met with a part of it and may move.',
    ablation:
      'The output of each part is replaced, one place at a time, by zero or by its average. What the answer loses hangs on that place.',
  },
  act: {
    trace: 'Trace',
    factTraces: 'Trace the facts',
    lens: 'Look',
    attribution: 'Take apart',
    attention: 'Show attention',
    change: 'Compare inside',
    patch: 'Patch',
    layers: 'Find layers',
    near: 'Compare keys',
    ablation: 'Ablate',
  },
  working: {
    trace: 'Tracing',
    factTraces: 'Tracing facts',
    lens: 'Looking through the layers',
    attribution: 'Taking the answer apart',
    attention: 'Reading attention',
    change: 'Comparing inside',
    patch: 'Patching',
    layers: 'Tracing and trying layers',
    near: 'Comparing keys',
    ablation: 'Ablating',
  },
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
    `“${answer.trim()}” has ${percent(high)}; with the subject as noise ${percent(low)}, the mean of ${plural(samples, 'run')}.`,
  noise: (level: number, deviation: number, subjects: number, seed: number) =>
    `Noise ${level} × ${deviation.toPrecision(3)}, the deviation of the embeddings of ${subjectsSaid(subjects)}; seed ${seed}.`,
  windowed: (window: number) => `MLP and attention outputs of ${window === 1 ? 'one layer' : `${window} layers`} together.`,
  severedLabel: 'Severed',
  severedHint: 'The state at the subject’s last token put back while that token’s MLPs or attention stay as in the noisy run.',
  severed: { '': 'No', meant: 'Yes, with the same noise in both runs', coded: 'Yes, noise drawn anew as in the published code' },
  severedTitle: (how: Severed) =>
    'Severed: the state at the subject’s last token restored, ' +
    (how === 'meant' ? 'same noise in both runs' : 'noise drawn anew, as published'),
  severedSeries: ['Not severed', 'MLPs severed', 'Attention severed'],
  severedAbout: 'In points of probability. What falls when the MLPs are severed reached the answer through them.',

  own: 'Facts of the model’s own',
  ownHint: 'So many of those that came with it, evenly.',
  factFile: 'Facts of a file instead',
  factsOf: (name: string, facts: number) => `${name}, ${plural(facts, 'fact')}`,
  group: 'Tokens',
  groupName: (label: string, facts: number) => `${label} (${count(facts)})`,
  noFacts: 'no fact has such a token',
  average: (mean: number, interval: number | undefined, facts: number) =>
    `${inPoints(mean)}${interval === undefined ? '' : ` ± ${(100 * interval).toFixed(1)}`}, ${plural(facts, 'fact')}`,
  intervals: '± half of the 95 % interval of the mean over facts.',
  factsSay: (traced: number, source: string, resumed: number, skipped: number) =>
    `${plural(traced, 'fact')} traced, from ${source}` +
    `${resumed > 0 ? `; ${count(resumed)} of them known from an earlier run` : ''}` +
    `${skipped > 0 ? `; ${plural(skipped, 'fact')} left out, since the model answers something else` : ''}.`,
  averagesSay: (high: Average, low: Average, samples: number) =>
    `The answer has ${averaged(high)}; with the subject as noise ${averaged(low)}, the mean of ${plural(samples, 'run')} each.`,
  skipped: (facts: number) => `${plural(facts, 'fact')} left out`,
  expected: 'Expected',

  points: inPoints,
  cell: (token: string, layer: string, says: string) => `${token}, layer ${layer}: ${says}`,
  scored: (effect: string, score: number) => `${effect} (the answer has ${percent(score)})`,

  placeName: (at: number) => (at === 0 ? 'before' : String(at - 1)),
  layerName: (layer: number) => `Layer ${layer}`,
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

  tunedFile: 'Tuned lens',
  tunedHint: 'Translators of this model as safetensors. Without them it is the logit lens.',
  tunedBy: (file: string) => `Through the tuned lens ${file}.`,

  newAnswer: 'New answer',
  newHint: 'By its first token. Empty: what the version says.',
  oldAnswer: 'Old answer',
  oldHint: 'Empty: what the version compared with says.',
  there: 'The other version',
  leadTitle: (now: string, old: string) => `Lead of “${now.trim()}” over “${old.trim()}” behind each layer, logits`,
  leadAbout: 'Lead: the logit of the new answer less that of the old one, by the logit lens.',
  takesLead: (version: string, { old, new: now }: Change['answers'], place: number | null) =>
    `${version}: ${
      place === null
        ? `“${now.text.trim()}” does not outrank “${old.text.trim()}” in the end.`
        : place === 0
          ? `“${now.text.trim()}” outranks “${old.text.trim()}” from the start.`
          : `“${now.text.trim()}” outranks “${old.text.trim()}” behind layer ${place - 1} and after it.`
    }`,
  changeTable: (version: string) => `Both answers behind each layer, ${version}`,
  klBetween: 'KL between the versions, nats',

  target: 'New answer',
  targetHint: 'What the edit would write.',
  method: 'Method',
  agree: (layers: readonly number[]) => `Trace and trial agree on ${layers.length === 1 ? 'layer' : 'layers'} ${layers.join(', ')}.`,
  useLayers: (layers: readonly number[]) => `Use ${layers.length === 1 ? 'layer' : 'layers'} ${layers.join(', ')} in the edit form`,
  agreeOnNone: 'Trace and trial agree on no layer. Trust the trials, and check the edit.',
  tellsNothing: 'Restoring MLPs brings nothing back here, so the trace tells no layer from another. Trust the trials, and check the edit.',
  levelUsed: (level: number, window: number) =>
    `Noise of ${Number(level.toPrecision(3))} standard deviations: as asked or, where that tells nothing, two thirds or a third; ` +
    `MLP outputs of ${window === 1 ? 'one layer' : `${window} layers`} together.`,
  trials: (steps: number) => `Trials of ${plural(steps, 'step')}.`,
  notAlone: 'Tracing alone does not predict the best layer to edit (arXiv 2301.04213).',
  layersTable: 'Trace and trial by layer',
  effectTitle: 'Trace: points that the MLPs around each layer bring the answer back by',
  trialTitle: 'Trial: an edit in each layer alone, 1 is perfect',
  effect: 'Trace, points',
  drift: 'Drift, nats',
  trial: 'Trial',
  both: 'Both',

  counterfactual: 'The other text',
  counterfactualHint: 'Such as the same about another subject.',
  counterfactualExample: 'The capital of Italy is',
  answerToOne: 'Answer to the text above',
  answerToOther: 'Answer to the other text',
  answersToBoth: 'By first tokens; both or neither. Empty: the model’s own.',
  kinds: { patch: 'What is put in place', ablation: 'What is replaced' },
  outcome: (answers: readonly string[], probabilities: readonly number[]) =>
    `${answers.map((answer, at) => `“${answer.trim()}” ${percent(probabilities[at]!)}`).join(', ')}.`,
  fromTheEnd: 'The texts differ in length; tokens are aligned from the end.',
  restoredAbout: (own: string, other: string) =>
    `How much of the way from “${other.trim()}” to “${own.trim()}” is covered, by the difference of their logits: 0 none of it, 100 all.`,
  share: (value: number) => `${(100 * value).toFixed(0).replace('-', '−')} of 100`,
  nothingThere: 'nothing to put there',
  howLabel: 'Put in its place',
  how: { zero: 'Zero', mean: 'Its average over texts of the model’s own' },
  put: (how: 'zero' | 'mean', texts: number) =>
    how === 'zero' ? 'Zero is put in each place.' : `The average over ${plural(texts, 'text')} is put in each place.`,
  ablated: (title: string, answer: string) => `${title}: what “${answer.trim()}” gains or loses`,

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
