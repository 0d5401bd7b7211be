import type { DataType, Graph, Shape } from '../onnx/graph.ts';
import { lossGradient } from '../autodiff/gradient.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { extend, inject, slice, value } from '../runtime/surgery.ts';
import { graphFrom, liveAt } from '../decoder/stage.ts';
import { Tail } from './tail.ts';

/** Names of what the loss graph is fed and what it gives. */
export const names = {
  /** int64 [R, rank − 1] and float [R, D]: where δ is added, and what. */
  positions: 'emend.positions',
  delta: 'emend.delta',
  /** Target rows: int64 [T, 1] positions (row · length + token), int64 [T, 1] tokens, float [T, 1] weights. */
  targetRows: 'emend.target_rows',
  targetIds: 'emend.target_ids',
  targetWeights: 'emend.target_weights',
  /** Rows whose distribution must stay: int64 [K, 1] positions, float [K, V] log-probabilities before, float [K, 1] weights. */
  keepRows: 'emend.keep_rows',
  keepReference: 'emend.keep_reference',
  keepWeights: 'emend.keep_weights',
} as const;

/** The second half of the model with its loss and the gradient with respect to δ. */
export interface LossGraph {
  readonly graph: Graph;
  readonly live: readonly string[];
  /** [T, 1] −log p(target token), not weighted. */
  readonly nll: string;
  /** [T, 1] how much less likely, in log, than the likeliest token: 0 where it is that. Asked for where it is read. */
  readonly behind: string | undefined;
  /** [K, 1] KL(now ‖ before), not weighted. */
  readonly kl: string;
  /** [K, V] log-probabilities of the kept rows now: with δ = 0 they are the reference. */
  readonly now: string;
  /** [R, D] d loss / d δ. */
  readonly gradient: string;
}

/**
 * loss = Σ weights·nll + Σ weights·KL(now ‖ reference), as compute_z.py / compute_v.py have it, from the hidden state at `site` on.
 * Positions that the loss does not read get no logits, nor the last layer's MLP.
 * @param isRanked whether it says how far each target token is behind the likeliest
 */
export function lossGraph(decoder: Decoder, site: string, { isRanked = false } = {}): LossGraph {
  const { anatomy } = decoder;
  const whole = graphFrom(decoder, site, [anatomy.logits]);
  const injected = inject(whole.graph, site, { positions: names.positions, vectors: names.delta });
  const width = anatomy.hiddenSize;
  const shapes = new Map(decoder.shapes);
  const know = (name: string, dims: Shape['dims'], dtype: DataType = 'float32') => shapes.set(name, { dtype, dims });
  for (const name of [injected.before, injected.after]) shapes.set(name, decoder.shapes.get(site)!);
  know(names.delta, [null, width]);
  know(names.positions, [null, decoder.shapes.get(site)!.dims.length - 1], 'int64');
  for (const name of [names.targetRows, names.keepRows, names.targetIds]) know(name, [null, 1], 'int64');

  const { graph, made } = extend(injected.graph, 'loss', (b) => {
    const rows = (name: string, columns: number | null) => (know(name, [null, columns]), name);
    // One product with the unembedding for both kinds of rows: it is the largest weight, and repacked once.
    const all = b.op('Concat', [names.targetRows, names.keepRows], { axis: 0 });
    know(all, [null, 1], 'int64');
    const tail = new Tail(b, decoder, shapes, all, new Set([anatomy.layers.at(-2)?.residual ?? anatomy.embedding]));
    const counts = [names.targetRows, names.keepRows].map((name) => b.op('Shape', [name], { start: 0, end: 1 }));
    const [forTarget, forKeep] = b.ops('Split', [tail.at(anatomy.logits), b.op('Concat', counts, { axis: 0 })], 2, { axis: 0 }) as [
      string,
      string,
    ];
    for (const part of [forTarget, forKeep]) rows(part, anatomy.vocabulary);
    const logp = rows(b.op('LogSoftmax', [forTarget], { axis: -1 }), anatomy.vocabulary);
    const picked = rows(b.op('GatherElements', [logp, names.targetIds], { axis: 1 }), 1);
    const nll = rows(b.op('Neg', [picked]), 1);
    const most = isRanked ? b.op('ReduceMax', [logp, b.ints([1])], { keepdims: 1 }) : undefined;
    const behind = most === undefined ? undefined : b.op('Sub', [most, picked]);
    const now = rows(b.op('LogSoftmax', [forKeep], { axis: -1 }), anatomy.vocabulary);
    const p = rows(b.op('Exp', [now]), anatomy.vocabulary);
    const apart = rows(b.op('Sub', [now, names.keepReference]), anatomy.vocabulary);
    const each = rows(b.op('Mul', [p, apart]), anatomy.vocabulary);
    const kl = rows(b.op('ReduceSum', [each, b.ints([1])], { keepdims: 1 }), 1);
    const scalar = (name: string) => (know(name, []), name);
    const weighted = (x: string, w: string) => scalar(b.op('ReduceSum', [rows(b.op('Mul', [x, w]), 1)], { keepdims: 0 }));
    return { nll, behind, kl, now, loss: scalar(b.op('Add', [weighted(nll, names.targetWeights), weighted(kl, names.keepWeights)])) };
  });
  know(names.targetWeights, [null, 1]);
  know(names.keepWeights, [null, 1]);
  know(names.keepReference, [null, anatomy.vocabulary]);
  graph.inputs.push(
    value(names.targetRows, 'int64', ['targets', 1]),
    value(names.keepRows, 'int64', ['kept', 1]),
    value(names.targetIds, 'int64', ['targets', 1]),
    value(names.targetWeights, 'float32', ['targets', 1]),
    value(names.keepReference, 'float32', ['kept', anatomy.vocabulary]),
    value(names.keepWeights, 'float32', ['kept', 1]),
  );
  const gradient = lossGradient(graph, made.loss, [names.delta], shapes).get(names.delta)!;
  const loss = slice(graph, [made.nll, made.kl, made.now, gradient, ...(made.behind === undefined ? [] : [made.behind])]);
  const fed = new Set(loss.inputs.map((v) => v.name));
  const { nll, behind, kl, now } = made;
  return { graph: loss, live: liveAt(decoder, site).filter((name) => fed.has(name)), nll, behind, kl, now, gradient };
}
