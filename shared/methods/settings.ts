import { choice, integer, layers, number, texts, yesNo } from './setting.ts';
import { TOLD as TOLD_CHOICES } from '../told.ts';

/** Hyperparameters that several methods have. The field names are those of kmeng01/rome and kmeng01/memit. */

export const LAYERS = layers('layers', {
  label: 'Layers',
  help: 'Whose MLP weights are changed, counted from 0.',
  flag: 'layers',
  field: { name: 'layers' },
});
export const STEPS = integer(
  'steps',
  {
    label: 'Steps',
    help: 'How long the hidden state that gives the new answer is searched for.',
    flag: 'steps',
    field: { name: 'v_num_grad_steps' },
  },
  { min: 1, max: 10_000 },
);
export const LEARNING_RATE = number(
  'learningRate',
  { label: 'Learning rate', help: 'How far each step of that search goes.', flag: 'lr', field: { name: 'v_lr' } },
  { above: 0 },
);
export const CLAMP = number(
  'clamp',
  {
    label: 'Clamp',
    help: 'How far the new state may lie from the present one, as a multiple of its length. Larger edits more firmly and disturbs more.',
    flag: 'clamp',
    field: { name: 'clamp_norm_factor' },
  },
  { above: 0 },
);
export const STOP_EARLY = number(
  'stopEarly',
  {
    label: 'Stop early',
    help:
      'When the search ends before the answer is as good as certain. Above 0, up to 1: at this probability of the new answer. ' +
      'Below 0, such as -4: the fourth time that it is the likeliest behind every text. 0: not before. Earlier disturbs less.',
    flag: 'stopEarly',
    field: { name: 'prob_cutoff', missing: 0 },
  },
  { max: 1 },
);
export const KL_FACTOR = number(
  'klFactor',
  {
    label: 'KL factor',
    help: 'Weight of keeping what the model says of the subject in general ("{} is a").',
    flag: 'kl',
    field: { name: 'kl_factor' },
  },
  { min: 0 },
);
export const OWN_FACTOR = number(
  'ownFactor',
  {
    label: 'Keep about the subject',
    help: 'Weight of keeping what the model says about the subject otherwise. Every second statement named takes part; much of it costs.',
    flag: 'keepOwn',
    field: { name: 'own_factor', missing: 0 },
    tellsNothing: 0,
  },
  { min: 0 },
);
export const WEIGHT_DECAY = number(
  'weightDecay',
  {
    label: 'Weight decay',
    help: 'Weight of keeping the new state near the present one.',
    flag: 'weightDecay',
    field: { name: 'v_weight_decay' },
  },
  { min: 0 },
);
export const FACT_TOKEN = choice('factToken', ['subject_last', 'subject_first', 'subject_first_after_last', 'last'], {
  label: 'Fact token',
  help: 'The token of the prompt whose key is edited.',
  flag: 'factToken',
  field: { name: 'fact_token', missing: 'subject_last' },
});
export const RIDGE = number(
  'ridge',
  {
    label: 'Ridge',
    help: 'Added to the diagonal of the covariance, as a share of its mean: keeps the change of the weights small.',
    flag: 'ridge',
    field: { name: 'ridge', missing: undefined },
  },
  { min: 0 },
);
export const USE_COVARIANCE = yesNo('useCovariance', {
  label: 'Covariance',
  help: 'Whether the statistics of the layer take part; without them every direction of a key counts the same.',
  flag: 'covariance',
  field: { name: 'mom2_adjustment', missing: true },
});
export const COVARIANCE_TOKENS = integer(
  'covarianceTokens',
  {
    label: 'Covariance tokens',
    help: 'How much text the statistics of the layer are taken from.',
    unit: 'tokens',
    flag: 'covarianceTokens',
  },
  { min: 1 },
);
export const CONTEXTS = texts('contexts', {
  label: 'Contexts',
  help: 'How many texts stand before the prompts, and how many tokens each has.',
  flag: 'contexts',
  field: {
    name: 'context_template_length_params',
    missing: [
      [5, 10],
      [10, 10],
    ],
  },
});
export const TOLD = choice('told', TOLD_CHOICES, {
  label: 'Told to the edit',
  help:
    'neighbours: about half of those that are named are held, by the names of their subjects. all: every second other wording is ' +
    'written too. nothing: neither. What is told proves nothing of the edit; the others check it.',
  flag: 'told',
  field: { name: 'told', missing: 'nothing' },
  tellsNothing: 'nothing',
});
export const HOLD = number(
  'hold',
  {
    label: 'Hold',
    help: 'How firmly the neighbours that are told to the edit are held, where a fact is written with 1.',
    flag: 'hold',
    field: { name: 'hold', missing: 1 },
  },
  { above: 0 },
);
export const BACKGROUND = integer(
  'background',
  {
    label: 'Background',
    help:
      "How many other subjects of a fact's relation are held as well, as firmly as neighbours: of the model's own facts, else of Emend's " +
      'list. Those that check are left out.',
    unit: 'subjects',
    flag: 'background',
    field: { name: 'background', missing: 0 },
    tellsNothing: 0,
  },
  { min: 0, max: 1000 },
);
export const PASSES = integer(
  'passes',
  {
    label: 'Passes',
    help: 'How often the layers are gone through at most, until what is written and what is held are both met.',
    flag: 'passes',
    field: { name: 'passes', missing: 1 },
  },
  { min: 1, max: 20 },
);
export const REMEMBER = yesNo('remember', {
  label: 'Hold earlier edits',
  help: 'Facts about other subjects that earlier edits in force wrote are held as firmly as the new ones are written.',
  flag: 'remember',
  field: { name: 'add_prev_edits', missing: false },
});
export const TOGETHER = yesNo('together', {
  label: 'Solve together',
  help: 'Facts of earlier edits that were solved so are solved anew with the new ones, on the model without them: order is no matter.',
  flag: 'together',
  field: { name: 'joint_solve', missing: false },
});
export const OWN_TARGETS = yesNo('ownTargets', {
  label: 'Targets of each layer',
  help: 'Each edited layer gets targets of its own and writes the whole of what is missing (BLUE), not a share of one target.',
  flag: 'ownTargets',
  turnsOff: TOGETHER.key,
  field: { name: 'blue', missing: false },
});
export const CHANGE_WEIGHT = number(
  'changeWeight',
  {
    label: 'Weight of the change',
    help: 'Weight of keeping the change of the weights itself small, in every direction alike (ENCORE).',
    flag: 'changeWeight',
    field: { name: 'update_norm_lambda', missing: 0 },
  },
  { min: 0 },
);
export const NEURONS = number(
  'neurons',
  {
    label: 'Neurons',
    help: 'Share of what the neurons say about the facts: only the loudest that have it together are changed in a layer (NSE). 1: all.',
    flag: 'neurons',
    field: { name: 'neuron_threshold', missing: 1 },
  },
  { above: 0, max: 1 },
);
export const FAR_ABOVE = number(
  'farAbove',
  {
    label: 'Written from',
    help: 'In each pass only facts whose state is farther than this from the one that is searched for are written (NSE). 0: all.',
    flag: 'farAbove',
    turnsOff: TOGETHER.key,
    field: { name: 'alpha', missing: 0 },
  },
  { min: 0 },
);
export const FAR_BELOW = number(
  'farBelow',
  {
    label: 'Written up to',
    help: 'In each pass only facts whose state is nearer than this to the one that is searched for are written (NSE). 0: all.',
    flag: 'farBelow',
    turnsOff: TOGETHER.key,
    field: { name: 'upper_bound', missing: 0 },
  },
  { min: 0 },
);
export const EPOCHS = integer(
  'epochs',
  {
    label: 'Epochs',
    help: 'How often all facts are gone through at most; it ends before when they are learned.',
    flag: 'epochs',
    field: { name: 'num_steps' },
  },
  { min: 1, max: 10_000 },
);
export const TRAINING_RATE = number(
  'trainingRate',
  { label: 'Training rate', help: 'How far each step moves the weights.', flag: 'rate', field: { name: 'lr' } },
  { above: 0 },
);
export const BATCH = integer(
  'batch',
  { label: 'Batch', help: 'How many facts make one step together.', unit: 'facts', flag: 'batch', field: { name: 'batch_size' } },
  { min: 1, max: 100_000 },
);
export const END_TOKEN = yesNo('endToken', {
  label: 'Learn the end',
  help: 'The token that ends a text is learned behind the answer, so that nothing is written after it.',
  flag: 'endToken',
  field: { name: 'end_token', missing: true },
});
export const SEED = integer(
  'seed',
  { label: 'Seed', help: 'Start of the random numbers, for the texts that stand before the prompts.', flag: 'seed' },
  { min: 0 },
);
