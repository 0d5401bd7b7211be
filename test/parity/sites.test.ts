import { afterAll, describe, expect, test } from 'vitest';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { type Site, siteValue } from '../../electron/engine/decoder/sites.ts';
import { type Change, Walk } from '../../electron/engine/locate/walk.ts';
import { EmendError } from '../../shared/errors.ts';
import { casesOf } from '../fixtures.ts';

const PARTS = ['query', 'key', 'value'] as const;
const ids = [3, 5, 7, 11, 2];
const LAYER = 1;
const lacking: string[] = [];

/** The site's own words for why it is not there. */
function refusal(decoder: Decoder, site: Site): string | undefined {
  try {
    siteValue(decoder.anatomy, site);
    return undefined;
  } catch (error) {
    if (error instanceof EmendError && error.code === 'unsupported') return error.message;
    throw error;
  }
}

const exported = [...casesOf('exports'), ...casesOf('memit')];

describe.skipIf(exported.length === 0)('sites inside a block', () => {
  afterAll(() => console.log([...lacking, `${exported.length} exports`].join('\n')));
  test.each(exported)('$name', async ({ name, model }) => {
    const decoder = await Decoder.open(model, { threads: 1 });
    const sites: Site[] = [...PARTS.map((part) => ({ kind: 'projected', part, layer: LAYER }) as const), { kind: 'middle', layer: LAYER }];
    const known = sites.filter((site) => {
      const why = refusal(decoder, site);
      if (why !== undefined) lacking.push(`${name}: ${why}`);
      return why === undefined;
    });
    const { attention } = decoder.anatomy.layers[LAYER]!;
    const hasPattern = attention!.pattern !== undefined;
    const read: Site[] = [{ kind: 'heads', layer: LAYER }, ...(hasPattern ? [{ kind: 'pattern', layer: LAYER } as const] : [])];
    const walk = await Walk.create(decoder, [...known, ...read]);
    const before = (await walk.next((await walk.start(ids, 2)).state)).state;
    const run = async (changes: readonly Change[] = []) => {
      const step = await walk.next(before, changes);
      return {
        at: (site: Site) => step.read(site).slice(),
        heads: step.read({ kind: 'heads', layer: LAYER }).slice(),
        pattern: hasPattern ? step.read({ kind: 'pattern', layer: LAYER }).slice() : new Float32Array(),
        hidden: (Object.values(step.state.live)[0]!.data as Float32Array).slice(),
      };
    };
    const clean = await run();
    const TOKEN = 2;
    for (const site of known) {
      const values = clean.at(site);
      const width = values.length / (2 * ids.length);
      const own = values.subarray((ids.length + TOKEN) * width, (ids.length + TOKEN + 1) * width);
      const changed = async (vector: Float32Array) => run([{ site, row: 1, token: TOKEN, vector }]);
      // Putting a value's own numbers back changes nothing; other numbers change that row from that token on, and nothing else.
      expect(apart((await changed(own)).hidden, clean.hidden)).toBe(0);
      const other = await changed(own.map((x) => 30 * x + 3));
      const rowOf = (all: Float32Array, from: number, to: number) => all.subarray((from * all.length) / 10, (to * all.length) / 10);
      expect(apart(rowOf(other.hidden, 0, 5 + TOKEN), rowOf(clean.hidden, 0, 5 + TOKEN))).toBe(0);
      expect(apart(rowOf(other.hidden, 5 + TOKEN, 10), rowOf(clean.hidden, 5 + TOKEN, 10))).toBeGreaterThan(1e-4);
      const isPart = site.kind === 'projected';
      // Values go round the pattern, keys and queries go through it; what lies behind attention touches none of it.
      if (!isPart) expect(apart(other.heads, clean.heads)).toBe(0);
      if (!isPart || !hasPattern) continue;
      const queries = queriesApart(other.pattern, clean.pattern);
      const touched = { query: [TOKEN], key: [2, 3, 4], value: [] }[site.part];
      expect(queries, site.part).toEqual(touched);
      if (site.part === 'value') expect(mixtureApart(clean.pattern, values, clean.heads)).toBeLessThan(1e-4);
    }
    await walk.release();
  });
});

function apart(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

/** Queries of the second row whose patterns differ. */
function queriesApart(a: Float32Array, b: Float32Array): number[] {
  const n = ids.length;
  const half = a.length / 2;
  const found = new Set<number>();
  for (let i = half; i < a.length; i++) if (Math.abs(a[i]! - b[i]!) > 1e-7) found.add(Math.floor(i / n) % n);
  return [...found].sort();
}

/** How far the heads are from pattern times values, whose heads may be shared by several. */
function mixtureApart(pattern: Float32Array, values: Float32Array, mixed: Float32Array): number {
  const n = ids.length;
  const heads = pattern.length / (2 * n * n);
  const width = mixed.length / (2 * n * heads);
  const shared = (heads * width * 2 * n) / values.length;
  let most = 0;
  for (let row = 0; row < 2; row++)
    for (let head = 0; head < heads; head++)
      for (let query = 0; query < n; query++)
        for (let d = 0; d < width; d++) {
          let sum = 0;
          for (let key = 0; key < n; key++)
            sum +=
              pattern[((row * heads + head) * n + query) * n + key]! *
              values[(row * n + key) * (values.length / (2 * n)) + Math.floor(head / shared) * width + d]!;
          most = Math.max(most, Math.abs(sum - mixed[(row * n + query) * heads * width + head * width + d]!));
        }
  return most;
}
