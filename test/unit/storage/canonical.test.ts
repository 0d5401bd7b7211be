import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, isCanonical } from '../../../electron/storage/canonical.ts';
import { EmendError } from '../../../shared/errors.ts';

describe('canonical JSON', () => {
  it('writes the example of RFC 8785 as the RFC does', () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\/',
      literals: [null, true, false],
    };
    expect(canonical(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("sorts members by UTF-16 code units, as the RFC's example does", () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const order = [...canonical(value).matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('does not depend on the order of members, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonical(value);
        expect(canonical(reversed(value))).toBe(text);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(JSON.parse(canonical(JSON.parse(text)))));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200 },
    );
  });

  it('is told from other texts of the same value', () => {
    /** Texts of a value as other writers have them. */
    const spellings = (value: unknown) => [
      JSON.stringify(value),
      JSON.stringify(reversed(value)),
      JSON.stringify(value, null, 1),
      `${canonical(value)} `,
      canonical(value).replace(/"([a-z])/, (_, letter: string) => `"\\u00${letter.charCodeAt(0).toString(16)}`),
      canonical(value).replace(/([:[])(\d+)([,}\]])/, '$1$2.0$3'),
    ];
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const text of [canonical(value), ...spellings(value)]) {
          if (isCanonical(text, JSON.parse(text))) expect(canonical(JSON.parse(text))).toBe(text);
        }
      }),
      { numRuns: 500 },
    );
    for (const text of ['{"a":1,"b":[{"c":"é\\n"}]}', '{"":null,"A":1e+30}', '[]'])
      expect(isCanonical(text, JSON.parse(text)), text).toBe(true);
    for (const text of ['{"b":1,"a":1}', '{"a": 1}', '{"a":1,"a":1}', '-0', '1.0', '"\\ud800"', '"\\u0041"', '[{"b":1,"a":1}]', '"\\/"'])
      expect(isCanonical(text, JSON.parse(text)), text).toBe(false);
    const deep = '['.repeat(5000) + ']'.repeat(5000);
    expect(isCanonical(deep, JSON.parse(deep))).toBe(false);
  });

  it.each([
    ['NaN', { a: [1, NaN] }, 'a.1', 'NaN'],
    ['an infinity', { a: -Infinity }, 'a', '-Infinity'],
    ['undefined', { a: { b: undefined } }, 'a.b', 'undefined'],
    ['a hole in an array', [1, , 2], '1', 'undefined'],
    ['a lone surrogate', { text: 'half \ud83d of it' }, 'text', 'surrogate'],
    ['a lone surrogate in a name', { '\udc00': 1 }, '\udc00', 'surrogate'],
    ['a date', { when: new Date(0) }, 'when', 'Date'],
    ['bytes', { bytes: new Uint8Array(2) }, 'bytes', 'Uint8Array'],
    ['a big integer', { big: 1n }, 'big', 'bigint'],
    ['a function', { f: () => 1 }, 'f', 'function'],
  ])('refuses %s and names its place', (_, value, path, found) => {
    const error = thrown(() => canonical(value));
    expect(error.code).toBe('bad-input');
    expect(error.details['path']).toBe(path);
    expect(error.message).toContain(found);
  });

  it('refuses nesting that would exhaust the stack', () => {
    const deep = JSON.parse('['.repeat(5000) + ']'.repeat(5000)) as unknown;
    expect(thrown(() => canonical(deep)).message).toContain('nesting');
  });
});

function thrown(act: () => unknown): EmendError {
  try {
    act();
  } catch (error) {
    if (error instanceof EmendError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The same value with the members of every object in the other order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
}
