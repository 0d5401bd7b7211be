import { matrix } from '../../linalg/matrix.ts';
import type { Decoder } from '../../decoder/decoder.ts';
import { Stage } from '../../decoder/stage.ts';
import { Random } from '../../runtime/sampling.ts';
import { floatFeed, floats } from '../../runtime/session.ts';
import type { Report } from '../../../../shared/progress.ts';
import { Adam } from '../adam.ts';
import type { Sourced } from '../method.ts';
import type { WeightDelta } from '../types.ts';
import { type TunedWeight, tuningGraph } from './graph.ts';
import { type TunedText, TunedTexts } from './texts.ts';

/** How weights are trained. */
export interface TrainSettings {
  readonly layers: readonly number[];
  /** Passes over all texts at most. */
  readonly epochs: number;
  readonly learningRate: number;
  /** Texts in a step. */
  readonly batch: number;
  /** Whether steps are projected as gradients are: Adam divides each element by itself, which leads out again. */
  readonly projectsSteps?: boolean;
  /** Of the order in which the texts come, another one in each pass. */
  readonly seed: number;
}

/** Settings of a method that trains, as numbers. */
export function trainSettings(
  s: { readonly [K in 'epochs' | 'trainingRate' | 'batch' | 'seed']: Sourced<number> } & { readonly layers: Sourced<readonly number[]> },
): TrainSettings {
  return { layers: s.layers.value, epochs: s.epochs.value, learningRate: s.trainingRate.value, batch: s.batch.value, seed: s.seed.value };
}

/** Makes of a gradient, laid out as the weight in the file, what is stepped along. */
export type Projection = (layer: number, gradient: Float32Array) => Promise<Float32Array>;

export interface Trained {
  readonly weights: readonly WeightDelta[];
  /** Per text and pass: the mean −log p of its wanted tokens. */
  readonly losses: readonly (readonly number[])[];
}

/** A batch whose loss is less makes no step; a pass whose mean is less is the last (LocFT-BF's fine-tune.py, CrispEdit's crispedit.py). */
const DONE = 1e-2;

/**
 * Trains down-projections on texts by Adam, breadth first: each pass goes over all texts in batches, in another order each time.
 * @param project leaves gradients as they are when left out
 */
export async function train(
  decoder: Decoder,
  texts: readonly TunedText[],
  settings: TrainSettings,
  report: Report,
  project: Projection = (_, gradient) => Promise.resolve(gradient),
): Promise<Trained> {
  const graph = tuningGraph(decoder, settings.layers);
  const settled = await TunedTexts.settle(decoder, graph, texts, report);
  const stage = Stage.of(decoder, await decoder.session(graph.graph), graph.live);
  const changes = graph.weights.map((weight) => new Change(weight, settings.learningRate));
  const random = new Random(settings.seed);
  const losses = texts.map((): number[] => []);
  try {
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      let sum = 0;
      for (const at of inBatches(shuffled(texts.length, random), settings.batch)) {
        report.check();
        const { tokens, feeds, wanted } = settled.batch(at);
        const result = await stage.run(tokens, { ...feeds, ...Object.fromEntries(changes.map((one) => one.feed())) });
        const nll = floats(result, graph.nll);
        const own = new Map(at.map((text) => [text, 0]));
        wanted.forEach(({ text, weight }, i) => own.set(text, own.get(text)! + nll[i]! * weight * at.length));
        for (const [text, loss] of own) losses[text]!.push(loss);
        const loss = [...own.values()].reduce((total, one) => total + one, 0) / at.length;
        sum += loss * at.length;
        if (loss < DONE) continue;
        for (const one of changes) {
          const gradient = await project(one.weight.layer, floats(result, one.weight.gradient));
          await one.step(gradient, settings.projectsSteps ? project : undefined);
        }
      }
      report.progress('training', epoch + 1, settings.epochs);
      if (sum / texts.length < DONE) break;
    }
  } finally {
    await stage.release();
  }
  return { weights: changes.map((one) => one.delta(decoder)), losses };
}

/** The change of one weight, laid out as in the file. */
class Change {
  readonly weight: TunedWeight;
  private readonly values: Float64Array;
  private readonly adam: Adam;

  constructor(weight: TunedWeight, learningRate: number) {
    this.weight = weight;
    const size = weight.dims.reduce((a, d) => a * d, 1);
    this.values = new Float64Array(size);
    this.adam = new Adam(size, learningRate);
  }

  feed() {
    return [this.weight.change, floatFeed(Float32Array.from(this.values), this.weight.dims)] as const;
  }

  async step(gradient: Float32Array, project: Projection | undefined): Promise<void> {
    const before = project && this.values.slice();
    this.adam.step(this.values, gradient);
    if (!before) return;
    const kept = await project(
      this.weight.layer,
      Float32Array.from(this.values, (x, i) => x - before[i]!),
    );
    before.forEach((x, i) => (this.values[i] = x + kept[i]!));
  }

  /** Adam divides each element by itself, so the change has full rank: it stands as it is, behind the identity. */
  delta(decoder: Decoder): WeightDelta {
    const { layer } = this.weight;
    const { down } = decoder.anatomy.layers[layer]!.mlp;
    const [rows, columns] = [down.outWidth, down.inWidth];
    const left = matrix(rows, rows);
    const right = matrix(rows, columns);
    for (let d = 0; d < rows; d++) {
      left.data[d * rows + d] = 1;
      for (let f = 0; f < columns; f++)
        right.data[d * columns + f] = this.values[down.layout === 'out-in' ? d * columns + f : f * rows + d]!;
    }
    return { layer, weight: down.weight, left, right };
  }
}

function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function inBatches(order: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
}
