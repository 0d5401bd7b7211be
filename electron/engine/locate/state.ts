import * as ort from 'onnxruntime-node';
import { rightPad, type Rows } from '../runtime/inputs.ts';

/** Rows between two blocks: what the next block goes on from. */
export interface State {
  /** Blocks that have run. */
  readonly layer: number;
  /** The rows' tokens; all rows are of one text. */
  readonly ids: readonly number[];
  readonly rows: number;
  readonly live: Readonly<Record<string, ort.Tensor>>;
  /** Tokens in front of these, which do not run again. */
  readonly settled?: Settled | undefined;
}

/** What blocks keep of tokens that came before, by the cache input that takes it: [rows, heads, tokens, width]. */
export type Kept = ReadonlyMap<string, ort.Tensor>;

/** Tokens that do not run again: how many, and what blocks kept of them. */
export interface Settled {
  readonly count: number;
  readonly kept: Kept;
}

/** A state with other rows: `from` says which of the old ones each new one is. */
export function pickRows(state: State, from: readonly number[]): State {
  const { settled } = state;
  return {
    ...state,
    rows: from.length,
    live: mapped(state, (tensor) => rowsPicked(tensor, state.rows, from)),
    ...(settled ? { settled: settledRows(settled.kept, from, settled.count) } : {}),
  };
}

/** Of some rows what blocks kept of their first tokens. */
export function settledRows(kept: Kept, rows: readonly number[], count: number): Settled {
  const cut = [...kept].map(([input, tensor]) => {
    const [, heads, tokens, width] = tensor.dims as [number, number, number, number];
    const data = tensor.data as Float32Array;
    const made = new Float32Array(rows.length * heads * count * width);
    rows.forEach((row, at) => {
      for (let head = 0; head < heads; head++) {
        const from = (row * heads + head) * tokens * width;
        made.set(data.subarray(from, from + count * width), (at * heads + head) * count * width);
      }
    });
    return [input, new ort.Tensor('float32', made, [rows.length, heads, count, width])] as const;
  });
  return { count, kept: new Map(cut) };
}

/** Some rows of a state, of which only the tokens behind the settled ones run on. @param settled of these rows, in their order */
export function behind(state: State, rows: readonly number[], settled: Settled): State {
  const picked = pickRows(state, rows);
  const { ids, layer } = picked;
  const live = mapped(picked, (tensor) => {
    const data = tensor.data as Float32Array;
    const width = data.length / rows.length / ids.length;
    const left = (ids.length - settled.count) * width;
    const made = new Float32Array(rows.length * left);
    rows.forEach((_, row) => made.set(data.subarray((row + 1) * ids.length * width - left, (row + 1) * ids.length * width), row * left));
    const isFlat = tensor.dims[0] !== rows.length || tensor.dims[1] !== ids.length;
    return new ort.Tensor('float32', made, isFlat ? [made.length / width, width] : [rows.length, left / width, width]);
  });
  return { layer, ids: ids.slice(settled.count), rows: rows.length, live, settled };
}

/** The hidden states of all rows: rows × tokens × width. */
export function hiddenOf(state: State): Float32Array {
  return Object.values(state.live)[0]!.data as Float32Array;
}

/** The hidden state of one row at one token. */
export function hiddenAt(state: State, row: number, token: number): Float32Array {
  const data = hiddenOf(state);
  const width = data.length / state.rows / state.ids.length;
  const at = (row * state.ids.length + token) * width;
  return data.subarray(at, at + width);
}

/** The same rows with some hidden states replaced; the old state stays as it was. */
export function withHidden(state: State, changes: readonly { row: number; token: number; vector: Float32Array }[]): State {
  const live = mapped(state, (tensor) => new ort.Tensor('float32', (tensor.data as Float32Array).slice(), tensor.dims));
  const copy = { ...state, live };
  for (const { row, token, vector } of changes) hiddenAt(copy, row, token).set(vector);
  return copy;
}

/** The tokens of a state as a part of the model takes them. */
export function rowsOf({ ids, rows, settled }: State): Rows {
  return rightPad(
    Array.from({ length: rows }, () => ids),
    settled?.count ?? 0,
  );
}

function mapped(state: State, change: (tensor: ort.Tensor) => ort.Tensor): Record<string, ort.Tensor> {
  return Object.fromEntries(Object.entries(state.live).map(([name, tensor]) => [name, change(tensor)]));
}

function rowsPicked(tensor: ort.Tensor, rows: number, from: readonly number[]): ort.Tensor {
  const data = tensor.data as Float32Array;
  const size = data.length / rows;
  const picked = new Float32Array(size * from.length);
  from.forEach((row, at) => picked.set(data.subarray(row * size, (row + 1) * size), at * size));
  const [first, ...rest] = tensor.dims as [number, ...number[]];
  return new ort.Tensor('float32', picked, [(first / rows) * from.length, ...rest]);
}
