import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { InterventionSchema, PartSchema } from '../../../shared/steering/intervention.ts';
import {
  STEERING_METHODS,
  STEERING_NAMES,
  STEERING_SETTINGS,
  SteeringChoicesSchema,
  steeringTitle,
} from '../../../shared/steering/list.ts';
import { converted, multiplesOf, UNIT_NAMES } from '../../../shared/steering/strength.ts';

const part = {
  site: 'residual',
  layers: [3],
  positions: { kind: 'all' },
  vector: 'v',
  operator: 'add',
  strength: { value: 1, unit: 'raw' },
} as const;
const fits = (change: object) => v.safeParse(PartSchema, { ...part, ...change }).success;

describe('an intervention', () => {
  test('is parts, or a rule of decoding', () => {
    expect(fits({})).toBe(true);
    expect(v.safeParse(InterventionSchema, { parts: [part] }).success).toBe(true);
    expect(v.safeParse(InterventionSchema, { parts: [] }).success).toBe(false);
    const dola = {
      kind: 'dola',
      candidates: [0, 2],
      relativeTop: 0.1,
      repetitionPenalty: 1.2,
      norm: false,
      divergence: 'coded',
      scoring: 'factor',
    };
    expect(v.safeParse(InterventionSchema, { parts: [], decoding: dola }).success).toBe(true);
    expect(v.safeParse(InterventionSchema, { parts: [], decoding: { ...dola, candidates: [2, 2] } }).success).toBe(false);
  });

  test('refuses parts that say two things', () => {
    expect(fits({ vector: undefined })).toBe(false);
    expect(fits({ operator: 'scale' })).toBe(false);
    expect(fits({ head: 1 })).toBe(false);
    expect(fits({ site: 'heads', head: 1 })).toBe(true);
    expect(fits({ site: 'heads', head: 1, keepsNorm: true })).toBe(false);
    expect(fits({ units: [1] })).toBe(false);
    expect(fits({ layers: [1, 1] })).toBe(false);
    expect(fits({ layers: [] })).toBe(false);
    expect(fits({ operator: 'project out', positions: { kind: 'aligned', to: 'front', tokens: 2 } })).toBe(false);
    expect(fits({ strength: { value: Infinity, unit: 'raw' } })).toBe(false);
    expect(fits({ somethingElse: 1 })).toBe(false);
  });
});

describe('strength', () => {
  const size = fc.double({ min: 0.01, max: 100, noNaN: true });
  test('means the same in every unit that was measured', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), size, size, size, (value, length, sigma, norm) => {
        const measured = { length, sigma, norm };
        for (const from of UNIT_NAMES)
          for (const to of UNIT_NAMES) {
            const other = converted({ value, unit: from }, to, measured)!;
            expect(other.unit).toBe(to);
            expect(multiplesOf(other, measured)).toBeCloseTo(multiplesOf({ value, unit: from }, measured)!, 8);
          }
      }),
    );
  });
  test('is not converted by what was never measured', () => {
    expect(converted({ value: 2, unit: 'sigma' }, 'raw', { length: 3 })).toBeUndefined();
    expect(converted({ value: 2, unit: 'raw' }, 'norm', { length: 3 })).toBeUndefined();
    expect(multiplesOf({ value: 2, unit: 'norm' }, { length: 0, norm: 4 })).toBeUndefined();
    expect(multiplesOf({ value: 15, unit: 'sigma' }, { length: 1, sigma: 0.2 })).toBeCloseTo(3);
  });
});

describe('steering methods', () => {
  test('say everything that people need', () => {
    for (const name of STEERING_NAMES) {
      const method = STEERING_METHODS[name];
      expect(method.name).toBe(name);
      expect(method.paper.url).toMatch(/^https:\/\//);
      expect(new Set(method.settings.map(({ flag }) => flag)).size).toBe(method.settings.length);
      if (method.strength !== undefined) expect(method.settings.map(({ key }) => key)).toContain(method.strength);
    }
  });
  test('share a setting only where it is the same', () => {
    for (const name of STEERING_NAMES)
      for (const setting of STEERING_METHODS[name].settings) expect(STEERING_SETTINGS.get(setting.key)).toBe(setting);
  });
  test('are called what the record calls them where they are unknown', () => {
    expect(steeringTitle('iti')).toBe('Inference-Time Intervention');
    expect(steeringTitle('of another release')).toBe('of another release');
  });
  test('take choices of any method and nothing else', () => {
    expect(v.safeParse(SteeringChoicesSchema, { alpha: 2, alignment: 'back' }).success).toBe(true);
    expect(v.safeParse(SteeringChoicesSchema, { alignment: 'left' }).success).toBe(false);
    expect(v.safeParse(SteeringChoicesSchema, { unheard: 1 }).success).toBe(false);
  });
});
