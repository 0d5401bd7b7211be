import fc from 'fast-check';
import * as v from 'valibot';

// Parameters as a hostile page would send them: whatever, or what a schema asks for with something wrong in it.

/** Words of a library, so that calls get further than its door. */
export interface Words {
  readonly models: readonly string[];
  readonly versions: readonly string[];
  /** Handles of what was chosen to be read, and of what was chosen to be written. */
  readonly handles: readonly string[];
  readonly others: readonly string[];
}

const NASTY = [
  '',
  ' ',
  '.',
  '..',
  '../..',
  '../../../../etc/passwd',
  '/etc/passwd',
  'C:\\Windows\\win.ini',
  '\\\\server\\share',
  '%2e%2e%2f',
  'a\0b',
  '\u202e',
  '\ud800',
  '__proto__',
  'constructor',
  'toString',
  '{}',
  '{} {}',
  '=1+1',
  '<script>alert(1)</script>',
  'x'.repeat(3000),
  '💥'.repeat(500),
  'NaN',
  'null',
  '-1',
  'file:///etc/passwd',
];
const NUMBERS = [0, -0, 1, -1, 2, 5, 0.5, 1e9, 2 ** 31, 2 ** 53, Number.MAX_VALUE, Number.MIN_VALUE, NaN, Infinity, -Infinity];

/** Anything that structured clone carries. */
const junk = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, maxDepth: 3 }),
  fc.constantFrom<unknown>(...NASTY),
  fc.constantFrom<unknown>(...NUMBERS),
  cyclic(),
  deep(),
);

function cyclic(): fc.Arbitrary<unknown> {
  return fc.constant(null).map(() => {
    const ring: Record<string, unknown> = {};
    ring['self'] = ring;
    return ring;
  });
}

function deep(): fc.Arbitrary<unknown> {
  return fc.constant(null).map(() => {
    let value: unknown = 1;
    for (let depth = 0; depth < 900; depth++) value = [value];
    return value;
  });
}

type Schema = v.GenericSchema & {
  readonly type: string;
  readonly entries?: Record<string, Schema>;
  readonly item?: Schema;
  readonly wrapped?: Schema;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly value?: Schema;
  readonly pipe?: readonly unknown[];
};

/** Values that mostly fit a schema. @param key of the field, which says what words fit it */
function fitting(schema: Schema, words: Words, key = ''): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'strict_object':
    case 'object':
    case 'loose_object': {
      const entries = Object.entries(schema.entries ?? {});
      const optional = (one: Schema) => ['optional', 'exact_optional', 'nullish'].includes(one.type);
      return fc.record(Object.fromEntries(entries.map(([name, one]) => [name, fitting(one, words, name)])), {
        requiredKeys: entries.filter(([, one]) => !optional(one)).map(([name]) => name),
      });
    }
    case 'optional':
    case 'exact_optional':
      return fitting(schema.wrapped!, words, key);
    case 'nullable':
    case 'nullish':
      return fc.oneof(fc.constant(null), fitting(schema.wrapped!, words, key));
    case 'array':
      return fc.array(fitting(schema.item!, words, key), { maxLength: 4 });
    case 'record':
      return fc.dictionary(fc.constantFrom(...NASTY.slice(0, 20)), fitting(schema.value!, words), { maxKeys: 4 });
    case 'picklist':
      return fc.constantFrom(...(schema.options ?? []));
    case 'literal':
      return fc.constant(schema.literal);
    case 'union':
    case 'variant':
      return fc.oneof(...(schema.options as Schema[]).map((one) => fitting(one, words, key)));
    case 'boolean':
      return fc.boolean();
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 12 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(...NUMBERS));
    case 'string':
      return text(words, key);
    default:
      return junk;
  }
}

function text(words: Words, key: string): fc.Arbitrary<string> {
  const own =
    key === 'model'
      ? words.models
      : ['version', 'a', 'b'].includes(key)
        ? words.versions
        : ['source', 'handle', 'destination', 'folder'].includes(key)
          ? words.handles
          : words.others;
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...own) },
    { weight: 2, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  );
}

/** Parameters for a method: as they should be, with one field spoilt, or nothing of the kind. */
export function parameters(schema: v.GenericSchema, words: Words): fc.Arbitrary<unknown> {
  const good = fitting(schema as Schema, words);
  const spoilt = fc
    .tuple(good, fc.oneof(fc.nat(8), fc.constantFrom('__proto__', 'extra', 'constructor')), junk)
    .map(([value, at, poison]) => {
      if (typeof value !== 'object' || value === null) return poison;
      const keys = Object.keys(value);
      const key = typeof at === 'string' ? at : keys[at % Math.max(1, keys.length)];
      const copy: Record<string, unknown> = { ...value };
      if (key !== undefined) Object.defineProperty(copy, key, { value: poison, enumerable: true, configurable: true, writable: true });
      return copy;
    });
  return fc.oneof({ weight: 5, arbitrary: good }, { weight: 3, arbitrary: spoilt }, { weight: 2, arbitrary: junk });
}

/** Names of methods, now and then one that is none. */
export function methods(names: readonly string[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 30, arbitrary: fc.constantFrom<unknown>(...names) }, { weight: 1, arbitrary: junk });
}
