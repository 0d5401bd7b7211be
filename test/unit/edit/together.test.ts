import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { fullDelta, withDelta } from '../../../electron/engine/edit/delta.ts';
import { type DeltaAbout, writeDelta } from '../../../electron/engine/edit/delta-file.ts';
import { ontoVersion, togetherOf } from '../../../electron/engine/edit/together.ts';
import type { Delta } from '../../../electron/engine/edit/types.ts';
import { matrix, type Matrix } from '../../../electron/engine/linalg/matrix.ts';
import { tensorFloats } from '../../../electron/engine/onnx/tensors.ts';
import { Random } from '../../../electron/engine/runtime/sampling.ts';
import type { Fact } from '../../../shared/fact.ts';
import { mini } from '../runtime/mini.ts';

const place = mkdtempSync(join(tmpdir(), 'emend-together-'));
afterAll(() => rmSync(place, { recursive: true }));

const random = new Random(7);
const some = (rows: number, columns: number): Matrix =>
  matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => random.next() - 0.5),
  );

/** A change of the down-projection of a layer, of so many rows. */
function change(decoder: Decoder, rows: number, layer = 1): Delta {
  const { down } = decoder.anatomy.layers[layer]!.mlp;
  return { weights: [{ layer, weight: down.weight, left: some(rows, down.outWidth), right: some(rows, down.inWidth) }] };
}

const fact = (subject: string, target: string): Fact => ({ subject, prompt: '{} is in', target });

let files = 0;
async function file(decoder: Decoder, delta: Delta, facts: readonly Fact[], together?: DeltaAbout['together']): Promise<string> {
  const to = join(place, `${files++}.safetensors`);
  const about = { method: 'memit' as const, model: 'm', hyperparameters: [], contexts: ['{}'], seed: 0, facts: [...facts] };
  const targets = together ? facts.map(() => some(2, decoder.anatomy.hiddenSize)) : [];
  await writeDelta(to, delta, { ...about, ...(together ? { together } : {}) }, targets);
  return to;
}

const weight = (decoder: Decoder, layer = 1) =>
  tensorFloats(decoder.model, decoder.graph.constants.get(decoder.anatomy.layers[layer]!.mlp.down.weight)!);
const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

describe('what is solved together', () => {
  it('is the facts of such edits on the model without them; what else is in force stays', async () => {
    const imported = await mini();
    const [first, other] = [change(imported, 1), change(imported, 1, 0)];
    const solved = { layers: [1], covarianceWeight: 3, rows: 1 };
    const inForce = [await file(imported, first, [fact('B', 'x')], solved), await file(imported, other, [fact('C', 'y')])];
    const version = withDelta(withDelta(imported, first), other);
    const found = togetherOf({ imported, version, files: inForce }, [fact('A', 'z')], 'memit', [1]);
    expect(found.facts.map((one) => one.fact.subject)).toEqual(['B']);
    expect(found.settings).toEqual(solved);
    expect(weight(found.base)).toEqual(weight(imported));
    expect(weight(found.base, 0)).toEqual(weight(version, 0));
    // Nobody named layers: those of the edits that it is solved with.
    expect(togetherOf({ imported, version, files: inForce }, [fact('A', 'z')], 'memit', undefined).settings?.layers).toEqual([1]);
  });

  it('leaves out what a new fact replaces; other layers and a shared subject are told', async () => {
    const imported = await mini();
    const delta = change(imported, 2);
    const facts = [fact('B', 'x'), { ...fact('C', 'y'), prompt: '{} speaks' }];
    const files = [await file(imported, delta, facts, { layers: [1], covarianceWeight: 1, rows: 2 })];
    const of = { imported, version: withDelta(imported, delta), files };
    expect(togetherOf(of, [fact('B', 'other')], 'memit', [1]).facts.map((one) => one.fact.subject)).toEqual(['C']);
    expect(togetherOf(of, [fact('C', 'z')], 'memit', [1]).warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('An earlier edit wrote another fact about C'),
    ]);
    const elsewhere = togetherOf(of, [fact('A', 'z')], 'memit', [0]);
    expect(elsewhere.facts).toEqual([]);
    expect(elsewhere.warnings[0]!.message).toContain('stays as it is');
  });

  it('becomes a delta on the version: the new solution less the last, or all of the difference', async () => {
    const imported = await mini();
    const last = change(imported, 1);
    const solution = change(imported, 2);
    const solved = { layers: [1], covarianceWeight: 1, rows: 1 };
    const wanted = weight(withDelta(imported, solution));
    const files = [await file(imported, last, [fact('B', 'x')], solved)];
    for (const { version, rank, rows } of [
      { version: withDelta(imported, last), rank: 3, rows: 2 },
      // Something else moved the weight as well: the solution lies in the difference alone.
      { version: withDelta(withDelta(imported, last), change(imported, 1)), rank: imported.anatomy.hiddenSize, rows: 0 },
    ]) {
      const found = ontoVersion(solution, version, togetherOf({ imported, version, files }, [fact('A', 'z')], 'memit', [1]));
      expect(found.rows).toBe(rows);
      expect(found.delta.weights[0]!.left.rows).toBe(rank);
      expect(distance(weight(withDelta(version, found.delta)), wanted)).toBeLessThan(1e-5);
      expect(fullDelta(found.delta.weights[0]!).data.every(Number.isFinite)).toBe(true);
    }
  });

  it('is the solution itself where nothing is in force', async () => {
    const imported = await mini();
    const solution = change(imported, 1);
    const alone = togetherOf({ imported, version: imported, files: [] }, [fact('A', 'z')], 'memit', [1]);
    expect(alone).toMatchObject({ facts: [], settings: undefined, warnings: [] });
    expect(ontoVersion(solution, imported, alone)).toEqual({ delta: solution, rows: 1 });
  });
});
