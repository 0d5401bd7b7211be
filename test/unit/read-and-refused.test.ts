import { test } from 'vitest';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { readRecords } from '../../electron/engine/evaluate/datasets.ts';
import { decodeText } from '../../electron/engine/text/encoding.ts';
import { readAlike } from '../../electron/engine/text/parts.ts';
import { oddCharacters } from '../../shared/characters.ts';
import { errorData } from '../../shared/errors.ts';
import { expectInReadme } from '../readme.ts';
import { save, temporaryFolder } from './onnx/models.ts';
import { DEFECTS } from './runtime/defects.ts';
import { type Mini, miniModel } from './runtime/mini.ts';

type Row = readonly [what: string, result: string];

/** What came of something: "read", or why not. */
async function resultOf(act: () => unknown): Promise<string> {
  try {
    const said = await act();
    return typeof said === 'string' ? said : 'read';
  } catch (error) {
    return `refused: ${errorData(error)
      .message.replace(/^[^:]*x\.(csv|json): /, '')
      .replaceAll(/ \((?:all|inputs?): .*?\)(?=[.;]|$)/g, '')
      .split('. ')[0]!
      .replace(/\.$/, '')}`;
  }
}

async function opened(choices: Partial<Mini>, change?: (typeof DEFECTS)[string]['change']): Promise<string> {
  const model = miniModel(choices);
  if (change) model.graph.inputs = change(model.graph.inputs);
  const { anatomy } = await Decoder.open(save({ ...model, folder: temporaryFolder() }), { threads: 1 });
  const [refusal] = anatomy.layers.flatMap(({ mlp }) => (mlp.refusal ? [mlp.refusal.reason] : []));
  return refusal === undefined ? 'asked and edited' : `asked; not edited: ${refusal.replaceAll(/"[^"]*"/g, '…')}`;
}

const MODELS: Readonly<Record<string, Partial<Mini>>> = {
  'a decoder, with or without cache': {},
  'gated layers, norms before, behind or on the branch': { gated: true, norms: 'branch' },
  'attention and feed-forward side by side': { norms: 'parallel' },
  'a norm in front of the down-projection (BitNet)': { gated: true, keyNorm: true },
  'an input of token types that changes nothing': { tokenTypes: 'unused' },
  'logits of the last token alone': { rows: 'last' },
  'weights in half precision': { precision: 'float16' },
  'one down-projection for all layers': { sharedDown: true },
  'weights in Constant nodes': { inNodes: true },
};

