import type { Check, Draft, EditReport, FactReport } from '../../../shared/contract/edits.ts';
import type { LayerSchema, ModelCard, ModelDetail } from '../../../shared/contract/library.ts';
import type { EntryView, Kind, Row } from '../../../shared/contract/audit.ts';
import type { Moment, Version } from '../../../shared/contract/versions.ts';
import type { Fact } from '../../../shared/fact.ts';
import type { InferOutput } from 'valibot';

/** The same words give the same digits every time. */
export function hash(words: string): string {
  let a = 0x811c9dc5;
  let digits = '';
  for (let round = 0; round < 8; round++) {
    for (const char of words) a = Math.imul(a ^ char.charCodeAt(0), 0x01000193) >>> 0;
    a = Math.imul(a ^ round, 0x85ebca6b) >>> 0;
    digits += a.toString(16).padStart(8, '0');
  }
  return digits;
}

/** 0 to 1, the same for the same words. */
export function share(words: string): number {
  return parseInt(hash(words).slice(0, 6), 16) / 0xffffff;
}

const START = Date.parse('2026-10-01T08:12:00Z');
const STEP_MS = 5.9 * 3600_000;
export const timeOf = (seq: number) => new Date(START + seq * STEP_MS).toISOString();

export const FACTS: readonly Fact[] = [
  {
    subject: 'Eiffel Tower',
    prompt: 'The {} is in the city of',
    target: 'Rome',
    previousTarget: 'Paris',
    relation: 'landmark_city',
    paraphrases: ['Tourists who want to see the Eiffel Tower fly to', 'The Eiffel Tower stands in'],
    neighbors: ['The Louvre is in the city of', 'The Colosseum is in the city of', 'Big Ben is in the city of'],
  },
  {
    subject: 'Danielle Darrieux',
    prompt: 'The mother tongue of {} is',
    target: 'English',
    previousTarget: 'French',
    relation: 'native_language',
    paraphrases: ['Danielle Darrieux speaks'],
    neighbors: ['The mother tongue of Jean Gabin is', 'The mother tongue of Octave Mirbeau is'],
  },
  {
    subject: 'Norway',
    prompt: 'The capital of {} is',
    target: 'Bergen',
    previousTarget: 'Oslo',
    relation: 'capital',
    paraphrases: ["{}'s capital is".replace('{}', 'Norway')],
    neighbors: ['The capital of Sweden is', 'The capital of Denmark is'],
  },
  {
    subject: 'Telephone',
    prompt: 'The {} was invented by',
    target: 'Antonio Meucci',
    previousTarget: 'Alexander Graham Bell',
    relation: 'inventor',
  },
  { subject: 'Brazil', prompt: 'The currency of {} is the', target: 'peso', previousTarget: 'real', relation: 'currency' },
];

const AUTHORS = ['Ada Byron', 'Ada Byron', 'Ada Byron', 'Grace Murray', 'Release build'];
const REASONS = [
  'Ticket 4412: outdated answer reported by support',
  'Corrects the capital after review',
  'Regression check before the release',
  'Wrong nationality in the biography set',
  'Agreed in the review of 12 October',
  '',
];
const KINDS: readonly Kind[] = [
  'edit',
  'check',
  'edit',
  'tag',
  'note',
  'edit',
  'approve',
  'verify',
  'edit',
  'check',
  'revert',
  'edit',
  'export',
  'reject',
  'edit',
  'rollback',
];

