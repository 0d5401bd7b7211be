import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../electron/engine/decoder/generate.ts';
import { greedy } from '../../electron/engine/runtime/sampling.ts';
import { steered } from '../../electron/engine/steer/apply.ts';
import { bucketOf } from '../../electron/engine/steer/methods/dola.ts';
import type { Steering, Vectors } from '../../electron/engine/steer/steering.ts';
import type { Dola, Part } from '../../shared/steering/intervention.ts';
import { LAST } from '../../shared/steering/positions.ts';
import { type Clock, processor, timed, wall } from './clock.ts';
import { median } from './measure.ts';
import { GPT2_SMALL, TINY, writeModel } from './shapes.ts';
import type { Table } from './table.ts';

/** What steering may cost, as a share of the model's own time per token. */
const LIMIT = 0.03;

/** A vector that does not change what is written by much: cost is what is measured. */
const vector = (width: number): Vectors => ({
  dims: [1, 1, width],
  data: Float32Array.from({ length: width }, (_, i) => 1e-3 * Math.sin(i)),
});

/** Kinds of steering, each in every layer. */
function kinds({ anatomy }: Decoder): readonly (readonly [name: string, steering: Steering, isBound: boolean])[] {
  const { layers, hiddenSize } = anatomy;
  const { heads, headWidth } = layers[0]!.attention!;
  const all = layers.map((_, layer) => layer);
  const raw = { value: 1, unit: 'raw' as const };
  const vectors = new Map([
    ['state', vector(hiddenSize)],
    ['head', vector(headWidth)],
  ]);
  const everywhere: Omit<Part, 'operator'> = { site: 'residual', layers: all, positions: { kind: 'all' }, vector: 'state', strength: raw };
  const steering = (parts: readonly Part[], decoding?: Dola): Steering => ({
    intervention: { parts, ...(decoding ? { decoding } : {}) },
    vectors,
  });
  const some = Array.from({ length: Math.min(48, heads * layers.length) }, (_, i) => ({
    layer: i % layers.length,
    head: Math.floor(i / layers.length),
  }));
  const shifted = some.map(({ layer, head }): Part => ({
    site: 'heads',
    head,
    layers: [layer],
    positions: LAST,
    vector: 'head',
    operator: 'add',
    strength: raw,
  }));
  const dola = (candidates: readonly number[]): Dola => ({
    kind: 'dola',
    candidates,
    relativeTop: 0.1,
    repetitionPenalty: 1.2,
    norm: false,
    divergence: 'coded',
    scoring: 'truthfulqa',
  });
  return [
    ['none, in a session of its own: what the comparison is off by', steering([]), false],
    ['a vector added behind every block', steering([{ ...everywhere, operator: 'add' }]), true],
    [`ITI, ${some.length} heads, last token of each pass`, steering(shifted), true],
    ['a direction projected out behind every block', steering([{ ...everywhere, operator: 'project out' }]), true],
    ['DoLa, low bucket', steering([], dola(bucketOf('low', layers.length, true))), false],
    ['DoLa, every exit', steering([], dola(bucketOf('all', layers.length, true))), false],
  ];
}

/** Time per token written, plain and steered in turns, so that both see the same neighbours on the machine; medians of the ratios. */
export async function measureSteering(table: Table, { isQuick, threads }: { isQuick: boolean; threads: number }): Promise<void> {
  const clock: Clock = threads === 1 ? processor : wall;
  const folder = mkdtempSync(join(tmpdir(), 'emend-bench-steering-'));
  try {
    const shape = isQuick ? TINY : GPT2_SMALL;
    writeModel(folder, shape);
    const decoder = await Decoder.open(join(folder, 'model.onnx'), { threads });
    const prompt = Array.from({ length: 8 }, (_, i) => (i * 37) % shape.vocabulary);
    const [tokens, rounds, pairs] = isQuick ? [8, 2, 2] : [16, 4, 8];
    const perToken = async (generator: Generator) =>
      (await timed(clock, () => generator.continue([prompt], { maxTokens: tokens, sampling: greedy }))).seconds / tokens;
    for (const [name, steering, isBound] of kinds(decoder)) {
      const [without, withIt]: [number[], number[]] = [[], []];
      // Two sessions of the same model differ by some percent, by where their memory lies, and so does what runs first or second:
      // many pairs of sessions, each kind first as often as the other.
      for (let pair = 0; pair < pairs; pair++) {
        const open = [() => Generator.create(decoder), () => Generator.create(steered(decoder, steering))] as const;
        const [first, second] = [await open[pair % 2]!(), await open[1 - (pair % 2)]!()];
        const [plain, generator] = pair % 2 === 0 ? [first, second] : [second, first];
        await perToken(plain);
        await perToken(generator);
        for (let round = 0; round < rounds; round++) {
          if (round % 2 === 1) withIt.push(await perToken(generator));
          without.push(await perToken(plain));
          if (round % 2 === 0) withIt.push(await perToken(generator));
        }
        await Promise.all([first.release(), second.release()]);
      }
      const [own, now] = [median(without), median(withIt)];
      const cost = median(withIt.map((x, i) => x / without[i]!)) - 1;
      table.row(
        `steering: ${name}`,
        `${(100 * cost).toFixed(1)} % of the model's own ${(1000 * own).toFixed(1)} ms a token (${(1000 * now).toFixed(1)} ms steered)`,
        isQuick || !isBound ? undefined : { limit: `< ${100 * LIMIT} %`, holds: cost < LIMIT },
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
