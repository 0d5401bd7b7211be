// JSON with tags for what structured clone carries and JSON does not. Runs in Node and in the page.

/** What `encode` gives: plain JSON. */
export type Json = null | string | number | boolean | Json[] | { [key: string]: Json };

/** The sentence of Electron for values that cannot cross. */
export const NOT_CLONEABLE = 'An object could not be cloned.';

const DEEPEST = 1000;

interface Base64Bytes extends Uint8Array {
  toBase64?(): string;
}
interface Base64Constructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

// Chromium has the methods, Node 20 has Buffer.
const toBase64 = (bytes: Uint8Array): string =>
  (bytes as Base64Bytes).toBase64?.() ?? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  (Uint8Array as Base64Constructor).fromBase64?.(text) ?? new Uint8Array(Buffer.from(text, 'base64'));

type View =
  | 'Int8Array'
  | 'Uint8Array'
  | 'Uint8ClampedArray'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Int32Array'
  | 'Uint32Array'
  | 'Float32Array'
  | 'Float64Array'
  | 'BigInt64Array'
  | 'BigUint64Array'
  | 'DataView';
type ViewConstructor = new (buffer: ArrayBuffer) => ArrayBufferView;

/**
 * Copies a value by structured clone and writes it as JSON.
 * @throws Error with Electron's sentence for functions, proxies, promises, symbols, blobs and other things of the platform
 */
export function encode(value: unknown): Json {
  return write(clone(value), 0);
}

/** A structured clone. @throws Error with Electron's sentence */
export function clone<T>(value: T): T {
  try {
    return structuredClone(value);
  } catch {
    throw new Error(NOT_CLONEABLE);
  }
}

function write(value: unknown, depth: number): Json {
  if (depth > DEEPEST) throw new Error('the Electron double has no cycles or nesting deeper than 1000 in messages');
  const inner = (item: unknown): Json => write(item, depth + 1);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) };
  if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
  if (typeof value === 'undefined') return { $: 'undefined' };
  if (typeof value !== 'object' || value instanceof Blob) throw new Error(NOT_CLONEABLE);
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Date) return { $: 'date', v: inner(value.getTime()) };
  if (value instanceof RegExp) return { $: 'regexp', v: [value.source, value.flags] };
  if (value instanceof Map) return { $: 'map', v: [...value].map(inner) };
  if (value instanceof Set) return { $: 'set', v: [...value].map(inner) };
  if (value instanceof Error) return { $: 'error', v: [value.name, value.message, value.stack ?? ''] };
  if (value instanceof ArrayBuffer) return { $: 'buffer', v: toBase64(new Uint8Array(value)) };
  if (ArrayBuffer.isView(value))
    return { $: 'view', type: value.constructor.name, v: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  const fields = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item)]));
  return '$' in fields ? { $: 'object', v: fields } : fields;
}

/** Reads what `encode` wrote. */
export function decode(json: Json): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(decode);
  const content = json['v'] as Json;
  switch (json['$']) {
    case undefined:
      return fields(json);
    case 'object':
      return fields(content as Record<string, Json>);
    case 'undefined':
      return undefined;
    case 'number':
      return Number(content);
    case 'bigint':
      return BigInt(content as string);
    case 'date':
      return new Date(decode(content) as number);
    case 'regexp':
      return new RegExp(...(content as [string, string]));
    case 'map':
      return new Map((content as Json[]).map(decode) as [unknown, unknown][]);
    case 'set':
      return new Set((content as Json[]).map(decode));
    case 'error': {
      const [name, message, stack] = content as [string, string, string];
      return Object.assign(new Error(message), { name, stack });
    }
    case 'buffer':
      return fromBase64(content as string).buffer;
    case 'view':
      return new (globalThis[json['type'] as View] as ViewConstructor)(fromBase64(content as string).buffer);
    default:
      throw new Error(`The message has an unknown tag ${JSON.stringify(json['$'])}.`);
  }
}

function fields(json: Record<string, Json>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, decode(item)]));
}
