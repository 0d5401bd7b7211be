import type { Value } from '../../../electron/engine/onnx/graph.ts';
import type { Mini } from './mini.ts';

export interface Defect {
  /** What the small decoder is like. */
  readonly choices?: Partial<Mini>;
  /** What becomes of its inputs. */
  readonly change?: (inputs: Value[]) => Value[];
  readonly told: RegExp;
}

/** What keeps a graph from being run as a decoder, and how it is told. */
export const DEFECTS: Readonly<Record<string, Defect>> = {
  'no causal mask': { choices: { sees: 'all' }, told: /sees what comes later/ },
  'one row for a text': { choices: { rows: 'mean', flat: false }, told: /one row for a text/ },
  'token types that matter': { choices: { tokenTypes: 'used' }, told: /token types/ },
  'another cache': { choices: { cache: true, continues: 'stale' }, told: /goes on otherwise from its cache/ },
  'no feed-forward part': { choices: { mlp: 'none', norms: 'pre' }, told: /No feed-forward layers/ },
  'one text at a time': { change: (all) => all.map((one) => resized(one, 0, 1)), told: /exactly 1 text at a time/ },
  'one length': { change: (all) => all.map((one) => resized(one, 1, 4)), told: /exactly 4 tokens/ },
  'a cache of one length': {
    choices: { cache: true },
    change: (all) => all.map((one) => (one.dims?.length === 4 ? resized(one, 2, 9) : one)),
    told: /cache .* fixed length/,
  },
  'an input of unknown meaning': {
    change: (all) => [...all, { name: 'pixel_values', dtype: 'float32', dims: ['b', 3, 'h', 'w', 1] }],
    told: /unknown: pixel_values/,
  },
  'embeddings as input': {
    change: (all) => [...all, { name: 'inputs_embeds', dtype: 'float32', dims: ['b', 's', 8] }],
    told: /token embedding/,
  },
};

function resized(value: Value, axis: number, size: number): Value {
  return value.dims?.length === 2 || value.dims?.length === 4 ? { ...value, dims: value.dims.with(axis, size) } : value;
}
