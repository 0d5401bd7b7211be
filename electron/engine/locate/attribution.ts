import { throughViews, withBias } from '../anatomy/linears.ts';
import { producers } from '../onnx/graph.ts';
import { tensorFloats } from '../onnx/tensors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { Site } from '../decoder/sites.ts';
import { centre, finalNorm, type FinalNorm } from './final-norm.ts';
import type { State, Walk } from './walk.ts';

/** What each part of the model adds to the logit of each watched token, at each token of the text; before a final softcap. */
export interface Attribution {
  /** Per token of the text, per watched token. */
  readonly embedding: readonly (readonly number[])[];
  /** Per layer, token, watched token. */
  readonly attention: readonly (readonly (readonly number[])[])[];
  readonly mlp: readonly (readonly (readonly number[])[])[];
  /**
   * Per layer, head, token, watched token; a layer's heads and its projection's bias make up its attention. Empty where a norm stands
   * behind the attention.
   */
  readonly heads: readonly (readonly (readonly (readonly number[])[])[])[];
  /** What the norm's and the head's bias give, per watched token. */
  readonly constant: readonly number[];
  readonly total: readonly (readonly number[])[];
  /** Largest distance between a total and the sum of its parts. */
  readonly residue: number;
}

/** The sites that attribution reads. */
export function attributionSites(decoder: Decoder): Site[] {
  return decoder.anatomy.layers.flatMap((_, layer): Site[] => [
    { kind: 'added', part: 'attention', layer },
    { kind: 'added', part: 'mlp', layer },
    { kind: 'heads', layer },
  ]);
}

/**
 * Direct logit attribution: the final norm's division is frozen at what it was for the real final state, and every part p of that state
 * then adds
 * W_U[v] · (gain ∘ centre(p)) · scale. @param walk with {@link attributionSites}
 * @throws EmendError 'unsupported' for a model whose blocks are no sums or whose final norm is none
 */
export async function attribute(walk: Walk, ids: readonly number[], watched: readonly number[]): Promise<Attribution> {
  const { decoder } = walk;
  const { layers, hiddenSize: width } = decoder.anatomy;
  let state: State = (await walk.start(ids, 1)).state;
  const embedded = hiddenOf(state);
  const parts: { attention: Float32Array; mlp: Float32Array; heads: Float32Array }[] = [];
  for (const layer of layers.keys()) {
    const step = await walk.next(state);
    parts.push({
      attention: step.read({ kind: 'added', part: 'attention', layer }).slice(),
      mlp: step.read({ kind: 'added', part: 'mlp', layer }).slice(),
      heads: step.read({ kind: 'heads', layer }).slice(),
    });
    state = step.state;
  }
  const norm = await finalNorm(walk, state);
  const head = new Head(decoder, watched, norm);
  const each = (values: Float32Array) =>
    ids.map((_, token) => head.of(values.subarray(token * width, (token + 1) * width), norm.scales[token]!));
  const embedding = each(embedded);
  const attention = parts.map((part) => each(part.attention));
  const mlp = parts.map((part) => each(part.mlp));
  const total = ids.map((_, token) => head.logits(norm.outputs.subarray(token * width, (token + 1) * width)));
  let residue = 0;
  total.forEach((row, token) =>
    row.forEach((logit, at) => {
      const layersSum = layers.reduce((sum, _, layer) => sum + attention[layer]![token]![at]! + mlp[layer]![token]![at]!, 0);
      residue = Math.max(residue, Math.abs(embedding[token]![at]! + layersSum + head.constant[at]! - logit));
    }),
  );
  const heads = parts.map((part, layer) => headsOf(decoder, layer, part.heads, ids.length, (p, token) => head.of(p, norm.scales[token]!)));
  return { embedding, attention, mlp, heads, constant: head.constant, total, residue };
}

/** What each head alone adds: its slice of the mixed values through its slice of the output projection. */
function headsOf(
  decoder: Decoder,
  layer: number,
  mixed: Float32Array,
  tokens: number,
  of: (part: Float64Array, token: number) => number[],
): number[][][] {
  const { attention, added } = decoder.anatomy.layers[layer]!;
  const made = producers(decoder.graph);
  const bare = (name: string) => throughViews(name, made);
  if (!attention || !added || bare(added.attention) !== bare(attention.output)) return [];
  const { projection, heads, headWidth } = attention;
  if (projection.quantised) return [];
  const weight = tensorFloats(decoder.model, decoder.graph.constants.get(projection.weight)!);
  const { inWidth, outWidth, layout } = projection;
  return Array.from({ length: heads }, (_, head) =>
    Array.from({ length: tokens }, (_, token) => {
      const part = new Float64Array(outWidth);
      for (let i = head * headWidth; i < (head + 1) * headWidth; i++) {
        const x = mixed[token * inWidth + i]!;
        for (let d = 0; d < outWidth; d++) part[d]! += x * weight[layout === 'in-out' ? i * outWidth + d : d * inWidth + i]!;
      }
      return of(part, token);
    }),
  );
}

function hiddenOf(state: State): Float32Array {
  return (Object.values(state.live)[0]!.data as Float32Array).slice();
}

/** The head's rows of the watched tokens. */
class Head {
  /** Per watched token: what the biases of norm and head give. */
  readonly constant: readonly number[];
  private readonly rows: readonly Float64Array[];
  private readonly biases: readonly number[];
  private readonly norm: FinalNorm;

  constructor(decoder: Decoder, watched: readonly number[], norm: FinalNorm) {
    const { unembedding } = decoder.anatomy;
    const weight = tensorFloats(decoder.model, decoder.graph.constants.get(unembedding.weight)!);
    const { inWidth, outWidth, layout } = unembedding;
    this.rows = watched.map((id) =>
      Float64Array.from({ length: inWidth }, (_, i) => weight[layout === 'in-out' ? i * outWidth + id : id * inWidth + i]!),
    );
    const node = producers(decoder.graph).get(unembedding.product)!;
    const { bias } = withBias(node, unembedding.product, decoder.graph);
    const values = bias === undefined ? undefined : tensorFloats(decoder.model, decoder.graph.constants.get(bias)!);
    this.biases = watched.map((id) => values?.[id] ?? 0);
    this.norm = norm;
    this.constant = this.rows.map((row, at) => dot(row, norm.bias) + this.biases[at]!);
  }

  /** What a part of the hidden state adds to each watched logit. */
  of(part: ArrayLike<number>, scale: number): number[] {
    const scaled = centre(part, this.norm.centres).map((x, i) => x * this.norm.gain[i]! * scale);
    return this.rows.map((row) => dot(row, scaled));
  }

  /** Logits of the watched tokens from what the norm gave, before a softcap. */
  logits(normed: ArrayLike<number>): number[] {
    return this.rows.map((row, at) => dot(row, normed) + this.biases[at]!);
  }
}

function dot(a: Float64Array, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
