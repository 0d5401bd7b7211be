import type { Dissected } from '../../../shared/contract/dissecting.ts';
import { shortId } from '../../../shared/ids.ts';
import { count, plural } from '../../format.ts';

/** What the Dissect screen says. */
export const dissect = {
  what: 'What is dissected',
  kinds: { language: 'This model', images: 'An image classifier' },
  concepts: 'Concepts',
  conceptsFrom: { own: 'Of the facts that came with the model', facts: 'Of a file of facts', labels: 'Of a table of labels' },
  conceptsHint: {
    own: 'Kinds of subjects, relations, and kinds of objects. A model without facts of its own needs a file.',
    facts: 'Kinds of subjects where the file has them, relations, and kinds of objects.',
    labels:
      'Columns: text, span, category, concept; or document, position, token, category, concept, with the texts in a file of their own.',
  },
  facts: 'Facts',
  labels: 'Labels',
  texts: 'Texts',
  graph: 'Classifier (.onnx)',
  data: 'Data set (the folder with index.csv)',
  tokens: 'Tokens',
  tokensHint: 'With fewer than 5,000 chance can find detectors too.',
  layers: 'Layers',
  layersHint: 'Numbers with commas between; all when empty.',
  layersBad: 'Write whole numbers with commas between, such as 0, 3, 4.',
  layer: 'Layer',
  lastLayer: 'The last convolution, behind its activation',
  go: 'Dissect',
  working: 'Dissecting',

  emptyTitle: (name: string) => `Find what the units of ${name} stand for`,
  emptyAbout:
    'Each neuron is on where it is strongest: at 0.5% of the tokens. If these overlap the tokens of one concept well enough, it is a ' +
    'detector of that concept. The same is done with shuffled labels, so that one sees how much is chance.',
  emptyImages:
    'Each channel of a convolution is on at the 0.5% of places where it is strongest. If these overlap the labelled regions of one ' +
    'concept well enough, it is a detector of that concept. The same is done with shuffled labels, so that one sees how much is chance.',

  title: (model: string) => `Units of ${model}`,
  made: ({ kind, documents, leftOut, places, concepts, source }: Dissected) =>
    kind === 'language'
      ? `${plural(concepts.length, 'concept')} of ${source}, on ${plural(places, 'token')} of ` +
        `${count(documents)} of ${plural(documents + leftOut, 'text')}`
      : `${plural(concepts.length, 'concept')} of ${source}, on ${plural(documents, 'picture')}`,
  ofVersion: (version: string) => (version === 'base' ? 'version: base' : `version ${shortId(version)}`),
  byLayer: 'Detectors by layer',
  control: (shuffles: number) => `With shuffled labels (${plural(shuffles, 'shuffle')})`,
  columns: { layer: 'Layer', units: 'Units', undecided: 'Undecided', detectors: 'Detectors', concepts: 'Concepts' },
  undecidedAbout:
    'Undecided units have equal activations, but for rounding, around their threshold. They count neither as detectors nor in the control.',
  byConcept: 'Detectors by concept',
  concept: 'Concept',
  places: { language: 'Tokens', images: 'Pixels' },
  oneIsEnough: 'So few that one shared place makes a detector',
  noDetectors: 'No unit overlaps a concept well enough.',
  showConcept: (name: string) => `Show the detectors of ${name}`,

  units: 'Units',
  allConcepts: 'All concepts',
  allLayers: 'All layers',
  sort: 'Sorted by',
  sorts: { iou: 'By overlap', unit: 'By layer and number', concept: 'By concept', chance: 'By overlap with shuffled labels' },
  all: 'Units that are no detectors too',
  shown: (shown: number, total: number) => (shown === total ? plural(total, 'unit') : `the best ${count(shown)} of ${count(total)} units`),
  unit: { unit: 'Unit', concept: 'Concept', iou: 'IoU', chance: 'Shuffled', top: 'Strongest at' },
  noUnits: 'No unit fits.',
  unitOf: (layer: string, unit: number) => `Unit ${layer}.${unit}`,
  openUnit: 'Choose a unit to see where it is strongest.',
  close: 'Close',
  detector: (concept: string) => `Detector of ${concept}`,
  noDetector: 'No detector',
  undecided: 'Undecided',
  numbers: {
    iou: 'IoU',
    with: (concept: string) => `with ${concept}`,
    shuffled: 'IoU with shuffled labels',
    plain: 'IoU with the mask counted everywhere',
    threshold: 'Threshold',
    above: { language: (n: number) => `above it at ${plural(n, 'token')}`, images: (n: number) => `above it at ${plural(n, 'pixel')}` },
  },
  strongest: { language: 'Where it is strongest' },
  pictures: (unit: string) => `${unit}: the pictures it is strongest at`,
  activation: 'Activation',
  token: 'Token in its text',
  picture: (name: string, share: string) => `${name}: bright where the unit is on (${share} of the picture)`,
  ablate: 'Take it out',
  ablateAbout: 'Measures what the model loses when this neuron is held at 0. Nothing is changed.',
  ablating: 'Measuring without the unit',
  lost: 'Without this unit',
  lostOn: (tokens: number, concept: string) => `−log p of ${plural(tokens, 'token')} that carry ${concept}`,
  lostElsewhere: (tokens: number) => `−log p of the other ${plural(tokens, 'token')}`,
  nats: (change: string) => `${change} nats on average`,
  answers: (facts: number) => `Probability of the answers of ${plural(facts, 'fact')}`,
  beforeAfter: (before: string, after: string) => `${before} before, ${after} without`,
  mostChanged: 'Answers that changed most',
  fact: 'Fact',
  answer: 'Answer',
  before: 'Before',
  without: 'Without',

  save: 'Save as CSV',
  saves: { units: 'Units', concepts: 'Concepts', layers: 'Layers' },
  saved: (rows: number, path: string) => `${plural(rows, 'row')} saved in ${path}.`,
} as const;
