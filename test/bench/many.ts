import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { siteValue } from '../../electron/engine/decoder/sites.ts';
import { keyCovariance } from '../../electron/engine/edit/covariance.ts';
import { changedWeight } from '../../electron/engine/edit/delta.ts';
import { KeyWalk } from '../../electron/engine/edit/keys.ts';
import { covarianceMetric } from '../../electron/engine/edit/metric.ts';
import { keyWeights, solveKeys } from '../../electron/engine/edit/solve.ts';
import type { SpreadSettings } from '../../electron/engine/edit/spread.ts';
import { Statistics } from '../../electron/engine/edit/statistics.ts';
import { findTargets } from '../../electron/engine/edit/target.ts';
import { matrix } from '../../electron/engine/linalg/matrix.ts';
import { silent } from '../../shared/progress.ts';
import { processor, timed, wall } from './clock.ts';
import { makeFacts, makeTexts } from './facts.ts';
import { peakMemory } from './memory.ts';
import { Random } from './random.ts';
import { GPT2_SMALL, TINY, writeModel } from './shapes.ts';
import type { Table } from './table.ts';

/** The batch that is worked out from its parts, and how many facts are measured. */
const FULL = { shape: GPT2_SMALL, layers: [3, 4, 5, 6, 7], batch: 10_000, measured: 64, tokens: 8192 };
const QUICK = { shape: TINY, layers: [0, 1], batch: 300, measured: 4, tokens: 512 };
/** So little text leaves the covariance without some directions. */
const RIDGE = 1e-3;
/** Of random keys: what a key is does not change what a solve takes. */
const SEED = 5;

/**
 * What one batch of 10,000 facts would take on a model as large as GPT-2 small: the search and the keys of some facts, times all; the solve
 * of one layer at its full size, on random keys, times the layers; the change of one weight.
 */
export async function measureMany(
  table: Table,
  { isQuick, threads }: { isQuick: boolean; threads: number },
  settingsFor: (layers: readonly number[]) => SpreadSettings,
): Promise<void> {
  const { shape, layers, batch, measured, tokens } = isQuick ? QUICK : FULL;
  const clock = threads === 1 ? processor : wall;
  const settings = settingsFor(layers);
  const folder = mkdtempSync(join(tmpdir(), 'emend-bench-many-'));
  try {
    writeModel(folder, shape);
    const decoder = await Decoder.open(join(folder, 'model.onnx'), { threads });
    const facts = makeFacts(measured, shape.vocabulary);
    const site = { kind: 'residual', layer: layers.at(-1)! } as const;
    const search = await timed(clock, () => findTargets(decoder, site, facts, settings, silent));
    const keys = await timed(clock, async () => {
      const walk = new KeyWalk(facts, silent);
      for (const layer of layers) await walk.at(decoder, layer, siteValue(decoder.anatomy, site), keyWeights);
    });
    const [layer] = layers as [number];
    const statistics = new Statistics(await keyCovariance(decoder, [layer], makeTexts(tokens, 64, shape.vocabulary), silent), RIDGE);
    const random = new Random(SEED);
    const width = 4 * shape.width;
    const numbers = (rows: number, columns: number) => {
      const drawn = new Float32Array(rows * columns);
      random.normals(drawn, 1);
      return matrix(rows, columns, Float64Array.from(drawn));
    };
    const columns = { keys: numbers(batch, width), softness: Array<number>(batch).fill(1), written: batch };
    const solve = await timed(clock, () => solveKeys(columns, covarianceMetric(statistics, layer, settings.covarianceWeight)));
    const left = numbers(batch, shape.width);
    const { weight } = decoder.anatomy.layers[layer]!.mlp.down;
    const change = await timed(clock, () => Promise.resolve(changedWeight(decoder, { layer, weight, left, right: solve.value })));
    const each = (search.seconds + keys.seconds) / measured;
    const once = layers.length * (solve.seconds + change.seconds);
    const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`;
    table.row(
      `${measured} facts, ${shape.layers} layers of ${shape.width}, ${settings.steps} steps`,
      `a fact: search ${(search.seconds / measured).toFixed(2)} s, keys ${(keys.seconds / measured).toFixed(2)} s`,
    );
    table.row(
      `one of ${layers.length} layers, ${batch} keys of ${width}`,
      `solve ${solve.seconds.toFixed(1)} s, change of the weight ${change.seconds.toFixed(1)} s; peak of memory so far ` +
        `${(peakMemory() / 1e6).toFixed(0)} MB`,
    );
    table.row(
      `${batch} facts at once, from these parts`,
      `${minutes(batch * each + once)}, of which the search ${minutes((batch * search.seconds) / measured)}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
