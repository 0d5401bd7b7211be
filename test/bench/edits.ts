import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyCovariance } from '../../electron/engine/edit/covariance.ts';
import { spread, type SpreadSettings } from '../../electron/engine/edit/spread.ts';
import { Statistics } from '../../electron/engine/edit/statistics.ts';
import { names } from '../../electron/engine/edit/suffix.ts';
import { findTargets, type Target } from '../../electron/engine/edit/target.ts';
import { type Report, silent } from '../../shared/progress.ts';
import type { FactTokens } from '../../electron/engine/edit/types.ts';
import type { Matrix } from '../../electron/engine/linalg/matrix.ts';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { type Clock, processor, timed, wall } from './clock.ts';
import { makeFacts, makeTexts } from './facts.ts';
import { afterRun, countingProducts, watched, Yardstick } from './measure.ts';
import { editInChild } from './memory.ts';
import { plainInsertion, PlainSearch } from './plain.ts';
import { GPT2_SMALL, type Shape, TINY, writeModel } from './shapes.ts';
import type { Options } from './part.ts';
import type { Table } from './table.ts';

interface Plan {
  readonly shape: Shape;
  readonly layers: readonly number[];
  readonly facts: number;
  /** Facts that the plain way is measured on; its time per fact does not depend on how many there are. */
  readonly plainFacts: number;
  readonly covarianceTokens: number;
  readonly textLength: number;
}

const FULL: Plan = { shape: GPT2_SMALL, layers: [3, 4, 5, 6, 7], facts: 32, plainFacts: 2, covarianceTokens: 4096, textLength: 256 };
/** Too small to say anything about speed; shows that everything runs and agrees. */
const QUICK: Plan = { shape: TINY, layers: [1, 2], facts: 8, plainFacts: 2, covarianceTokens: 2048, textLength: 64 };

/** MEMIT's published settings; nothing stops early, so that every fact costs the same. */
export const settingsFor = (layers: readonly number[]): SpreadSettings => ({
  layers,
  covarianceWeight: 15000,
  steps: 20,
  learningRate: 0.5,
  weightDecay: 0.5,
  klFactor: 0.0625,
  clamp: 0.75,
  stopBelow: 0,
});

/** What must hold at full size. */
const LIMIT = { difference: 1e-3, attained: 0.6, memory: 2.5 };

