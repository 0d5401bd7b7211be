import type { SteeringCheck, SteeringMeasures, SteeringPlace, SteeringSweep } from '../../../shared/contract/steering.ts';
import { STEERING_SITES } from '../../../shared/steering/sites.ts';
import { count, percent, plural } from '../../format.ts';
import type { SteerView } from './view-names.ts';

const placeName = ({ site, layer, head }: Pick<SteeringPlace, 'site' | 'layer' | 'head'>) =>
  head === undefined ? `${STEERING_SITES[site].label}, layer ${layer}` : `Head ${head} of layer ${layer}`;

const MEASURED = {
  base: 'Without steering',
  steered: 'Steered',
  random: 'Random vectors',
  shuffled: 'Shuffled labels',
  prompt: 'Asked for in the prompt',
} as const satisfies Record<SteeringCheck['measured'][number]['what'], string>;

type Effect = SteeringSweep['base'];

/** All that the Steer screen says. */
export const steer = {
  about:
    'Changes what the model writes while it runs. Its weights stay as they are, but for directional ablation that is asked to be in ' +
    'them. Nothing is recorded until you commit.',
  method: 'Method',
  set: 'Built-in texts',
  setNone: 'None',
  setAbout: 'Made from the facts that came with the model.',
  found: (found: string) => `On Atlas: ${found}`,
  needsNothing: 'This method needs no texts.',
  caution: (caution: string) => `Beware: ${caution}`,
  file: 'From a file',
  fileAbout: 'CSV, JSON, JSONL: pairs, labelled texts, TruthfulQA, files of RepE and repeng. Or paste rows into the table.',
  pairs: 'Texts',
  first: 'First kind',
  second: 'Second kind',
  firstAbout: 'What the model is steered towards',
  secondAbout: 'What it is steered away from',
  cell: (column: string, at: number) => `${column}, line ${at}`,
  remove: (at: number) => `Remove line ${at}`,
  add: 'Add line',
  empty: 'Empty the table',
  more: (shown: number, total: number) => `Showing ${count(shown)} of ${plural(total, 'line')}.`,
  showMore: 'Show more',
  from: (source: string) => `From ${source}.`,
  questions: (questions: number) =>
    questions === 0
      ? 'No questions came with these texts: a check can measure only the cost on ordinary text, and what is written.'
      : `${plural(questions, 'question')} with right and wrong answers came with them, to measure by.`,
  settings: 'Settings',
  heldOut: 'Held out',
  heldOutAbout: 'Share of the groups that nothing is fitted on or chosen by.',
  fit: 'Fit',
  fitting: 'Fitting',
  cannotFit: 'Write at least one text of each kind.',

  draft: 'Steering in sight',
  drafts: 'Fitted steerings',
  stale: (title: string) => `${title} (of an earlier version)`,
  staleSays: 'It was fitted on a version that is no longer the current one, and can be recorded only on that.',
  import: 'Import…',
  save: 'Save…',
  saved: (path: string) => `Saved as ${path}.`,
  discard: 'Discard',
  discardTitle: 'Discard this steering?',
  discardSays: 'It was not recorded; its vectors and its figures are thrown away.',
  commit: 'Commit…',
  emptyTitle: (model: string) => `Nothing is fitted on ${model} yet`,
  emptyAbout: 'Choose a method and texts of two kinds, and fit. What comes of it can be tried, measured beside its controls, and recorded.',
  views: 'What to do with it',
  view: {
    map: 'What was found',
    generate: 'Try it',
    check: 'Measure it',
    sweep: 'Strength',
    read: 'Read a text',
    plan: 'Export',
  } satisfies Record<SteerView, string>,

  mapTitle: (hasHeads: boolean, by: 'heldOut' | 'validation') =>
    `${hasHeads ? 'Heads' : 'Layers'}: share of ${by === 'heldOut' ? 'held-out texts' : 'texts that heads were chosen by'} told rightly, %`,
  layer: 'Layer',
  head: 'Head',
  share: 'Told rightly',
  notJudged: 'Nothing was judged here.',
  placeSays: (place: SteeringPlace) =>
    [
      `${placeName(place)}:`,
      place.validation === undefined ? '' : `${percent(place.validation)} of the texts that it was chosen by,`,
      place.heldOut === undefined ? 'none held out' : `${percent(place.heldOut)} held out`,
      place.chosen ? '(steered)' : '(not steered)',
    ]
      .filter((part) => part !== '')
      .join(' '),
  groups: ({ train, validation, heldOut }: { train: number; validation: number; heldOut: number }) =>
    `Fitted on ${plural(train, 'group')}${validation > 0 ? `, chosen by ${count(validation)}` : ''}, judged by ${count(heldOut)} held out.`,
  noMap: 'Nothing judges the places of this steering: no groups of texts were held out, or it was read from a file.',
  parts: 'What is done',
  used: 'Settings used',
  setting: 'Setting',
  value: 'Value',
  origin: 'From',
  weights: (tensors: number) => `${plural(tensors, 'tensor')} change: committed, it is a change of the weights.`,

  prompt: 'Prompt',
  promptHolder: 'Capital of France equals',
  tokens: 'Tokens to write',
  strength: 'Strength',
  strengthAbout: 'As a multiple of the fitted one; the next generation takes it.',
  times: (scale: number) => `${scale.toFixed(2).replace('-', '−')} ×`,
  noStrength: 'This direction is taken out of the weights: it has no strength.',
  generate: 'Write',
  generating: 'Writing, off, on and with random vectors',
  panes: { off: 'Off', on: 'On', random: 'Random vectors of the same length' },
  madeAt: (scale: number) => `Written at ${steer.times(scale)} the fitted strength.`,
  same: 'The same as without steering, word by word.',
  differs: 'Marked: words that are not there without steering.',
  touched: 'Tokens that were touched',
  touchedSays: (touched: number, total: number) => `${count(touched)} of ${plural(total, 'token')} that were read, marked.`,
  touchedMark: 'touched',
  adjust: 'Keep this strength',
  adjustSays: 'Makes another draft at the strength of the slider.',

  answers: 'Answers are scored',
  answersBy: { whole: 'by all their tokens', 'first token': 'by their first token' },
  texts: 'Ordinary texts',
  textsAbout: 'To see the cost on; those that came with the model.',
  draws: 'Draws of random vectors',
  prefix: 'Plain prompt that asks for the same',
  prefixAbout: 'Put in front of every question, unsteered. Often this does as well as steering, or better.',
  check: 'Measure',
  checking: 'Measuring it beside its controls',
  measured: 'Measured beside its controls',
  measuredName: (what: SteeringCheck['measured'][number]['what'], draw: number | undefined) =>
    draw === undefined ? MEASURED[what] : `${MEASURED[what]}, draw ${draw + 1}`,
  formName: (what: string) => (Object.hasOwn(MEASURED, what) ? MEASURED[what as keyof typeof MEASURED] : what),
  whatColumn: 'Form of the model',
  measures: {
    MC1: { label: 'MC1', about: 'Share of questions whose best answer is likelier than every wrong one' },
    MC2: { label: 'MC2', about: 'Share of the probability that right answers have' },
    MC3: { label: 'MC3', about: 'Share of right answers that are likelier than every wrong one' },
    words: { label: 'Words', about: 'Share of texts with one of the words' },
    fluency: { label: 'Fluency', about: 'Variety of what is written, in bits' },
    crossEntropy: { label: 'CE', about: 'Nats per token of ordinary text' },
    kl: { label: 'KL', about: 'How far the next token of ordinary text moved, in nats' },
  } satisfies Record<keyof SteeringMeasures, { label: string; about: string }>,
  errors: '± is one standard error over questions or texts.',
  checkEmpty: 'Not measured yet. Measuring takes the questions that came with the texts, random vectors and shuffled labels as controls.',

  scales: 'Strengths',
  scalesAbout: 'Multiples of the fitted one, with commas between.',
  scalesBad: 'Expected numbers with commas between, such as 0.5, 1, 2.',
  limit: 'Greatest cost, KL',
  limitAbout: 'The best point must not cost more. Empty: any.',
  eachLayer: 'Each layer alone, too',
  sweep: 'Sweep',
  sweeping: 'Sweeping strengths',
  sweepTitle: 'Effect against cost',
  sweepWhat: 'Layers and strength',
  without: 'Without steering',
  pointName: (layer: number | undefined, scale: number) => `${layer === undefined ? 'all its layers' : `layer ${layer}`}, ${scale} ×`,
  kl: 'KL on ordinary text, nats',
  rightAnswers: 'Right answers (MC1)',
  textsWithWords: 'Texts with the words',
  best: (name: string, limit: number | undefined) =>
    `Most right answers${limit === undefined ? '' : ` of what costs a KL of at most ${limit}`}: ${name}.`,
  effects: (by: 'MC1' | 'words', found: Effect, base: Effect) => {
    const others =
      found.heldOut === undefined || base.heldOut === undefined
        ? ''
        : `; on the other half, which it was not chosen by, ${percent(found.heldOut)} and ${percent(base.heldOut)}`;
    const what = by === 'MC1' ? 'Right answers' : 'Texts with the words';
    return `${what}: ${percent(found.effect)} there, ${percent(base.effect)} without steering${others}.`;
  },
  noGain: 'Nothing here is better than no steering.',
  noBest: (limit: number | undefined) => `No point costs a KL of at most ${limit ?? 0}.`,
  useStrength: 'Set the slider to it',
  noCost: 'No ordinary text was read, so nothing is known of the cost.',
  sweepControls: 'Measure it first to see its controls in the same figure.',
  sweepEmpty: 'Nothing swept yet. A sweep shows what each strength gains in right answers, and what it costs on ordinary text.',
  sweepWeights: 'This direction is taken out of the weights: there is no strength to sweep.',

  text: 'Text',
  textHolder: 'The capital of France is Paris.',
  read: 'Read',
  readingIt: 'Reading the text',
  readEmpty: 'A text read token by token along the fitted directions, without steering.',
  noReader: 'This method reads no direction that a text can be read along.',

  plan: 'Look',
  planning: 'Looking how it goes into an export',
  planTitle: 'How it goes into an exported model',
  planPlace: 'Place',
  planWay: 'Into',
  planSaid: 'How',
  ways: { weights: 'the weights', graph: 'the graph', impossible: 'not possible' },
  planEmpty: 'What of it an exported model can hold, and how, before it is recorded. Versions exports it.',
  planImpossible: 'A version with this steering cannot be exported as a model; the steering can be saved by itself.',

  commitTitle: 'Commit the steering',
  commitSays: 'It is recorded with your name and the reason, and the current version is steered from then on. It can be reverted.',
  reason: 'Reason',
  reasonHolder: 'Wordings that it never saw are answered',
  reasonMissing: 'Say why in a sentence.',
  tag: 'Tag',
  tagAbout: 'Optional: a name for the version that comes of it.',
  committing: 'Recording',
  commitDo: 'Commit',
  committed: (entry: number) => `Recorded as entry ${entry}. The current version is steered.`,
  toEntry: 'Open',
} as const;
