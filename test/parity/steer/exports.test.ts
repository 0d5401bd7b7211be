import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { hiddenAt, withHidden } from '../../../electron/engine/locate/state.ts';
import { Walk } from '../../../electron/engine/locate/walk.ts';
import { largest } from '../../../electron/engine/runtime/sampling.ts';
import { patchModel } from '../../../electron/engine/onnx/patch.ts';
import { exportable, exportGraph } from '../../../electron/engine/steer/export.ts';
import { PlainRun } from '../../../electron/engine/steer/plain-run.ts';
import type { Steering } from '../../../electron/engine/steer/steering.ts';
import { steered } from '../../../electron/engine/steer/apply.ts';
import { orthogonalised } from '../../../electron/engine/steer/writers.ts';
import { LAST, type Positions } from '../../../shared/steering/positions.ts';
import { EmendError } from '../../../shared/errors.ts';
import { casesOf } from '../../fixtures.ts';
import { logitsOf, one, steeringOf, written } from './cases.ts';

const ids = [3, 5, 7, 11, 2, 9];
const exported = [...casesOf('exports'), ...casesOf('memit')];
const said: string[] = [];
const scratch = mkdtempSync(join(tmpdir(), 'emend-steered-'));
let exports = 0;
const raw = { value: 1, unit: 'raw' as const };
const apart = (a: Float32Array, b: Float32Array) => {
  expect(a.length).toBe(b.length);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
};
const some = (width: number, scale: number) => Float32Array.from({ length: width }, (_, i) => scale * Math.sin(i + 1));

describe.skipIf(exported.length === 0)('whatever exporter and family', () => {
  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true });
    console.log(said.join('\n'));
  });
  test.each(exported)('$name: steering is what a walk does by hand, and the cache changes nothing', async ({ name, model }) => {
    const decoder = await Decoder.open(model, { threads: 1 });
    const { layers, hiddenSize, vocabulary } = decoder.anatomy;
    const width = layers[0]!.attention!.heads * layers[0]!.attention!.headWidth;
    const [atHeads, atHidden] = [some(width, 0.5), some(hiddenSize, 2)];
    const at: Positions = { kind: 'at', positions: [1, ids.length - 2] };
    const from: Positions = { kind: 'from', position: 3 };
    const parts = (head: Positions, hidden: Positions) => [
      { site: 'heads' as const, layers: [0], positions: head, operator: 'add' as const, strength: raw, vectors: one(atHeads) },
      { site: 'residual' as const, layers: [0], positions: hidden, operator: 'add' as const, strength: raw, vectors: one(atHidden) },
    ];
    const steering = steeringOf(parts(at, from));
    const all = await logitsOf(steered(decoder, steering), ids);

    const heads = { kind: 'heads', layer: 0 } as const;
    const walk = await Walk.create(decoder, [heads]);
    const start = (await walk.start(ids, 1)).state;
    const clean = (await walk.next(start)).read(heads);
    const moved = [1, ids.length - 2].map((token) => ({
      site: heads,
      row: 0,
      token,
      vector: clean.slice(token * width, (token + 1) * width).map((x, i) => x + atHeads[i]!),
    }));
    const behind = (await walk.next(start, moved)).state;
    const shifted = [3, 4, 5].map((token) => ({ row: 0, token, vector: hiddenAt(behind, 0, token).map((x, i) => x + atHidden[i]!) }));
    const byHand = await walk.finish(withHidden(behind, shifted));
    await walk.release();
    const last = all.slice(-vocabulary);
    expect(apart(last, byHand)).toBeLessThan(2e-3); // int4 rounds what goes into its products
    expect(apart(last, (await logitsOf(decoder, ids)).slice(-vocabulary))).toBeGreaterThan(1e-2);

    // Written token by token, with the cache where there is one, a text is what it is when it is read as a whole.
    const writer = steered(decoder, steeringOf(parts(LAST, { kind: 'prompt' })));
    const { generated, steps } = await written(writer, ids, 2);
    const whole = await logitsOf(writer, [...ids, generated[0]!], { prompt: ids.length, answer: ids.length });
    expect(apart(whole.slice(-vocabulary), steps[1]!)).toBeLessThan(2e-3);
    expect(largest(whole.slice(-2 * vocabulary, -vocabulary), 1)).toEqual([generated[0]]);
    const written_ = await exportedFile(decoder, steering);
    const file = typeof written_ === 'string' ? written_ : await PlainRun.open(written_.file, decoder);
    if (typeof file !== 'string') {
      const read = await file.read(ids);
      expect(apart(read.slice(-vocabulary), last)).toBeLessThan(layers[0]!.mlp.down.dtype === 'float32' ? 1e-4 : 2e-2); // others round
      await file.release();
    }
    said.push(`${name}: ${writersIn(decoder)}; ${typeof file === 'string' ? file : 'exported'}`);
  });
});

/** The model with a steering in its graph, or why that cannot be, or be run. */
async function exportedFile(decoder: Decoder, steering: Steering): Promise<{ file: string } | string> {
  const own = await PlainRun.open(join(decoder.source.folder, decoder.source.file), decoder);
  const refused = await own.read(ids).then(
    () => undefined,
    (error: Error) => error.message,
  );
  await own.release();
  if (refused !== undefined) return `ONNX Runtime does not run the original: ${refused}`;
  try {
    const { model } = await patchModel({ model: decoder.source, target: join(scratch, String(exports++)), changes: new Map() });
    await exportGraph(decoder, steering, exportable(decoder, steering, true), model);
    return { file: model };
  } catch (error) {
    if (error instanceof EmendError && error.code === 'unsupported') return error.message;
    throw error;
  }
}

/** What writes to the residual stream, or why that cannot be told. */
function writersIn(decoder: Decoder): string {
  try {
    const direction = some(decoder.anatomy.hiddenSize, 1);
    const kinds = orthogonalised(decoder, direction, { biases: true, keepsHead: false }).map(({ kind }) => kind);
    const { length } = decoder.anatomy.layers;
    expect(kinds.filter((kind) => kind === 'attention' || kind === 'mlp').length).toBe(2 * length);
    expect(kinds).toContain('embedding');
    return [...new Set(kinds)].join(', ');
  } catch (error) {
    if (error instanceof EmendError && error.code === 'unsupported') return error.message;
    throw error;
  }
}