/** An edit's search and insertion against the plain way, and the memory that they take. @param script run as a child for the memory */
export async function measureEdits(table: Table, { isQuick, threads }: Options, script: string): Promise<void> {
  const plan = isQuick ? QUICK : FULL;
  const clock = threads === 1 ? processor : wall;
  const folder = mkdtempSync(join(tmpdir(), 'emend-bench-'));
  try {
    const settings = settingsFor(plan.layers);
    const bytes = writeModel(folder, plan.shape);
    const yardstick = await Yardstick.create(clock, threads, isQuick ? 512 : 2048);
    for (let i = 0; i < 5; i++) await yardstick.measure();
    console.log(
      `GPT-2 of ${plan.shape.layers} layers, ${plan.shape.width} wide, ${(bytes / 1e6).toFixed(0)} MB; ${plan.facts} facts, layers ` +
        `${plan.layers.join(' ')}, ${settings.steps} steps; ` +
        `${threads === 1 ? 'one thread, processor time' : 'all threads, wall time'}\n`,
    );

    const opened = await timed(clock, () => Decoder.open(join(folder, 'model.onnx'), { threads }));
    const decoder = opened.value;
    table.row('session start (read, examine, probe)', seconds(opened.seconds));
    const facts = makeFacts(plan.facts, plan.shape.vocabulary);

    const targets = await measureTargets(decoder, facts, settings, plan.plainFacts, { clock, yardstick, table, isQuick });
    const statistics = await measureCovariance(decoder, plan, clock, table);
    await measureInsertion(decoder, facts, settings, statistics, targets, clock, table);
    for (let i = 0; i < 5; i++) await yardstick.measure();
    table.row('plain float32 product, median', `${(yardstick.median() / 1e9).toFixed(1)} GF/s (${yardstick.rates.length} samples)`);

    const child = await editInChild(folder, threads, plan.facts, settings, statistics, script);
    table.row(
      'peak resident memory of the whole edit',
      `${(child.peak / 1e6).toFixed(0)} MB = ${(child.peak / bytes).toFixed(2)} × weights (${(child.started / 1e6).toFixed(0)} MB ` +
        `before the model was opened)`,
      isQuick ? undefined : { limit: `≤ ${LIMIT.memory}`, holds: child.peak <= LIMIT.memory * bytes },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureTargets(
  decoder: Decoder,
  facts: readonly FactTokens[],
  settings: SpreadSettings,
  plainCount: number,
  { clock, yardstick, table, isQuick }: { clock: Clock; yardstick: Yardstick; table: Table; isQuick: boolean },
): Promise<Target[]> {
  const layer = settings.layers.at(-1)!;
  const site = { kind: 'residual', layer } as const;
  const plain = await PlainSearch.create(decoder, layer);
  const plainTimes: number[] = [];
  const plainResults: Float64Array[] = [];
  const runPlain = async (fact: FactTokens) => {
    const { value, seconds: took } = await timed(clock, () => plain.find(fact, settings));
    plainTimes.push(took);
    plainResults.push(value.z);
  };
  const checked = facts.slice(0, plainCount);
  for (const fact of checked.slice(0, plainCount >> 1)) await runPlain(fact);

  // Ours, with a plain product after every fourth run: both see the same neighbours on the machine.
  let paused = 0;
  let runs = 0;
  const between = watched(decoder, async (graph, make) => {
    const session = await make(graph);
    return graph.inputs.some((v) => v.name === names.delta)
      ? afterRun(session, async () => {
          if (runs++ % 4 === 0) paused += await yardstick.measure();
        })
      : session;
  });
  const marks: number[] = [];
  let firstSample = 0;
  const report: Report = {
    ...silent,
    progress: (phase) => {
      if (phase !== 'targets') return;
      if (marks.length === 0) firstSample = yardstick.rates.length;
      marks.push(clock() - paused);
    },
  };
  const ours = await timed(clock, () => findTargets(between, site, facts, settings, report));
  const perFact = (ours.seconds - paused) / facts.length;
  const loop = marks.at(-1)! - marks[0]!;
  const nearby = yardstick.median(firstSample);

  for (const fact of checked.slice(plainCount >> 1)) await runPlain(fact);
  await plain.release();
  const perPlain = plainTimes.reduce((a, t) => a + t, 0) / plainCount;
  const worst = Math.max(...plainResults.map((z, i) => difference(ours.value[i]!.z, z)));
  table.row('targets, the plain way', `${seconds(perPlain)} per fact (${plainCount} facts, all steps)`);
  table.row(
    'targets, ours',
    `${seconds(perFact)} per fact, ${(perPlain / perFact).toFixed(1)} × faster (loop ` +
      `${seconds((loop * settings.steps) / (settings.steps - 1) / facts.length)} per fact)`,
  );
  table.row('largest |z ours − z plain| / |z|', worst.toExponential(1), {
    limit: `< ${LIMIT.difference}`,
    holds: worst < LIMIT.difference,
  });

  let operations = 0;
  const counting = watched(decoder, async (graph, make) => {
    if (!graph.inputs.some((v) => v.name === names.delta)) return make(graph);
    const counted = countingProducts(graph);
    return afterRun(await make(counted.graph), (result) => {
      operations += counted.operations(result);
    });
  });
  await findTargets(counting, site, facts, { ...settings, steps: 1 }, silent);
  const attained = (operations * (settings.steps - 1)) / loop;
  table.row(
    'optimisation loop, attained',
    `${(attained / 1e9).toFixed(1)} GF/s = ${((100 * attained) / nearby).toFixed(0)}% of the plain product among its runs ` +
      `(${(nearby / 1e9).toFixed(1)}); ${(operations / 1e9 / facts.length).toFixed(2)} GF per fact and step`,
    isQuick ? undefined : { limit: `≥ ${100 * LIMIT.attained}%`, holds: attained / nearby >= LIMIT.attained },
  );
  return ours.value;
}

async function measureCovariance(decoder: Decoder, plan: Plan, clock: Clock, table: Table): Promise<Statistics> {
  const texts = makeTexts(plan.covarianceTokens, plan.textLength, plan.shape.vocabulary);
  const measured = await timed(clock, () => keyCovariance(decoder, plan.layers, texts, silent));
  table.row(`covariance of ${plan.layers.length} layers`, `${(measured.value.tokens / measured.seconds).toFixed(0)} tokens/s`);
  // Held in memory here, as the cache folder holds them for the product.
  const factors = new Map<number, Matrix>();
  const statistics = new Statistics({
    tokens: measured.value.tokens,
    read: (layer) => measured.value.layers.get(layer),
    readFactor: (layer) => factors.get(layer),
    keepFactor: async (layer, factor) => void factors.set(layer, factor),
  });
  const factored = await timed(clock, async () => {
    for (const layer of plan.layers) await statistics.factor(layer);
  });
  table.row(
    'factor of a covariance, once per model',
    `${seconds(factored.seconds / plan.layers.length)} per layer${statistics.ridges.size > 0 ? ' (with a ridge)' : ''}`,
  );
  return statistics;
}

async function measureInsertion(
  decoder: Decoder,
  facts: readonly FactTokens[],
  settings: SpreadSettings,
  statistics: Statistics,
  targets: readonly Target[],
  clock: Clock,
  table: Table,
): Promise<void> {
  const first = settings.layers[0]!;
  let last = clock();
  const times = { keys: 0, write: 0 };
  const report: Report = {
    ...silent,
    progress: (phase) => {
      const now = clock();
      times[phase === 'writing' ? 'write' : 'keys'] += now - last;
      last = now;
    },
  };
  const ours = await timed(clock, () => spread(decoder, facts, settings, statistics, report, { known: targets }));
  const plain = await plainInsertion(
    clock,
    decoder,
    first,
    settings.layers.at(-1)!,
    facts,
    settings.covarianceWeight,
    statistics.covariance(first),
  );
  const plainTotal = (plain.forward + plain.solve) * settings.layers.length;
  const step = ours.value.steps[0]!;
  table.row(
    'insertion, the plain way',
    `${seconds(plainTotal)} (one layer × ${settings.layers.length}: keys and states ${seconds(plain.forward)}, solve ` +
      `${seconds(plain.solve)})`,
  );
  table.row(
    'insertion, ours, factors known',
    `${seconds(ours.seconds)}, ${(plainTotal / ours.seconds).toFixed(1)} × faster (keys and states ${seconds(times.keys)}, solve ` +
      `and write ${seconds(times.write)})`,
  );
  const worst = Math.max(difference(step.keys.data, plain.keys.data), difference(step.solved.data, plain.solved.data));
  table.row('largest difference in keys and solved keys', worst.toExponential(1), {
    limit: `< ${LIMIT.difference}`,
    holds: worst < LIMIT.difference,
  });
}

/** ‖a − b‖ / ‖b‖. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [apart, size] = [a.length === b.length ? 0 : Infinity, 0];
  for (let i = 0; i < b.length; i++) {
    apart += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(apart / size);
}

const seconds = (s: number) => (s < 1 ? `${(1000 * s).toFixed(0)} ms` : `${s.toFixed(2)} s`);
