import { withBias } from '../anatomy/linears.ts';
import { producers } from '../onnx/graph.ts';
import { tensorFloats } from '../onnx/tensors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { Site } from '../decoder/sites.ts';
import { headParts } from './heads.ts';
import { centre, finalNorm, type Norm } from './norm.ts';
import { hiddenOf, type State } from './state.ts';
import type { Walk } from './walk.ts';

/** What each part of the model adds to the logit of each watched token, at each token of the text; before a final softcap. */
export interface Attribution {
  /** Per token of the text, per watched token. */
  readonly embedding: readonly (readonly number[])[];
  /** Per layer, token, watched token. */
  readonly attention: readonly (readonly (readonly number[])[])[];
  readonly mlp: readonly (readonly (readonly number[])[])[];
  /** At the text's last token: per layer, head, watched token. Empty for a layer of `headless`. */
  readonly heads: readonly (readonly (readonly number[])[])[];
  /** Layers whose heads cannot be told apart, and why. */
  readonly headless: readonly { readonly layer: number; readonly reason: string }[];
  /** Largest distance between what an attention adds there and the sum of its heads and biases. */
  readonly headResidue: number;
  /** What the norm's and the head's bias give, per watched token. */
  readonly constant: readonly number[];
  readonly total: readonly (readonly number[])[];
  /** Largest distance between a total and the sum of its parts. */
  readonly residue: number;
}

/** The sites that attribution reads. */
export function attributionSites(decoder: Decoder): Site[] {
  return decoder.anatomy.layers.flatMap(({ attention }, layer): Site[] => [
    { kind: 'added', part: 'attention', layer },
    { kind: 'added', part: 'mlp', layer },
    ...(attention ? [{ kind: 'heads', layer } as const] : []),
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
  const embedded = hiddenOf(state).slice();
  const parts: { attention: Float32Array; mlp: Float32Array; heads: Float32Array }[] = [];
  for (const layer of layers.keys()) {
    const step = await walk.next(state);
    parts.push({
      attention: step.read({ kind: 'added', part: 'attention', layer }).slice(),
      mlp: step.read({ kind: 'added', part: 'mlp', layer }).slice(),
      heads: layers[layer]!.attention ? step.read({ kind: 'heads', layer }).slice() : new Float32Array(),
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
  const last = ids.length - 1;
  const heads: number[][][] = [];
  const headless: { layer: number; reason: string }[] = [];
  let headResidue = 0;
  for (const [layer, part] of parts.entries()) {
    const each = part.heads.length / ids.length;
    const found = await headParts(decoder, layer, part.heads.slice(last * each), ids[last]!);
    if (typeof found === 'string') headless.push({ layer, reason: found });
    const made = typeof found === 'string' ? [] : found.heads.map((one) => head.of(one, norm.scales[last]!));
    heads.push(made);
    if (typeof found === 'string') continue;
    const rest = head.of(found.rest, norm.scales[last]!);
    attention[layer]![last]!.forEach((whole, at) => {
      const sum = made.reduce((all, one) => all + one[at]!, rest[at]!);
      headResidue = Math.max(headResidue, Math.abs(sum - whole));
    });
  }
  return { embedding, attention, mlp, heads, headless, headResidue, constant: head.constant, total, residue };
}

/** The head's rows of the watched tokens. */
class Head {
  /** Per watched token: what the biases of norm and head give. */
  readonly constant: readonly number[];
  private readonly rows: readonly Float64Array[];
  private readonly biases: readonly number[];
  private readonly norm: Norm;

  constructor(decoder: Decoder, watched: readonly number[], norm: Norm) {
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
