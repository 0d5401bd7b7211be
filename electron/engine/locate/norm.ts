import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Stage } from '../decoder/stage.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';
import { hiddenOf, type State } from './state.ts';
import type { Walk } from './walk.ts';

/** A norm as what it does: y = gain ∘ centre(x) · scale(x) + bias. */
export interface Norm {
  readonly gain: Float64Array;
  readonly bias: Float64Array;
  /** Whether the mean is taken off first (LayerNorm). */
  readonly centres: boolean;
  /** Of each token of a state: what `centre(x)` was multiplied with. */
  readonly scales: Float64Array;
  /** What the norm gave for each token: tokens × width. */
  readonly outputs: Float32Array;
}

/** So large that a norm's epsilon does not show in it. */
const LOUD = 1e3;
/** How far the description may be from what the graph gives, relative to its largest number. */
const TOLERANCE = 1e-4;

/**
 * The final norm on a state. @throws EmendError 'unsupported' when what stands before the head is no LayerNorm and no RMSNorm
 */
export async function finalNorm(walk: Walk, state: State): Promise<Norm> {
  const { anatomy } = walk.decoder;
  const last = anatomy.layers.at(-1)!.residual;
  const found = await measureNorm(walk.decoder, { from: last, to: anatomy.unembedding.input }, state.ids, hiddenOf(state));
  if (found) return found;
  throw new EmendError(
    'unsupported',
    `What stands between the hidden state "${last}" and the head is no norm that can be divided into parts.`,
    'The lens works on this model; attribution to single parts does not.',
  );
}

/**
 * Finds out what stands between two values by feeding it, not by reading its nodes: exporters write norms in many ways.
 * Nothing gives the bias, a loud vector the gain, the same one moved whether the mean is taken off; the inputs then give their scales.
 * @param ids one for each input; @param inputs tokens × width, at the value `from`
 * @returns undefined for what is no LayerNorm, no RMSNorm and no scaling
 */
export async function measureNorm(
  decoder: Decoder,
  { from, to }: { readonly from: string; readonly to: string },
  ids: readonly number[],
  inputs: Float32Array,
): Promise<Norm | undefined> {
  const width = decoder.anatomy.hiddenSize;
  const stage = await Stage.create(decoder, from, [to], { prepack: false });
  try {
    if (stage.live.join() !== from) return undefined;
    const run = async (data: Float32Array, tokens: number) => {
      const rows = rightPad([Array.from({ length: tokens }, (_, at) => ids[at % ids.length]!)]);
      const rank = decoder.shapes.get(from)!.dims.length;
      const tensor = new ort.Tensor('float32', data, rank === 2 ? [tokens, width] : [1, tokens, width]);
      return floats(await stage.run(rows, { [from]: tensor }), to);
    };
    const loud = Float32Array.from({ length: width }, (_, i) => ((i * 7) % 3 === 0 ? 1.5 : (i * 5) % 2 === 0 ? -1 : 0.75) * LOUD);
    const moved = loud.map((x) => x + LOUD);
    const probes = new Float32Array(3 * width);
    probes.set(loud, width);
    probes.set(moved, 2 * width);
    const found = await run(probes, 3);
    const bias = Float64Array.from(found.subarray(0, width));
    const [plain, shifted] = [found.subarray(width, 2 * width), found.subarray(2 * width)];
    if (found.length !== 3 * width) return undefined;
    const centres = plain.every((x, i) => Math.abs(x - shifted[i]!) < TOLERANCE * (1 + Math.abs(x)));
    const middle = centre(loud, centres);
    const size = Math.sqrt(middle.reduce((sum, x) => sum + x * x, 0) / width);
    const gain = middle.map((x, i) => ((plain[i]! - bias[i]!) * size) / x);
    const outputs = await run(inputs, ids.length);
    const scales = new Float64Array(ids.length);
    for (let token = 0; token < scales.length; token++) {
      const x = centre(inputs.subarray(token * width, (token + 1) * width), centres).map((one, i) => one * gain[i]!);
      const y = outputs.subarray(token * width, (token + 1) * width);
      const scale = x.reduce((sum, one, i) => sum + one * (y[i]! - bias[i]!), 0) / x.reduce((sum, one) => sum + one * one, 0);
      const most = y.reduce((m, one) => Math.max(m, Math.abs(one)), 1);
      if (x.some((one, i) => Math.abs(one * scale + bias[i]! - y[i]!) > TOLERANCE * most)) return undefined;
      scales[token] = scale;
    }
    return { gain, bias, centres, scales, outputs };
  } finally {
    await stage.release();
  }
}

/** A vector without its mean, where the norm takes that off. */
export function centre(x: ArrayLike<number>, centres: boolean): Float64Array {
  const values = Float64Array.from(x);
  if (!centres) return values;
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return values.map((one) => one - mean);
}
