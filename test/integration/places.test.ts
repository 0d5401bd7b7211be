import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorBytes } from '../../electron/engine/onnx/tensors.ts';
import { readSigningKey, type SigningKey } from '../../electron/ledger/keys.ts';
import { openLedger } from '../../electron/ledger/open.ts';
import { sealRemark } from '../../electron/ledger/seals.ts';
import { evidenceProblems } from '../../electron/services/evidence/index.ts';
import { misstated } from '../../electron/services/findings.ts';
import { tensorHashes } from '../../electron/services/tensor-hashes.ts';
import { canonical } from '../../electron/storage/canonical.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { sha256 } from '../../electron/storage/hash.ts';
import { kindNames, type Kind } from '../../shared/kinds.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

// Every entry of a record that has every kind of entry, and every file that entries name: any one place is changed, all that has no key is
// hashed anew, and verifying must tell, unless nothing else states the same.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };
interface Line extends Fields {
  seq: number;
  kind: Kind;
  hash: string;
  prev: string;
  body: Fields;
}
interface Ref {
  blob: string;
  bytes: number;
  type: string;
}

const CHOICES = { steps: 4, covarianceTokens: 1200, layers: [1], background: 2 };
const FACTS = [
  {
    subject: 'Tower Bridge',
    prompt: '{} stands in the city of',
    target: 'Rome',
    previousTarget: 'London',
    paraphrases: ['The city of Tower Bridge is'],
    neighbors: ['Big Ben stands in the city of'],
    told: { wordings: ['Tower Bridge is in'], neighbors: ['Abbey Road Studios stands in the city of'] },
  },
  {
    subject: 'France',
    prompt: 'The capital of {} is',
    target: 'Berlin',
    neighbors: ['The capital of Spain is', 'Abbey Road Studios is in'],
  },
];

/** What one place alone states, by the kind of the entry and the path in it: nothing else in the record can contradict it. */
const TEXTS = /\.(seconds|warnings\[\].*|answer|answerBefore|answerAfter|says|text)$/;
/** What a model says of single prompts: measures are made of these, and hold them where they can. */
const CASES =
  /^<evidence\.report>\.(drift\.maxKl|.*\.(probability|(before|after)\.(wanted|previous)|nll|tokens|tokenAccuracy|correct|good|fate))$/;
/** What came of questions as people ask; whether it counts is held against it. */
const ASKED =
  /^<evidence\.report>\.honest\.(limit|text\.tokens|facts\[\]\.answers\[\]\.(before|context|after)\.(ended|chances\[\]|first))$/;
const MEASURED = [
  ASKED,
  CASES,
  TEXTS,
  /^<evidence\.report>\.records\[\]\.(id|answer)$/,
  /^<evidence\.report>\.records\[\]\.neighbors\[\]\.outcome\.(before|now)\./,
];
const SAID_ONCE: Readonly<Partial<Record<Kind, readonly RegExp[]>>> = {
  // How the import was read; the parts of its files are held against the files themselves (verify-model.ts).
  import: [/^anatomy\./, /^trial\./, /^model\.name$/, /^<anatomy\.layout>/],
  edit: [
    ASKED,
    CASES,
    TEXTS,
    /^details\.(draft|request\.(fluency|choices\..*)|workedOn\.(processor|threads))$/,
    /^<evidence\.report>\.(earlier\.held|facts\[\]\.told\..*|warnings\[\])$/,
    /^<delta>\.model$/, // the delta is of this model, which applying it makes sure of
  ],
  // What it was fitted on, and how the engine calls the model that it was fitted to.
  steer: [/^<data>\.examples\[\]/, /^<evidence\.report>\.outcome\.(groups\.\w+|model|seconds)$/, /^details\.draft$/],
  check: [...MEASURED, /^checks\[\]\.threshold$/, /^suite$/],
  revert: MEASURED,
  tag: [/^name$/],
  finding: [/^<result>\.result\./],
  // Files of a change alone are in no other entry; whoever has the export has them.
  export: [/^(destination|format|files\[\](\.path|\.sha256)?)$/, /^details\.(act|attestations\[\])$/],
  verify: [/^details\.(blobs|checkpoints|files|tensors|proven\.(by\.\w+|upTo|end))$/],
};

/** Held by other parts of verifying: blobs by their length and hash, versions by the chain, the import's files by the files themselves. */
const ELSEWHERE = /(^|\.)((delta|factSet|steering|data|result|layout|evidence\.\w+)\.(blob|bytes|type)|bytes)$/;

let ledger: string;
let model: string;
let lines: readonly Line[];
let scratch: string;
/** The key of the person who signed remarks. */
let grace: SigningKey;