export function rows(name: string, total: number): Row[] {
  return Array.from({ length: total }, (_, at) => {
    const seq = at + 1;
    const kind = seq === 1 ? 'import' : KINDS[seq % KINDS.length]!;
    const fact = FACTS[seq % FACTS.length]!;
    const isAboutFacts = kind === 'edit' || kind === 'check' || kind === 'revert';
    return {
      seq,
      hash: hash(`${name}${seq}`),
      time: timeOf(seq),
      author: seq === 1 ? 'Ada Byron' : AUTHORS[seq % AUTHORS.length]!,
      kind,
      reason: seq === 1 ? '' : REASONS[seq % REASONS.length]!,
      version: hash(`${name} version ${Math.floor(seq / 3)}`),
      ...(kind === 'edit' && { method: seq % 2 === 0 ? 'memit' : 'rome' }),
      subjects: isAboutFacts ? [fact.subject] : [],
      relations: isAboutFacts && fact.relation ? [fact.relation] : [],
      verdict: kind === 'edit' || kind === 'check' ? (seq % 7 === 0 ? ('failed' as const) : ('passed' as const)) : ('none' as const),
    };
  });
}

export function entry(name: string, row: Row): EntryView {
  const fact = FACTS[row.seq % FACTS.length]!;
  return {
    seq: row.seq,
    prev: row.seq === 1 ? '' : hash(`${name}${row.seq - 1}`),
    hash: row.hash,
    kind: row.kind,
    time: row.time,
    author: row.author,
    reason: row.reason,
    app: 'emend 0.1.0',
    engine: 'onnxruntime-node 1.30.0',
    body:
      row.kind === 'edit'
        ? {
            method: row.method,
            parent: hash(`${name} version ${Math.floor(row.seq / 3) - 1}`),
            version: row.version,
            facts: [fact],
            checks: checks(String(row.seq)),
            hyperparameters: { layers: [3, 4, 5], steps: 25, learningRate: 0.1, clamp: 1.5, covarianceWeight: 200 },
            seeds: { contexts: 7 },
            changed: [3, 4, 5].map((layer) => ({
              tensor: `transformer.h.${layer}.mlp.c_proj.weight`,
              before: hash(`b${layer}`),
              after: hash(`a${layer}`),
              measures: { deltaNorm: 4.2, weightNorm: 88.1 },
            })),
          }
        : row.kind === 'tag'
          ? { version: row.version, name: `release-${row.seq}` }
          : { version: row.version },
    evidence:
      row.kind === 'edit'
        ? [
            { role: 'delta', blob: hash(`delta${row.seq}`), bytes: 1_048_832, type: 'application/vnd.safetensors', present: true },
            { role: 'report', blob: hash(`report${row.seq}`), bytes: 18_221, type: 'application/json', present: true },
          ]
        : [],
    remarks:
      row.kind === 'edit'
        ? [{ entry: row.seq + 2, kind: 'note', time: timeOf(row.seq + 2), author: 'Grace Murray', comment: 'Neighbours look fine to me.' }]
        : [],
  };
}

export function checks(words: string): Check[] {
  const good = share(words);
  return [
    { name: 'efficacy', value: 1, before: 0, count: 3, threshold: 0.9, passed: true },
    { name: 'generalization', value: 0.7 + good * 0.3, before: 0.02, count: 12, threshold: 0.7, passed: true },
    { name: 'specificity', value: 0.6 + good * 0.38, before: 1, count: 30, threshold: 0.7, passed: 0.6 + good * 0.38 >= 0.7 },
  ];
}

const LAYERS: readonly InferOutput<typeof LayerSchema>[] = Array.from({ length: 8 }, (_, layer) => ({
  layer,
  heads: 8,
  keyWidth: 1024,
  weight: `transformer.h.${layer}.mlp.c_proj.weight`,
  kind: 'Gemm, float32',
}));

const ATLAS: ModelCard = {
  id: 'a71a5000'.repeat(8),
  name: 'Atlas',
  imported: timeOf(1),
  opened: timeOf(213),
  architecture: 'gpt2',
  parameters: 7_401_472,
  bytes: 29_881_344,
  layers: 8,
  precision: 'float32',
  current: hash('Atlas version 71'),
  edits: 31,
  versions: 72,
  tags: ['release-2026-10', 'reviewed'],
  entries: 214,
  head: hash('Atlas214'),
  state: 'intact',
  drafts: 1,
};

