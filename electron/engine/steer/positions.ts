import { EmendError } from '../../../shared/errors.ts';
import type { Positions } from '../../../shared/steering/positions.ts';
import { floatTensor, type GraphBuilder } from '../onnx/build.ts';

/** Values of a graph that positions are told by: where each token is, int64 [batch, length]; where prompts and answers end, [batch, 1]. */
export interface Whereabouts {
  readonly at: string;
  readonly prompt?: string | undefined;
  readonly answer?: string | undefined;
}

/** The whereabouts from an input [batch, 3] of (cached positions, prompt's end, answer's beginning). */
export function fromBoundaries(b: GraphBuilder, boundaries: string, ids: string): Whereabouts {
  const column = (at: number) => b.op('Gather', [boundaries, b.ints([at])], { axis: 1 });
  return { at: b.op('Add', [column(0), range(b, ids)]), prompt: column(1), answer: column(2) };
}

/** 0, 1, … as long as the rows of ids are. */
export function range(b: GraphBuilder, ids: string): string {
  const length = b.op('Gather', [b.op('Shape', [ids]), b.int(1)]);
  return b.op('Range', [b.int(0), length, b.int(1)]);
}

/** Positions that some tokens have and others have not. */
type Marked = Exclude<Positions, { kind: 'all' | 'aligned' }>;

/** Marks of the touched tokens, float32 [batch, length, 1] of 0 and 1. The same as `touches` of shared/steering/positions.ts. */
export function marksOf(b: GraphBuilder, positions: Marked, where: Whereabouts): string {
  const marks = (() => {
    if (positions.kind === 'prompt') return b.op('Less', [where.at, known(where.prompt)]);
    if (positions.kind === 'from') return b.op('GreaterOrEqual', [where.at, b.int(positions.position)]);
    if (positions.kind === 'answer') return b.op('GreaterOrEqual', [where.at, moved(b, known(where.answer), positions.offset)]);
    return positions.positions
      .map((one) => b.op('Equal', [where.at, one < 0 ? moved(b, known(where.prompt), one) : b.int(one)]))
      .reduce((some, one) => b.op('Or', [some, one]));
  })();
  return b.op('Unsqueeze', [b.op('Cast', [marks], { to: FLOAT }), b.ints([-1])]);
}

/** Vectors [tokens, width] laid on the rows: float32 [batch, length, width], 0 where none lies. */
export function alignedRows(
  b: GraphBuilder,
  { to, tokens }: Positions & { kind: 'aligned' },
  vectors: { readonly width: number; readonly data: Float32Array },
  where: Whereabouts,
): string {
  const start = {
    front: () => undefined,
    mid: () => moved(b, b.op('Div', [known(where.prompt), b.int(2)]), -Math.floor(tokens / 2)),
    back: () => moved(b, known(where.prompt), -tokens),
  }[to]();
  const index = start === undefined ? where.at : b.op('Sub', [where.at, start]);
  const inside = b.op('And', [b.op('GreaterOrEqual', [index, b.int(0)]), b.op('Less', [index, b.int(tokens)])]);
  const table = new Float32Array((tokens + 1) * vectors.width); // the last row is 0
  table.set(vectors.data);
  return b.op('Gather', [b.constant(floatTensor(table, [tokens + 1, vectors.width])), b.op('Where', [inside, index, b.int(tokens)])]);
}

/** ONNX's number of float32. */
export const FLOAT = 1;

function moved(b: GraphBuilder, value: string, by: number): string {
  return by === 0 ? value : b.op('Add', [value, b.int(by)]);
}

function known(value: string | undefined): string {
  if (value !== undefined) return value;
  throw new EmendError(
    'unsupported',
    'Which tokens are steered depends on where the prompt ends, which the exported graph is not told.',
    'Steer all tokens, or those from a position on.',
  );
}