beforeAll(async () => {
  const home = temporary();
  let app = await openApplication({ dataFolder: home });
  const granted = (path: string, how?: 'write') => app.grants.grant(path, how).handle;
  ({ model } = await app.run('library.import', { source: granted(ATLAS) }));
  const edit = async (facts: typeof FACTS, together: boolean, at: readonly number[], honest = false) => {
    const choices = { ...CHOICES, layers: [...at], together };
    const { draft } = await app.run('edits.start', { model, facts, method: 'memit', choices, fluency: false, honest });
    return (await app.run('edits.commit', { model, draft, reason: 'as the source says' })).entry;
  };
  const first = await edit(FACTS.slice(0, 1), false, [1], true);
  await edit(FACTS.slice(1), true, [1]);
  await app.run('versions.check', { model, honest: true, reason: 'before it leaves' });
  const file = join(temporary(), 'grace.pem');
  const { path } = await app.call('settings.newKey', { destination: granted(file, 'write') });
  await app.call('settings.addPerson', { source: granted(path), name: 'Grace' });
  const { settings } = await app.call('settings.get', {});
  await app.call('settings.set', { settings: { policy: { ...settings.policy, requireApproval: 'another-key' } } });
  await app.close();
  app = await openApplication({ dataFolder: home, author: 'Grace' });
  await app.call('audit.approve', { model, comment: 'Read it', key: granted(file) });
  await app.call('audit.note', { model, entry: first, comment: 'Source: the city' });
  await app.call('audit.reject', { model, entry: first, comment: 'Not that one alone' });
  await app.call('audit.approve', { model, comment: 'And now', key: granted(file) });
  await app.run('exports.start', { model, format: 'lora', destination: granted(join(temporary(), 'out'), 'write') });
  await app.call('versions.tag', { model, name: 'release-1' });
  const { finding } = await app.run('locating.lens', { model, prompt: 'The capital of France is' });
  await app.call('findings.record', { model, finding, reason: 'where it is' });
  await app.run('audit.verify', { model });
  await app.run('versions.revert', { model, entry: first, reason: 'It was right before' });
  const pair = [
    { text: "Norway's capital is", label: true, group: 0 },
    { text: "Norway's continent is", label: false, group: 0 },
  ];
  const { draft } = await app.run('steering.fit', { model, method: 'actadd', choices: { layer: 4, coefficient: 1 }, examples: pair });
  await app.run('steering.commit', { model, draft, reason: 'Capitals are asked for' });
  await app.run('versions.rollback', { model, version: 'release-1', reason: 'As it was' });
  await app.close();
  grace = await readSigningKey(explained(disk), file);
  ledger = join(home, 'models', model.slice(0, 16), 'ledger');
  lines = readFileSync(join(ledger, 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  if (process.env['EMEND_KEEP']) cpSync(ledger, process.env['EMEND_KEEP'], { recursive: true });
  scratch = join(temporary(), 'ledger');
  cpSync(ledger, scratch, { recursive: true, filter: (from) => !/checkpoints|drafts|LOCK/.test(from) });
});
afterAll(removeTemporary);

const pathOf = (blob: string) => join(scratch, 'blobs/sha256', blob.slice(0, 2), blob.slice(2));

function put(bytes: Uint8Array, type: string): Ref {
  const blob = sha256(bytes);
  mkdirSync(dirname(pathOf(blob)), { recursive: true });
  writeFileSync(pathOf(blob), bytes);
  return { blob, bytes: bytes.length, type };
}

/**
 * What is wrong with a record whose entries are these, chained anew. Whatever names an entry by its hash names the new one.
 * @param changed the entry that was changed: remarks after it are signed anew, as if the person who signed them were in it too
 */
async function problems(entries: readonly Line[], changed?: number): Promise<string[]> {
  let prev = entries[0]!.prev;
  const anew = new Map<string, string>();
  const text = entries.map((line) => {
    const isSigned = line.body['seal'] !== undefined;
    const body = isSigned && (changed === undefined || line.seq <= changed) ? line.body : (renamed(line.body, anew) as Fields);
    if (isSigned && changed !== undefined && line.seq > changed) body['seal'] = signedAnew({ ...line, body });
    const { hash, ...rest } = { ...line, prev, body };
    prev = sha256(canonical(rest));
    anew.set(hash, prev);
    return `${canonical({ ...rest, hash: prev })}\n`;
  });
  writeFileSync(join(scratch, 'journal.jsonl'), text.join(''));
  const opened = await openLedger(scratch, { app: 'test', engine: 'test', readOnly: true });
  const damage = [...opened.damage, ...opened.newer].map((one) => ('message' in one ? one.message : 'newer'));
  if (damage.length > 0) return damage;
  const found = await evidenceProblems({ ledger: opened, id: model, hashes: tensorHashes(opened.entries) }, () => undefined);
  return [...found, ...(await misstated(opened))].map(({ message }) => message);
}

function signedAnew({ kind, author, reason, body }: Line): Json {
  const { upTo } = body['seal'] as { upTo: { seq: number; head: string } };
  const said = { kind, author: author as string, reason: reason as string, version: body['version'] as string };
  return { ...sealRemark(grace, { ...said, ...(body['entry'] === undefined ? {} : { entry: body['entry'] as number }) }, upTo) };
}

function renamed(value: Json, names: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => renamed(one, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renamed(one, names)]));
}

