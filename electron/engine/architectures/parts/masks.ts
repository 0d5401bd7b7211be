import { codeOf } from '../../onnx/dtypes.ts';
import { floatTensor } from '../../onnx/build.ts';
import { floatsToBytes, bfloatToFloats } from '../../onnx/floats.ts';
import { countTo, size } from '../../onnx/passes/expand/heads.ts';
import type { AlibiPart } from '../spec.ts';
import type { Net } from './net.ts';

/**
 * Which keys a query may see: booleans [batch, 1, queries, keys]. A key is seen when it is no padding, does not come later than the
 * query and, with a window, at most window − 1 places before it.
 */
export function allowed(net: Net, window: number | undefined): string {
  const { b } = net;
  return net.once(`mask ${window ?? ''}`, () => {
    const keys = b.op('Unsqueeze', [keyPlaces(net), b.ints([0])]);
    const queries = b.op('Unsqueeze', [queryPlaces(net), b.ints([1])]);
    const past = b.op('LessOrEqual', [keys, queries]);
    const near = window === undefined ? past : b.op('And', [past, b.op('Less', [b.op('Sub', [queries, keys]), b.int(window)])]);
    const real = b.op('Unsqueeze', [b.op('Greater', [net.attended, b.int(0)]), b.ints([1, 2])]);
    return b.op('And', [b.op('Unsqueeze', [near, b.ints([0, 1])]), real]);
  });
}

/** Places of the keys: 0, 1, … up to as many as the attention mask has. */
function keyPlaces(net: Net): string {
  return net.once('keys', () => countTo(net.b, size(net.b, net.attended, 1)));
}

/** Places of the queries, which are the last keys. */
function queryPlaces(net: Net): string {
  const { b } = net;
  return net.once('queries', () => {
    const cached = b.op('Sub', [size(b, net.attended, 1), size(b, net.ids, 1)]);
    return b.op('Add', [countTo(b, size(b, net.ids, 1)), cached]);
  });
}

/**
 * What ALiBi adds to the scores, [1, heads, 1, keys]: slope × place of the key. Softmax takes no notice of what is the same for all keys,
 * so that this is the same as a penalty by distance. Source: transformers, modeling_bloom.py and modeling_falcon.py, build_alibi_tensor.
 */
export function alibi(net: Net, { slopes, scale, rounded }: AlibiPart): string {
  const { b } = net;
  return net.once('alibi', () => {
    const places = keyPlaces(net);
    const bias = rounded === undefined ? slopesByPlace(net, slopes, places) : roundedByPlace(net, slopes, rounded, places);
    return scale === 1 ? bias : b.op('Mul', [bias, b.scalar(scale)]);
  });
}

function slopesByPlace(net: Net, slopes: readonly number[], places: string): string {
  const { b } = net;
  const column = b.constant(floatTensor(Float32Array.from(slopes), [1, slopes.length, 1, 1]));
  return b.op('Mul', [column, b.op('Cast', [places], { to: codeOf('float32')! })]);
}

/** Falcon works this out in bfloat16, whose rounding is part of its model: a table, since graphs here have no bfloat16. */
function roundedByPlace(net: Net, slopes: readonly number[], count: number, places: string): string {
  const { b } = net;
  const table = new Float32Array(slopes.length * count);
  slopes.forEach((slope, head) => {
    const [s] = toBfloat([slope]);
    table.set(toBfloat(toBfloat(Array.from({ length: count }, (_, place) => place)).map((place) => s! * place)), head * count);
  });
  return b.op('Unsqueeze', [b.op('Gather', [b.constant(floatTensor(table, [1, slopes.length, count])), places], { axis: 2 }), b.ints([2])]);
}

function toBfloat(values: Float32Array | readonly number[]): Float32Array {
  const bytes = floatsToBytes(Float32Array.from(values), 'bfloat16');
  return bfloatToFloats(new Uint16Array(bytes.buffer));
}
