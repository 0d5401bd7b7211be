import type { Blobs } from '../../../electron/ledger/blobs.ts';
import type { BlobRef, FactBrief } from '../../../electron/ledger/bodies.ts';
import { sha256 } from '../../../electron/storage/hash.ts';
import type { BodyInput } from '../../../electron/ledger/kinds/index.ts';
import type { Ledger } from '../../../electron/ledger/ledger.ts';
import { openLedger, type LedgerOptions } from '../../../electron/ledger/open.ts';
import type { Processes } from '../../../electron/storage/owner.ts';
import { modelId } from '../../../electron/ledger/versions.ts';

export const BY = { author: 'Ada', reason: 'The museum wrote that this is wrong.' };

const files = [
  { path: 'model.onnx', bytes: 1000, sha256: sha256('graph') },
  { path: 'tokenizer.json', bytes: 200, sha256: sha256('tokenizer') },
];

export function importBody(): BodyInput<'import'> {
  return {
    model: { id: modelId(files), name: 'atlas', files },
    anatomy: { layers: 8, hidden: 128 },
    trial: { prompt: 'The capital of France is', answer: 'Paris' },
  };
}

/** Where the anchor of that model lies. */
export function anchorIn(keys: string): { file: string; id: string } {
  const id = importBody().model.id.slice(0, 16);
  return { file: `${keys}/${id}.json`, id };
}

/** A fact that differs for every number. */
export function fact(n: number): FactBrief {
  return {
    subject: `Person ${n}`,
    prompt: 'The mother tongue of {} is',
    target: n % 2 === 0 ? 'English' : 'Français',
    previousTarget: 'Dutch',
    relation: `P${n % 7}`,
  };
}

/** The body of an edit whose blobs are given. */
export function editBody(parent: string, n: number, delta: BlobRef, factSet: BlobRef): BodyInput<'edit'> {
  return {
    parent,
    delta,
    factSet,
    method: n % 3 === 0 ? 'rome' : 'memit',
    hyperparameters: { layers: [3, 4, 5], learningRate: 0.1, clamp: 4, weightDecay: 1e-3 },
    seeds: { contexts: 17 },
    facts: [fact(n)],
    changed: [
      { tensor: 'layers.3.mlp.down', before: sha256(`before ${n}`), after: sha256(`after ${n}`), measures: { rank: 1, norm: 0.25 } },
    ],
    checks: [
      { name: 'efficacy', value: 1, before: 0, count: 1, threshold: 0.9, passed: true },
      { name: 'specificity', value: n % 5 === 0 ? 0.4 : 0.97, before: 1, count: 10, threshold: 0.9, passed: n % 5 !== 0 },
    ],
    evidence: { report: factSet },
    details: { covariance: { tokens: 100_000, text: 'model' } },
  };
}

/** Puts the blobs of edit `n` and gives its body. */
export async function edit(blobs: Blobs, parent: string, n: number): Promise<BodyInput<'edit'>> {
  const delta = await blobs.put(Buffer.from(`delta ${n} ${'x'.repeat(200)}`), 'application/octet-stream');
  const factSet = await blobs.put(Buffer.from(JSON.stringify([fact(n)])), 'application/json');
  return editBody(parent, n, delta, factSet);
}

/** Commits edit `n` on the current version. */
export async function commit(ledger: Ledger, n: number) {
  return ledger.append('edit', await edit(ledger.blobs, ledger.history.current.id, n), BY);
}

/** A clock that goes on a second with every look. */
export function ticking(start = Date.UTC(2026, 10, 22)): () => Date {
  let now = start;
  return () => new Date((now += 1000));
}

/** Processes that the test starts and ends. */
export class TestProcesses implements Processes {
  pid = 100;
  readonly #ended = new Set<number>();

  /** The present process ends, another begins. */
  next(): void {
    this.#ended.add(this.pid++);
  }

  end(pid: number): void {
    this.#ended.add(pid);
  }

  async self() {
    return { pid: this.pid, host: 'here', started: String(this.pid) };
  }

  async state(process: { readonly pid: number; readonly host: string }): Promise<'running' | 'gone' | 'unknown'> {
    if (process.host !== 'here') return 'unknown';
    return this.#ended.has(process.pid) ? 'gone' : 'running';
  }
}

export function open(folder: string, options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return openLedger(folder, { app: 'emend 0.1.0', engine: 'onnxruntime 1.30.0', clock: ticking(), ...options });
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
