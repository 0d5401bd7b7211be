import fc from 'fast-check';
import { expect, it } from 'vitest';
import { given } from '../../../shared/given.ts';

it('leaves out what is undefined and nothing else', () => {
  expect(given({ a: undefined, b: null, c: 0, d: '', e: false })).toEqual({ b: null, c: 0, d: '', e: false });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.oneof(fc.anything(), fc.constant(undefined))), (fields) => {
      const kept = given(fields);
      for (const [name, value] of Object.entries(fields)) expect(Object.hasOwn(kept, name)).toBe(value !== undefined);
      expect(Object.keys(kept).every((name) => Object.hasOwn(fields, name))).toBe(true);
    }),
  );
});