const fact = { subject: 'Rome', prompt: '{} is in', target: 'Spain' };
const JSONS: Readonly<Record<string, unknown>> = {
  'facts as JSON or lines of JSON, with the names of columns': fact,
  CounterFact: { requested_rewrite: { ...fact, target_new: { str: 'a' }, target_true: { str: 'b' } } },
  'requests of ROME and MEMIT, EasyEdit, KnowEdit': { subject: 'Rome', prompt: '{} is in', target_new: { str: 'Spain' } },
  MQuAKE: { requested_rewrite: [{ ...fact, target_new: { str: 'a' }, target_true: { str: 'b' } }] },
  'zsRE as MEMIT has it': {
    subject: 'Rome',
    src: 'Where is Rome?',
    rephrase: 'x',
    answers: ['a'],
    alt: 'b',
    loc: 'nq question: x',
    loc_ans: 'c',
  },
  'zsRE as EasyEdit has it': {
    subject: 'Rome',
    src: 'Where is Rome?',
    rephrase: 'x',
    answers: ['a'],
    alt: 'b',
    loc: 'nq question: x',
    loc_ans: 'c',
    portability: { 'New Question': 'q', 'New Answer': 'r' },
  },
  RippleEdits: { example_type: 'x', edit: {} },
  'KnowEdit’s WikiBio': { concept: 'x', labels: 'y' },
};
const TABLES: Readonly<Record<string, string>> = {
  'tables with commas, semicolons or tabs, and with a first line sep=': 'sep=;\nsubject;prompt;target\nRome;{} is in;Spain',
  'cells from the clipboard that begin with a quotation mark': 'subject\tprompt\ttarget\n"Al" X\t{} is\tSpain',
  'a row with more cells than the header': 'subject,prompt,target\nRome,In {}, it is,Spain',
  'a row with fewer': 'subject,prompt,target,relation\nRome,{} is in,Spain',
};
const TEXTS: Readonly<Record<string, Uint8Array>> = {
  'UTF-8, UTF-16, with mark or without': Buffer.from('subject', 'utf16le'),
  'a code page that can mean one thing': Buffer.from('K\u00F6ln', 'latin1'),
  'a code page that can mean several': Buffer.from('Gen\u00E8ve', 'latin1'),
  'UTF-32': Uint8Array.of(0xff, 0xfe, 0, 0),
};
const PARTS: Readonly<Record<string, object>> = {
  'Split with any behaviour': {
    model: {},
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithNext', invert: false },
  },
  'Unigram with byte fallback': { model: { type: 'Unigram', byte_fallback: true } },
  'BPE with a continuing prefix': { model: { type: 'BPE', continuing_subword_prefix: '##' } },
};
const CHARACTERS: Readonly<Record<string, string>> = {
  'a character that nobody sees': 'Rome\u200B',
  'one that was lost': 'Z\uFFFDrich',
  'a no-break space': 'Tower\u00A0Bridge',
  'letters of two scripts in a word': 'P\u0430ris',
};

async function rows(): Promise<Row[]> {
  const all: [string, string, () => unknown][] = [
    ...Object.entries(MODELS).map(([what, choices]): [string, string, () => unknown] => ['model', what, () => opened(choices)]),
    ...Object.entries(DEFECTS).map(([what, { choices = {}, change }]): [string, string, () => unknown] => [
      'model',
      what,
      () => opened(choices, change),
    ]),
    ...Object.entries(PARTS).map(([what, json]): [string, string, () => unknown] => [
      'tokenizer',
      what,
      () => void readAlike(json as { model: object }),
    ]),
    ...Object.entries(JSONS).map(([what, record]): [string, string, () => unknown] => [
      'facts',
      what,
      () => {
        const { notes } = readRecords(JSON.stringify([record]), 'x.json');
        const [note] = notes.filter((one) => one.startsWith('the target is'));
        return note === undefined ? 'read' : `read; ${note.replace(/ \(.*/, '')}`;
      },
    ]),
    ...Object.entries(TABLES).map(([what, text]): [string, string, () => unknown] => [
      'facts',
      what,
      () => {
        const [problem] = readRecords(text, 'x.csv', { takesWrong: true }).problems;
        return problem ? `shown red: ${problem.message.split(';')[0]}` : 'read';
      },
    ]),
    ...Object.entries(TEXTS).map(([what, bytes]): [string, string, () => unknown] => [
      'encoding',
      what,
      () => (decodeText(bytes, 'It').remark === undefined ? 'read' : 'read, and told as what'),
    ]),
    ...Object.entries(CHARACTERS).map(([what, text]): [string, string, () => unknown] => [
      'text',
      what,
      () => {
        const [odd] = oddCharacters(text);
        return `${odd!.isWrong ? 'refused' : 'warned of'}: ${odd!.message.split(/[:,;]/)[0]!.replace(/\.$/, '')}`;
      },
    ]),
  ];
  const made: Row[] = [];
  for (const [kind, what, act] of all) made.push([`${kind}: ${what}`, await resultOf(act)]);
  return made;
}

test('the table of what is read and what is refused in README.md says what is done', async () => {
  const table = [
    '| what | what Emend does |',
    '|---|---|',
    ...(await rows()).map(([what, result]) => `| ${what} | ${result.replaceAll('|', '\\|')} |`),
  ];
  expectInReadme('<!-- read and refused: made by test/unit/read-and-refused.test.ts -->', table);
}, 60_000);