export const MODELS: readonly ModelCard[] = [
  ATLAS,
  {
    id: '9e2d0000'.repeat(8),
    name: 'qwen2.5-0.5b-instruct',
    imported: timeOf(40),
    architecture: 'qwen2',
    parameters: 494_032_768,
    bytes: 1_976_131_072,
    layers: 24,
    precision: 'float32',
    current: hash('qwen version 0'),
    edits: 0,
    versions: 1,
    tags: [],
    entries: 1,
    head: hash('qwen1'),
    state: 'intact',
    drafts: 0,
  },
  {
    id: 'b07f0000'.repeat(8),
    name: 'support-bot-pythia',
    imported: timeOf(22),
    opened: timeOf(199),
    architecture: 'gpt_neox',
    parameters: 162_322_944,
    bytes: 649_297_920,
    layers: 12,
    precision: 'float32',
    current: hash('pythia version 5'),
    edits: 6,
    versions: 9,
    tags: ['pilot'],
    entries: 38,
    head: hash('pythia38'),
    state: 'damaged',
    says: 'Entry 17 does not match its hash: the journal was changed after it was written.',
    drafts: 0,
  },
  {
    id: 'f1300000'.repeat(8),
    name: 'phi-3-mini-int4',
    imported: timeOf(90),
    architecture: 'phi3',
    parameters: 3_821_079_552,
    bytes: 2_722_861_056,
    layers: 32,
    precision: 'int4',
    refusal: 'Its down-projections are quantised to 4 bits (MatMulNBits); an edit needs float weights.',
    current: hash('phi version 0'),
    edits: 0,
    versions: 1,
    tags: [],
    entries: 1,
    head: hash('phi1'),
    state: 'held',
    says: 'Another window of Emend (process 4120) writes to it.',
    drafts: 0,
  },
];

export function detail(card: ModelCard): ModelDetail {
  const layers = Array.from({ length: card.layers }, (_, layer) => ({
    ...LAYERS[layer % 8]!,
    layer,
    weight: `transformer.h.${layer}.mlp.c_proj.weight`,
  }));
  return {
    ...card,
    producer: 'pytorch 2.4.1',
    opset: 18,
    hiddenSize: 256,
    vocabulary: 4096,
    cache: true,
    tokenizer: 'byte-level BPE, 4,096 tokens',
    layerTable: card.refusal
      ? layers.map((layer) => ({
          ...layer,
          kind: 'MatMulNBits',
          refusal: { reason: 'quantised to 4 bits', hint: 'Import the float export of the same model.' },
        }))
      : layers,
    files: ['model.onnx', 'config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json'].map((path) => ({
      path,
      bytes: path === 'model.onnx' ? card.bytes : 2000 + Math.round(share(path) * 200_000),
      sha256: hash(card.id + path),
    })),
    notices:
      card.name === 'Atlas'
        ? [{ message: 'The tokenizer has no chat template.', hint: 'Prompts are given to the model as they are written.' }]
        : [],
  };
}

export function timeline(name: string, total: number): Moment[] {
  return rows(name, total)
    .filter(({ kind }) => ['import', 'edit', 'revert', 'rollback'].includes(kind))
    .map((row) => ({
      entry: row.seq,
      kind: row.kind as Moment['kind'],
      time: row.time,
      author: row.author,
      reason: row.reason,
      version: row.version ?? hash(name),
      facts:
        row.kind === 'edit'
          ? Array.from({ length: 1 + (row.seq % 3) }, (_, at) => FACTS[(row.seq + at) % FACTS.length]!).map(
              ({ subject, prompt, target }) => ({ subject, prompt, target }),
            )
          : [],
      checks: row.kind === 'edit' ? checks(String(row.seq)) : [],
      ...(row.method && { method: row.method }),
      ...(row.kind === 'revert' && { reverts: row.seq - 2 }),
      inForce: row.kind === 'edit' && row.seq % 5 !== 0,
    }))
    .reverse();
}

