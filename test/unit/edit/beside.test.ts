import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { besideOf, type BesideSettings } from '../../../electron/engine/edit/beside.ts';
import type { Metric } from '../../../electron/engine/edit/metric.ts';
import type { EditWork } from '../../../electron/engine/edit/method.ts';
import { Statistics } from '../../../electron/engine/edit/statistics.ts';
import { factTokens } from '../../../electron/engine/edit/tokens.ts';
import { loadTokenizer } from '../../../electron/engine/text/load.ts';
import type { Tokenizer } from '../../../electron/engine/text/tokenizer.ts';
import type { Fact } from '../../../shared/fact.ts';
import { silent } from '../../../shared/progress.ts';
import type { ToldChoice } from '../../../shared/told.ts';

const folder = join(import.meta.dirname, '../../../models/atlas');
const contexts = ['{}', 'It was late. {}'];
/** Of keys as they are, what comes nearest is told by their product alone. */
const metric: Metric = { scale: 1, whiten: (keys) => Promise.resolve(keys) };
const at = { layer: 0, metric };
const bridge = { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' };

describe('what stands beside the facts of an edit', () => {
  let decoder: Decoder;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    decoder = await Decoder.open(join(folder, 'model.onnx'));
    tokenizer = await loadTokenizer(folder);
  });

  const workOf = (facts: readonly Fact[], told: ToldChoice, earlier: readonly Fact[] = []): EditWork<BesideSettings> => ({
    decoder,
    tokenizer,
    facts,
    tokens: facts.map((fact) => factTokens(tokenizer, fact, contexts)),
    settings: {
      layers: { value: [0], source: '' },
      factToken: { value: 'subject_last', source: '' },
      seed: { value: 0, source: '' },
      told: { value: told, source: '' },
      hold: { value: 3, source: '' },
    },
    windows: [],
    statistics: new Statistics({ tokens: 0, layers: new Map() }),
    contexts,
    earlier,
    together: undefined,
    ordinaryText: () => Promise.resolve([]),
    report: silent,
  });

  it('a neighbour about the subject of another fact that is written is not held, and that is said', async () => {
    const told = { wordings: [], neighbors: ['Big Ben stands in the city of', 'The Louvre is in the city of'] };
    const louvre = { subject: 'Louvre', prompt: 'The {} is in', target: 'Oslo' };
    const { held = [], warnings } = await besideOf(workOf([{ ...bridge, told }, louvre], 'neighbours'), at, false);
    expect(held).toHaveLength(1);
    expect(warnings.map(({ message }) => message)).toEqual([
      'Of Tower Bridge “The Louvre is in the city of” was not held: it is about Louvre, of which another fact is written.',
    ]);
  });

  it('a neighbour that is told is held by the key of its own subject, as firmly as is asked for', async () => {
    const told = {
      wordings: [],
      neighbors: ['Big Ben stands in the city of', { prompt: 'The Louvre is in the city of', target: 'Paris' }],
    };
    const { held = [], taught } = await besideOf(workOf([{ ...bridge, told }], 'neighbours'), at, false);
    expect(taught).toEqual([]);
    expect(held.map(({ weight }) => weight)).toEqual([3, 3]);
    // Held as it is asked, behind no other text, and cut at the subject.
    expect(held.map(({ rows }) => tokenizer.decode([...rows[0]!.ids]))).toEqual(['Big Ben', 'The Louvre']);
    expect(held.map(({ rows }) => rows.length)).toEqual([1, 1]);
  });

  it('a key that two prompts have is held once, as firmly as any other', async () => {
    const neighbors = ['Big Ben stands in', 'Big Ben is found in', 'The tower of Big Ben is in'];
    const { held = [] } = await besideOf(workOf([{ ...bridge, told: { wordings: [], neighbors } }], 'neighbours'), at, false);
    expect(held.map(({ rows, weight }) => [tokenizer.decode([...rows[0]!.ids]), weight])).toEqual([
      ['Big Ben', 3],
      ['The tower of Big Ben', 3],
    ]);
  });

  it('other subjects of the relation are held like neighbours, each once, whatever of neighbours is told', async () => {
    const told = { wordings: [], neighbors: [] };
    const background = ['Big Ben stands in the city of', 'The Louvre stands in the city of'];
    const facts = [
      { ...bridge, told: { wordings: [], neighbors: ['Abbey Road stands in'], background } },
      { subject: 'Louvre', prompt: 'The {} is in', target: 'Oslo', told: { ...told, background: background.slice(0, 1) } },
    ];
    const held = async (told: ToldChoice) =>
      (await besideOf(workOf(facts, told), at, false)).held?.map(({ rows, weight }) => [tokenizer.decode([...rows[0]!.ids]), weight]);
    // The Louvre is written itself, which is said.
    const { warnings } = await besideOf(workOf(facts, 'nothing'), at, false);
    expect(warnings[0]!.message).toContain('“The Louvre stands in the city of” was not held: it is about Louvre');
    expect(await held('nothing')).toEqual([['Big Ben', 3]]);
    expect(await held('neighbours')).toEqual([
      ['Abbey Road', 3],
      ['Big Ben', 3],
    ]);
  });

  it('a wording that is told is written behind every context; one that does not name the subject is told of', async () => {
    const told = { wordings: ['The city of Tower Bridge is', 'The famous bridge stands in'], neighbors: [] };
    const { taught = [], warnings } = await besideOf(workOf([{ ...bridge, told }], 'all'), at, false);
    expect(taught.map(({ fact, rows }) => [fact, rows.map(({ ids }) => tokenizer.decode([...ids]))])).toEqual([
      [0, ['The city of Tower Bridge', 'It was late. The city of Tower Bridge']],
    ]);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('"The famous bridge stands in" does not name the subject'),
    ]);
  });

  it('a wording with {} in the place of the subject names it too', async () => {
    const { taught = [], warnings } = await besideOf(
      workOf([{ ...bridge, told: { wordings: ['The city of {} is'], neighbors: [] } }], 'all'),
      at,
      false,
    );
    expect(taught.map(({ rows }) => tokenizer.decode([...rows[0]!.ids]))).toEqual(['The city of Tower Bridge']);
    expect(warnings).toEqual([]);
  });

  it('facts of earlier edits are held, but for those about a subject that is written anew', async () => {
    const earlier = [bridge, { subject: 'Seiko', prompt: 'The city where {} is run from is', target: 'Lagos' }];
    const found = await besideOf(workOf([{ ...bridge, target: 'London' }], 'nothing', earlier), at, true);
    expect(found.earlier!.map(({ rows }) => tokenizer.decode([...rows[0]!.ids]))).toEqual(['The city where Seiko']);
    expect((await besideOf(workOf([bridge], 'nothing', earlier), at, false)).earlier).toEqual([]);
  });

  it('says how full a layer is when more keys take part than half of those that it tells apart', async () => {
    const others = (count: number) => Array.from({ length: count }, (_, at) => ({ ...bridge, subject: `Bridge ${at}` }));
    const neighbors = ['Big Ben stands in the city of'];
    const said = async (earlier: number, told: ToldChoice) => {
      const facts = [{ ...bridge, told: { wordings: [], neighbors } }];
      return (await besideOf(workOf(facts, told, others(earlier)), at, true)).warnings.map(({ message }) => message);
    };
    expect(await said(511, 'nothing')).toEqual([]);
    expect(await said(512, 'nothing')).toEqual([
      '513 keys are written or held, and layer 0 tells 1024 apart (50 %), so that some may be met in part.',
    ]);
    expect(await said(614, 'neighbours')).toEqual([
      '616 keys are written or held, and layer 0 tells 1024 apart (60 %), so that some may be met in part.',
    ]);
  });
});
