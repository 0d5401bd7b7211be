import { join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { byteSize, elementCount } from './dtypes.ts';
import { FileWindow } from './file-window.ts';
import { bfloatToFloats, halfToFloats } from './floats.ts';
import type { DataType, Tensor } from './graph.ts';

export { floatsToBytes, isFloatType, type FloatType } from './floats.ts';

/** Anything whose tensors may be ranges of files in a folder: a model, or safetensors as `readSafetensors` gives them. */
export interface TensorHome {
  readonly folder: string;
}

/**
 * A tensor's little-endian bytes. Those of a file are read anew at each call; those in memory are shared, so do not write into the result.
 *
 * @throws EmendError `bad-file` when the file is gone or shorter than the range
 */
export function tensorBytes(home: TensorHome, tensor: Tensor): Uint8Array {
  if (tensor.data.kind === 'bytes') return tensor.data.bytes;
  const { file, offset, length } = tensor.data;
  const window = new FileWindow(join(home.folder, file));
  try {
    return window.bytes(offset, offset + length);
  } finally {
    window.close();
  }
}

/**
 * A tensor's values as float32, in its own order: shape [product of dims]. float64 and wide integers are rounded.
 *
 * @throws EmendError `unsupported` for types without a number value, `bad-file` as {@link tensorBytes}
 */
export function tensorFloats(home: TensorHome, tensor: Tensor): Float32Array {
  const values = tensorValues(home, tensor);
  if (values instanceof Float32Array) return values;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return Float32Array.from(values, Number);
  return Float32Array.from(values);
}

/**
 * A tensor's values as whole numbers: shape [product of dims]. What lies beyond ±2^53 (exporters write the ends of int64
 * for "no limit") becomes ±Number.MAX_SAFE_INTEGER; booleans become 0 and 1.
 *
 * @throws EmendError `unsupported` when the type is not an integer one
 */
export function tensorInts(home: TensorHome, tensor: Tensor): number[] {
  const values = tensorValues(home, tensor);
  if (values instanceof Float32Array || values instanceof Float64Array) throw wrongType(tensor.dtype, 'whole numbers');
  const clamp = (v: number | bigint) => Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(v)));
  return Array.from<number | bigint, number>(values, clamp);
}

type Values =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | BigInt64Array
  | BigUint64Array;

function tensorValues(home: TensorHome, tensor: Tensor): Values {
  const count = elementCount(tensor.dims);
  const size = count === undefined ? undefined : byteSize(tensor.dtype, count);
  if (count === undefined || size === undefined) throw wrongType(tensor.dtype, 'numbers');
  const bytes = tensorBytes(home, tensor);
  if (bytes.length !== size) {
    throw new EmendError(
      'bad-file',
      `A ${tensor.dtype} tensor of shape [${tensor.dims.join(', ')}] needs ${size} bytes, not ${bytes.length}`,
      'Open the model again.',
    );
  }
  // typed arrays need aligned starts, which slices of a message do not have
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const at = [aligned.buffer, aligned.byteOffset, count] as const;
  switch (tensor.dtype) {
    case 'float32':
      return new Float32Array(...at);
    case 'float64':
      return new Float64Array(...at);
    case 'float16':
      return halfToFloats(new Uint16Array(...at));
    case 'bfloat16':
      return bfloatToFloats(new Uint16Array(...at));
    case 'int64':
      return new BigInt64Array(...at);
    case 'uint64':
      return new BigUint64Array(...at);
    case 'int32':
      return new Int32Array(...at);
    case 'uint32':
      return new Uint32Array(...at);
    case 'int16':
      return new Int16Array(...at);
    case 'uint16':
      return new Uint16Array(...at);
    case 'int8':
      return new Int8Array(...at);
    case 'uint8':
    case 'bool':
      return new Uint8Array(...at);
    case 'int4':
      return Int8Array.from({ length: count }, (_, i) => (nibble(aligned, i) << 28) >> 28);
    case 'uint4':
      return Uint8Array.from({ length: count }, (_, i) => nibble(aligned, i));
    default:
      throw wrongType(tensor.dtype, 'numbers');
  }
}

/** Two 4-bit values share a byte, the first in its low half. */
function nibble(bytes: Uint8Array, i: number): number {
  return (bytes[i >> 1]! >> (4 * (i & 1))) & 15;
}

function wrongType(dtype: DataType, wanted: string): EmendError {
  return new EmendError(
    'unsupported',
    `A tensor of type ${dtype} cannot be read as ${wanted}`,
    'Use a model whose weights are float32, float16 or bfloat16.',
  );
}
