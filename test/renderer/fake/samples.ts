import type { LayerSchema, ModelCard, ModelDetail } from '../../../shared/contract/library.ts';
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
  steerings: 0,
  versions: 72,
  tags: ['release-2026-10', 'reviewed'],
  entries: 214,
  head: hash('Atlas214'),
  state: 'intact',
  drafts: 1,
  fitted: 0,
  recordNotices: [],
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
    steerings: 0,
    versions: 1,
    tags: [],
    entries: 1,
    head: hash('qwen1'),
    state: 'intact',
    drafts: 0,
    fitted: 0,
    recordNotices: [
      { message: 'The policy of exports that is in force was not in the record; entry 3 has it now.', hint: 'See the entry.' },
      { message: 'An export of entry 2 was not finished.', hint: 'Export again.' },
    ],
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
    steerings: 0,
    versions: 9,
    tags: ['pilot'],
    entries: 38,
    head: hash('pythia38'),
    state: 'damaged',
    says: 'Entry 17 does not match its hash: the journal was changed after it was written.',
    drafts: 0,
    fitted: 0,
    recordNotices: [],
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
    steerings: 0,
    versions: 1,
    tags: [],
    entries: 1,
    head: hash('phi1'),
    state: 'held',
    says:
      'phi-3-mini-int4 cannot be changed here: Emend 0.1.0 (process 4120, since 2026-11-20 09:12 UTC) holds its ledger. ' +
      'It can be read and asked. To change it, close the other program first.',
    drafts: 0,
    fitted: 0,
    recordNotices: [],
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
