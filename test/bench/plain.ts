import { lossGradient } from '../../electron/engine/autodiff/gradient.ts';
import { Adam } from '../../electron/engine/edit/adam.ts';
import { keyWeights } from '../../electron/engine/edit/solve.ts';
import type { FactTokens } from '../../electron/engine/edit/types.ts';
import type { TargetSettings } from '../../electron/engine/edit/target.ts';
import { cholesky, solve } from '../../electron/engine/linalg/cholesky.ts';
import { matrix, type Matrix, norm, row } from '../../electron/engine/linalg/matrix.ts';
import type { Shape } from '../../electron/engine/onnx/graph.ts';
import type { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { rightPad } from '../../electron/engine/runtime/inputs.ts';
import { floatFeed, floats, intFeed, type Session } from '../../electron/engine/runtime/session.ts';
import { Stage } from '../../electron/engine/decoder/stage.ts';
import { extend, inject, slice, value } from '../../electron/engine/runtime/surgery.ts';
import type { Clock } from './clock.ts';

const feed = {
  positions: 'plain.positions',
  delta: 'plain.delta',
  targets: 'plain.targets',
  weights: 'plain.weights',
  kept: 'plain.kept',
  reference: 'plain.reference',
  klFactor: 'plain.kl_factor',
};

/**
 * MEMIT's search as memit/compute_z.py does it, the yardstick of the benchmark: one fact at a time, at every step a forward and a
 * backward run of the whole model over all seven rows padded to one length, with the distribution over the vocabulary at every position.
 * Like there, the backward run stops at δ. (compute_z.py works the distributions out twice; this does so once.)
 */
export class PlainSearch {
  private readonly decoder: Decoder;
  private readonly stage: Stage;
  private readonly names: { nll: string; kl: string; now: string; gradient: string; site: string };

  private constructor(decoder: Decoder, session: Session, names: PlainSearch['names']) {
    this.decoder = decoder;
    this.stage = Stage.of(decoder, session, []);
    this.names = names;
  }

  static async create(decoder: Decoder, layer: number): Promise<PlainSearch> {
    const { anatomy } = decoder;
    const site = anatomy.layers[layer]!.residual;
    const injected = inject(decoder.graph, site, { positions: feed.positions, vectors: feed.delta });
    const shapes = new Map(decoder.shapes);
    const know = (name: string, dims: Shape['dims'], dtype: Shape['dtype'] = 'float32') => (shapes.set(name, { dtype, dims }), name);
    know(injected.before, decoder.shapes.get(site)!.dims);
    know(feed.delta, [null, anatomy.hiddenSize]);
    know(feed.positions, [null, 2], 'int64');
    know(feed.targets, [null, 3], 'int64');
    know(feed.kept, [1, 2], 'int64');
    know(feed.weights, [null]);
    know(feed.reference, [1, anatomy.vocabulary]);
    know(feed.klFactor, []);
    const { graph, made } = extend(injected.graph, 'plain', (b) => {
      const logp = know(b.op('LogSoftmax', [anatomy.logits], { axis: -1 }), [null, null, anatomy.vocabulary]);
      const nll = know(b.op('Neg', [know(b.op('GatherND', [logp, feed.targets]), [null])]), [null]);
      const now = know(b.op('GatherND', [logp, feed.kept]), [1, anatomy.vocabulary]);
      const p = know(b.op('Exp', [now]), [1, anatomy.vocabulary]);
      const apart = know(b.op('Sub', [now, feed.reference]), [1, anatomy.vocabulary]);
      const kl = know(b.op('ReduceSum', [know(b.op('Mul', [p, apart]), [1, anatomy.vocabulary])], { keepdims: 0 }), []);
      const sum = know(b.op('ReduceSum', [know(b.op('Mul', [nll, feed.weights]), [null])], { keepdims: 0 }), []);
      const loss = know(b.op('Add', [sum, know(b.op('Mul', [kl, feed.klFactor]), [])]), []);
      return { nll, now, kl, loss };
    });
    const floatInput = (name: string, dims: (number | string)[]) => graph.inputs.push(value(name, 'float32', dims));
    graph.inputs.push(value(feed.targets, 'int64', ['targets', 3]), value(feed.kept, 'int64', [1, 2]));
    floatInput(feed.weights, ['targets']);
    floatInput(feed.reference, [1, anatomy.vocabulary]);
    floatInput(feed.klFactor, []);
    const gradient = lossGradient(graph, made.loss, [feed.delta], shapes).get(feed.delta)!;
    const names = { nll: made.nll, kl: made.kl, now: made.now, gradient, site: injected.before };
    return new PlainSearch(decoder, await decoder.session(slice(graph, Object.values(names))), names);
  }

  async find(fact: FactTokens, settings: TargetSettings): Promise<{ z: Float64Array; history: number[] }> {
    const { names } = this;
    const width = this.decoder.anatomy.hiddenSize;
    const vocabulary = this.decoder.anatomy.vocabulary;
    const kl = fact.rows.length;
    const tokens = rightPad([...fact.rows.map((r) => r.ids), fact.kl.ids]);
    const subjects = [...fact.rows.map((r) => r.subjectLast), fact.kl.subjectLast];
    const targets = fact.rows.flatMap((r, b) => fact.target.flatMap((id, t) => [b, r.targetStart + t, id]));
    const count = fact.rows.length * fact.target.length;
    const fixed = {
      [feed.positions]: intFeed(
        subjects.flatMap((s, b) => [b, s]),
        [kl + 1, 2],
      ),
      [feed.targets]: intFeed(targets, [count, 3]),
      [feed.weights]: floatFeed(new Float32Array(count).fill(1 / count), [count]),
      [feed.kept]: intFeed([kl, fact.kl.subjectLast], [1, 2]),
    };
    const delta = new Float64Array(width);
    const adam = new Adam(width, settings.learningRate);
    const history: number[] = [];
    let before = new Float64Array(0);
    let reference: Float32Array | undefined;
    for (let step = 0; step < settings.steps; step++) {
      const vectors = new Float32Array((kl + 1) * width);
      for (let b = 0; b <= kl; b++) vectors.set(delta, b * width);
      const result = await this.stage.run(tokens, {
        ...fixed,
        [feed.delta]: floatFeed(vectors, [kl + 1, width]),
        [feed.reference]: floatFeed(reference ?? new Float32Array(vocabulary), [1, vocabulary]),
        [feed.klFactor]: floatFeed(Float32Array.of(reference ? settings.klFactor : 0), []),
      });
      const isFirst = reference === undefined;
      reference ??= floats(result, names.now);
      if (isFirst) before = Float64Array.from(floats(result, names.site).subarray(subjects[0]! * width, (subjects[0]! + 1) * width));
      const scale = norm(before);
      const size = norm(delta);
      const decay = (settings.weightDecay * size) / scale ** 2;
      const nll = floats(result, names.nll).reduce((a, x) => a + x / count, 0);
      const loss = nll + (isFirst ? 0 : settings.klFactor * floats(result, names.kl)[0]!) + decay;
      history.push(loss);
      if (loss < settings.stopBelow || step === settings.steps - 1) break;
      const rows = floats(result, names.gradient);
      const gradient = new Float64Array(width);
      for (let i = 0; i < rows.length; i++) gradient[i % width]! += rows[i]!;
      if (size > 0)
        gradient.forEach((g, d) => {
          gradient[d] = g + (settings.weightDecay * delta[d]!) / (size * scale ** 2);
        });
      adam.step(delta, gradient);
      const limit = (settings.clamp * scale) / norm(delta);
      if (limit < 1)
        delta.forEach((d, i) => {
          delta[i] = d * limit;
        });
    }
    return { z: before.map((h, d) => h + delta[d]!), history };
  }

  release(): Promise<void> {
    return this.stage.release();
  }
}

/**
 * One layer of MEMIT's insertion as memit_main.py does it: a whole forward run with all logits over every row for the keys, another over
 * the plain rows for the states, then a dense float64 solve of (λC + KKᵀ) X = K. Times in seconds of the clock.
 */
export async function plainInsertion(
  clock: Clock,
  decoder: Decoder,
  layer: number,
  last: number,
  facts: readonly FactTokens[],
  lambda: number,
  covariance: Matrix,
): Promise<{ forward: number; solve: number; keys: Matrix; solved: Matrix }> {
  const { anatomy } = decoder;
  const key = anatomy.layers[layer]!.mlp.key;
  const state = anatomy.layers[last]!.residual;
  const keys = matrix(facts.length, covariance.rows);
  const weights = keyWeights(facts[0]!.rows.length);
  const stage = await Stage.create(decoder, undefined, [key, state, anatomy.logits]);
  const started = clock();
  try {
    for (const [i, fact] of facts.entries()) {
      const tokens = rightPad(fact.rows.map((r) => r.ids));
      const k = floats(await stage.run(tokens), key);
      fact.rows.forEach((r, b) => {
        const at = (b * tokens.length + r.subjectLast) * keys.columns;
        const into = row(keys, i);
        for (let f = 0; f < into.length; f++) into[f]! += weights[b]! * k[at + f]!;
      });
      await stage.run(rightPad([fact.rows[0]!.ids]));
    }
  } finally {
    await stage.release();
  }
  const solving = clock();
  const full = matrix(
    covariance.rows,
    covariance.rows,
    covariance.data.map((x) => lambda * x),
  );
  for (let n = 0; n < keys.rows; n++) {
    const k = row(keys, n);
    for (let i = 0; i < k.length; i++) for (let j = 0; j < k.length; j++) full.data[i * k.length + j]! += k[i]! * k[j]!;
  }
  const solved = solve(await cholesky(full), keys);
  return { forward: solving - started, solve: clock() - solving, keys, solved };
}
