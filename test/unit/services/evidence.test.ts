import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../electron/engine/onnx/safetensors.ts';
import { tensorBytes } from '../../../electron/engine/onnx/tensors.ts';
import { openLedger } from '../../../electron/ledger/open.ts';
import { withPart } from '../../../electron/ledger/versions.ts';
import { evidenceProblems } from '../../../electron/services/evidence/index.ts';
import { tensorHashes } from '../../../electron/services/tensor-hashes.ts';
import { canonical } from '../../../electron/storage/canonical.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import { root } from '../../fixtures.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = Record<string, Json>;
type Ref = { blob: string; bytes: number; type: string };
type Edit = Fields & {
  seq: number;
  hash: string;
  kind: string;
  body: Fields & { delta: Ref; factSet: Ref; evidence: Record<string, Ref> };
};

const temporary = mkdtempSync(join(tmpdir(), 'emend-evidence-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Every record of the fixtures. */
const REPORTS = join(root, 'reports');
const LEDGERS = (existsSync(REPORTS) ? readdirSync(REPORTS, { recursive: true, encoding: 'utf8' }) : [])
  .filter((path) => path.endsWith('ledger/journal.jsonl'))
  .map((path) => dirname(join(REPORTS, path)));

/**
 * What an edit states in one place only, so that nothing else in the record can contradict it: anchor and signature alone hold it, and
 * working the edit out again. `[]` stands for any place of a list.
 */
const SAID_ONCE: readonly RegExp[] = [
  /^entry\.details\.(draft|request\.(fluency|choices\..*))$/,
  /^delta\.model$/, // the delta is of this model, which applying it makes sure of
  /^report\.(seconds|warnings\[\].*)$/,
  /^report\.drift\.maxKl$/,
  /^report\.checkedBy\[\]\.(from|sure)$/,
  /^report\.drift\.probes$/, // where none of them gave a number; else the check tells how many
  /^report\.facts\[\]\.(answerBefore|answerAfter|says|verdict)$/,
  /^report\.facts\[\]\.(rewrite|paraphrases\[\]|neighbors\[\])\.((before|after)\.|good$|says\.)/,
];
/** Held by other parts of verifying: blobs by their length, versions by the chain; nothing goes by a blob's type. */
const ELSEWHERE = /^entry\.(version|((delta|factSet|evidence\.\w+)\.(bytes|type)))$/;
/** So many of the places that are alike in a list are changed. */
const EACH = 1;

/** A record up to one of its edits, whose parts can be changed; all hashes are made anew. */
class Forged {
  readonly folder: string;
  readonly lines: readonly Fields[];
  readonly edit: Edit;
  /** JSON of the edit's parts, by what they are. */
  readonly parts: Readonly<Record<string, Json>>;

  constructor(ledger: string, seq: number, folder: string) {
    this.folder = folder;
    cpSync(ledger, folder, { recursive: true, filter: (path) => !/checkpoints|drafts|index\.json/.test(path) });
    const all = readFileSync(join(ledger, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
    this.lines = all.slice(0, seq).map((line) => JSON.parse(line) as Fields);
    this.edit = this.lines.at(-1) as Edit;
    const { factSet, evidence, delta } = this.edit.body;
    const read = ({ blob }: Ref) => JSON.parse(readFileSync(this.#path(blob), 'utf8')) as Json;
    const about = readSafetensors(this.#path(delta.blob)).metadata['emend']!;
    this.parts = {
      entry: this.edit.body,
      factSet: read(factSet),
      delta: JSON.parse(about) as Json,
      ...Object.fromEntries(Object.entries(evidence).map(([name, ref]) => [name, read(ref)])),
    };
  }

  /** What is wrong with the record once a part of its last edit is another. */
  async problems(name: string, part: Json): Promise<string[]> {
    const body = structuredClone(name === 'entry' ? (part as Edit['body']) : this.edit.body);
    if (name === 'factSet') body.factSet = this.#put(Buffer.from(canonical(part)), body.factSet.type);
    else if (name === 'delta') body.delta = this.#put(this.#deltaSaying(part), body.delta.type);
    else if (name !== 'entry') body.evidence[name] = this.#put(Buffer.from(canonical(part)), body.evidence[name]!.type);
    const before = await this.#open(this.lines.slice(0, -1));
    const parent = before.ledger.history.find(this.edit.body['parent'] as string);
    const version = withPart(parent, { entry: this.edit.seq, hash: body.delta.blob }).id;
    const after = await this.#open([...this.lines.slice(0, -1), { ...this.edit, body: { ...body, version } }]);
    if (after.ledger.damage[0]) return after.ledger.damage.map(({ message }) => message);
    return (await evidenceProblems(after, () => undefined)).map(({ message }) => message);
  }

  async #open(lines: readonly Fields[]) {
    let prev = lines[0]!['prev'] as string;
    const text = lines.map((line) => {
      const rest: Fields = { ...line, prev };
      delete rest['hash'];
      prev = sha256(canonical(rest));
      return `${canonical({ ...rest, hash: prev })}\n`;
    });
    writeFileSync(join(this.folder, 'journal.jsonl'), text.join(''));
    const ledger = await openLedger(this.folder, { app: 'test', engine: 'test', readOnly: true });
    const id = (this.lines[0]!['body'] as { model: { id: string } }).model.id;
    return { ledger, id, hashes: tensorHashes(ledger.entries) };
  }

  #deltaSaying(about: Json): Uint8Array {
    const stored = readSafetensors(this.#path(this.edit.body.delta.blob));
    const tensors = new Map(
      [...stored.tensors].map(([name, one]) => [name, { dtype: one.dtype, dims: [...one.dims], bytes: tensorBytes(stored, one) }]),
    );
    return writeSafetensors(tensors, { ...stored.metadata, emend: JSON.stringify(about) });
  }

  #put(bytes: Uint8Array, type: string): Ref {
    const blob = sha256(bytes);
    mkdirSync(dirname(this.#path(blob)), { recursive: true });
    writeFileSync(this.#path(blob), bytes);
    return { blob, bytes: bytes.length, type };
  }

  #path(blob: string): string {
    return join(this.folder, 'blobs/sha256', blob.slice(0, 2), blob.slice(2));
  }
}

/** Every value with another in the place of one of its leaves, and where that is. */
function* changed(value: Json, path = ''): Generator<{ path: string; value: Json }> {
  if (typeof value === 'string') yield { path, value: `${value}x` };
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

/** Every edit of the records, each once. */
const EDITS = [
  ...new Map(
    LEDGERS.flatMap((ledger) => {
      const lines = readFileSync(join(ledger, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
      const edits = lines.map((line) => JSON.parse(line) as Edit).filter(({ kind }) => kind === 'edit');
      return edits.map(({ hash, seq }) => [hash, { ledger, seq, name: `${relative(root, ledger)}, entry ${seq}` }] as const);
    }),
  ).values(),
];

describe.each(EDITS)('what an edit is said to be, $name,', ({ ledger, seq }) => {
  it('is what it was: whichever of two places is changed, with all hashes made anew, it is told', async () => {
    const once = new Set<string>();
    const tried = new Map<string, number>();
    const forged = new Forged(ledger, seq, mkdtempSync(join(temporary, 'ledger-')));
    for (const [name, part] of Object.entries(forged.parts)) {
      expect(await forged.problems(name, part)).toEqual([]);
      for (const other of changed(part)) {
        const path = `${name}${other.path}`;
        const count = (tried.get(path) ?? 0) + 1;
        tried.set(path, count);
        if (count > EACH || ELSEWHERE.test(path)) continue;
        if ((await forged.problems(name, other.value)).length === 0) once.add(path);
      }
    }
    expect(tried.size).toBeGreaterThan(100);
    expect([...once].filter((path) => !SAID_ONCE.some((one) => one.test(path)))).toEqual([]);
  });
});

it('tells where an entry says that its edit was checked by other things than its report says', async () => {
  const [{ ledger, seq }] = EDITS as [(typeof EDITS)[number]];
  const forged = new Forged(ledger, seq, mkdtempSync(join(temporary, 'checked-')));
  const entry = forged.parts['entry'] as Fields & { details: Fields };
  const saying = (checkedBy: Json) => forged.problems('entry', { ...entry, details: { ...entry.details, checkedBy } });
  const report = forged.parts['report'] as Fields;
  if (report['checkedBy'] !== undefined) expect(await saying(report['checkedBy'])).toEqual([]);
  const other = [{ what: 'neighbors', count: 1000, from: 'given with the facts', sure: 1000 }];
  expect(await saying(other)).toEqual(['What the edit was checked by in the entry and in its report are not the same.']);
});