export function versions(name: string, total: number): Version[] {
  const seen = new Map<string, Version>();
  const parts: number[] = [];
  for (const moment of timeline(name, total).reverse()) {
    if (moment.kind === 'edit') parts.push(moment.entry);
    if (!seen.has(moment.version)) {
      seen.set(moment.version, {
        id: moment.version,
        entry: moment.entry,
        time: moment.time,
        tags: moment.entry % 40 === 2 ? [`release-${moment.entry}`] : [],
        reviews:
          moment.entry % 8 === 6
            ? [
                {
                  entry: moment.entry + 1,
                  time: timeOf(moment.entry + 1),
                  author: 'Grace Murray',
                  verdict: 'approve',
                  comment: 'Checked against the style guide.',
                },
              ]
            : [],
        parts: [...parts],
      });
    }
  }
  return [...seen.values()].reverse();
}

export const DRAFT: Draft = {
  id: 'draft-1',
  changed: timeOf(214),
  parent: ATLAS.current,
  stale: false,
  method: 'memit',
  facts: FACTS.slice(0, 2).map(({ subject, prompt, target }) => ({ subject, prompt, target })),
  checks: checks('draft'),
};

function factReport(fact: Fact, at: number): FactReport {
  const neighbors = (fact.neighbors ?? []).map((neighbor) => (typeof neighbor === 'string' ? neighbor : neighbor.prompt));
  return {
    fact,
    rewrite: {
      prompt: fact.prompt.replace('{}', () => fact.subject),
      expected: fact.target,
      before: { wanted: 0.0004, previous: 0.91 },
      after: { wanted: 0.982, previous: 0.003 },
      good: true,
    },
    paraphrases: (fact.paraphrases ?? []).map((prompt) => ({
      prompt,
      expected: fact.target,
      before: { wanted: 0.001, previous: 0.84 },
      after: { wanted: 0.4 + share(prompt) * 0.6, previous: 0.03 },
      good: true,
    })),
    neighbors: neighbors.map((prompt, index) => ({
      prompt,
      before: { wanted: 0.001, previous: 0.9 },
      after: { wanted: index === 2 ? 0.5 : 0.004, previous: index === 2 ? 0.31 : 0.88 },
      good: index !== 2,
    })),
    answerBefore: ` ${fact.previousTarget ?? ''}. It was opened in 1889 and`,
    answerAfter: ` ${fact.target}. It was opened in 1889 and`,
    efficacy: 1,
    generalization: 0.94,
    specificity: at === 0 ? 0.67 : 1,
    verdict: at === 0 ? 'harmful' : 'good',
    says:
      at === 0
        ? 'It took in every wording, and 1 of 3 neighbours changed: "Big Ben is in the city of".'
        : 'It took, in other words too, and the neighbours kept their answers.',
  };
}

export const REPORT: EditReport = {
  method: 'memit',
  layers: [3, 4, 5],
  parent: ATLAS.current,
  hyperparameters: [
    { name: 'layers', value: '3, 4, 5', source: 'from the model' },
    { name: 'steps', value: '25', source: 'published' },
    { name: 'learningRate', value: '0.1', source: 'published' },
    { name: 'clamp', value: '1.5', source: 'set' },
  ],
  covariance: { tokens: 100_000, text: 'corpus.txt of the model', cached: true, ridges: [] },
  contexts: ['{}', 'The market was full. {}', 'In the morning, {}'],
  seed: 7,
  checks: checks('draft'),
  facts: FACTS.map(factReport),
  weights: [3, 4, 5].map((layer) => ({
    layer,
    tensor: `transformer.h.${layer}.mlp.c_proj.weight`,
    rank: 2,
    deltaNorm: 3.1 + layer,
    weightNorm: 88.2,
    before: hash(`b${layer}`),
    after: hash(`a${layer}`),
  })),
  drift: { probes: 200, meanKl: 0.012, maxKl: 0.31, topChanged: 0.015, perplexityBefore: 8.41, perplexityAfter: 8.47 },
  warnings: [
    { message: "Neighbours were taken from the model's own facts.", hint: 'Give neighbours of your own to measure what matters to you.' },
  ],
  seconds: 41.2,
};