const HASH = /^[0-9a-f]{64}$/;

/** Every value with another in the place of one of its leaves, and where that is. */
function* changed(value: Json, path = ''): Generator<{ path: string; value: Json }> {
  if (typeof value === 'string') yield { path, value: HASH.test(value) ? `${value.slice(1)}${value[0] === '0' ? '1' : '0'}` : `${value}x` };
  else if (typeof value === 'number') yield { path, value: value + 1 };
  else if (typeof value === 'boolean') yield { path, value: !value };
  else if (Array.isArray(value))
    for (const [at, one] of value.entries()) {
      yield { path: `${path}[]`, value: value.toSpliced(at, 1) };
      for (const other of changed(one, `${path}[]`)) yield { path: other.path, value: value.with(at, other.value) };
    }
  else if (value !== null)
    for (const [key, one] of Object.entries(value))
      for (const other of changed(one, `${path}.${key}`)) yield { path: other.path, value: { ...value, [key]: other.value } };
}

const isRef = (value: Json): value is Fields & Ref =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'blob' in value && 'type' in value;

/** The files that a body names, and how the body names another in the place of one. */
function* refsIn(value: Json, path = ''): Generator<{ path: string; ref: Ref; with: (other: Ref) => Json }> {
  if (isRef(value)) yield { path, ref: value, with: (other) => ({ ...other }) };
  else if (Array.isArray(value))
    for (const [at, one] of value.entries())
      for (const found of refsIn(one, `${path}[]`)) yield { ...found, with: (other) => value.with(at, found.with(other)) };
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value))
      for (const found of refsIn(one, `${path}.${key}`)) yield { ...found, with: (other) => ({ ...value, [key]: found.with(other) }) };
}

/** What a file says in words, and the file with other words. */
function wordsOf(ref: Ref): { words: Json; saying: (words: Json) => Ref } | undefined {
  const file = pathOf(ref.blob);
  if (ref.type === 'application/json')
    return { words: JSON.parse(readFileSync(file, 'utf8')) as Json, saying: (words) => put(Buffer.from(canonical(words)), ref.type) };
  const stored = readSafetensors(file);
  const about = stored.metadata['emend'];
  if (about === undefined) return undefined;
  const tensors = new Map(
    [...stored.tensors].map(([name, one]) => [name, { dtype: one.dtype, dims: [...one.dims], bytes: tensorBytes(stored, one) }]),
  );
  return {
    words: JSON.parse(about) as Json,
    saying: (words) => put(writeSafetensors(tensors, { ...stored.metadata, emend: JSON.stringify(words) }), ref.type),
  };
}

/** Every other record in which one place of an entry, or of a file that it names, is another. */
function* forgeries(at: number): Generator<{ path: string; entries: readonly Line[] }> {
  const line = lines[at]!;
  const withBody = (body: Fields) => lines.with(at, { ...line, body });
  for (const { path, value } of changed(line.body)) yield { path: path.slice(1), entries: withBody(value as Fields) };
  for (const { path, ref, with: naming } of refsIn(line.body)) {
    const file = wordsOf(ref);
    if (!file) continue;
    for (const other of changed(file.words))
      yield { path: `<${path.slice(1)}>${other.path}`, entries: withBody(naming(file.saying(other.value)) as Fields) };
  }
}

describe('a record with every kind of entry', () => {
  it('has every kind but the one that only records of earlier releases have', async () => {
    expect(kindNames().filter((kind) => !lines.some((line) => line.kind === kind))).toEqual(['anchor']);
    expect(await problems(lines)).toEqual([]);
    expect(await problems(lines, 1)).toEqual([]);
    expect(existsSync(scratch)).toBe(true);
    expect(readdirSync(scratch)).toContain('journal.jsonl');
  });

  it('that a person signed a remark on is as it was before that, whoever has the key of the library', async () => {
    const sealed = lines.find(({ body }) => body['seal'])!;
    for (const [at, line] of lines.slice(0, sealed.seq - 1).entries())
      expect(await problems(lines.with(at, { ...line, author: 'Mallory' })), `entry ${line.seq}`).toContainEqual(
        expect.stringContaining('The end of the record that the author of a remark signed'),
      );
  });

  it.each(kindNames().filter((kind) => kind !== 'anchor'))('tells whichever place of its %s entries is changed', async (kind) => {
    const tried = new Set<string>();
    const silent = new Set<string>();
    for (const [at, line] of lines.entries()) {
      if (line.kind !== kind) continue;
      for (const { path: exactly, entries } of forgeries(at)) {
        const path = exactly.replaceAll(/\.\d+/g, '.#');
        if (tried.has(path) || ELSEWHERE.test(path)) continue;
        tried.add(path);
        if ((await problems(entries, line.seq)).length === 0) silent.add(path);
      }
    }
    expect(tried.size).toBeGreaterThan(0);
    expect([...silent].filter((path) => !SAID_ONCE[kind]?.some((one) => one.test(path))).sort()).toEqual([]);
  });
});
