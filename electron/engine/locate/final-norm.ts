import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';
import { Stage } from '../decoder/stage.ts';
import type { Walk, State } from './walk.ts';

/** A final norm as what it does: y = gain ∘ centre(x) · scale(x) + bias. */
export interface FinalNorm {
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
 * Finds out what the final norm does by feeding it, not by reading its nodes: exporters write it in many ways.
 * Nothing gives the bias, a loud vector the gain, the same one moved whether the mean is taken off; `state` then gives its scales.
 * @throws EmendError 'unsupported' when what stands before the head is no LayerNorm and no RMSNorm
 */
export async function finalNorm(walk: Walk, state: State): Promise<FinalNorm> {
  const { decoder } = walk;
  const { anatomy } = decoder;
  const width = anatomy.hiddenSize;
  const last = anatomy.layers.at(-1)!.residual;
  const stage = await Stage.create(decoder, last, [anatomy.unembedding.input], { prepack: false });
  try {
    const run = async (data: Float32Array, tokens: number) => {
      const rows = rightPad([Array.from({ length: tokens }, (_, at) => state.ids[at % state.ids.length]!)]);
      const rank = decoder.shapes.get(last)!.dims.length;
      const tensor = new ort.Tensor('float32', data, rank === 2 ? [tokens, width] : [1, tokens, width]);
      return floats(await stage.run(rows, { [last]: tensor }), anatomy.unembedding.input);
    };
    const loud = Float32Array.from({ length: width }, (_, i) => ((i * 7) % 3 === 0 ? 1.5 : (i * 5) % 2 === 0 ? -1 : 0.75) * LOUD);
    const moved = loud.map((x) => x + LOUD);
    const probes = new Float32Array(3 * width);
    probes.set(loud, width);
    probes.set(moved, 2 * width);
    const found = await run(probes, 3);
    const bias = Float64Array.from(found.subarray(0, width));
    const [plain, shifted] = [found.subarray(width, 2 * width), found.subarray(2 * width)];
    if (bias.length !== width) throw unknownNorm(last);
    const centres = plain.every((x, i) => Math.abs(x - shifted[i]!) < TOLERANCE * (1 + Math.abs(x)));
    const middle = centre(loud, centres);
    const size = Math.sqrt(middle.reduce((sum, x) => sum + x * x, 0) / width);
    const gain = middle.map((x, i) => ((plain[i]! - bias[i]!) * size) / x);
    const hidden = Object.values(state.live)[0]!.data as Float32Array;
    const outputs = await run(hidden, state.ids.length);
    const scales = new Float64Array(state.ids.length);
    for (let token = 0; token < scales.length; token++) {
      const x = centre(hidden.subarray(token * width, (token + 1) * width), centres).map((one, i) => one * gain[i]!);
      const y = outputs.subarray(token * width, (token + 1) * width);
      const scale = x.reduce((sum, one, i) => sum + one * (y[i]! - bias[i]!), 0) / x.reduce((sum, one) => sum + one * one, 0);
      const most = y.reduce((m, one) => Math.max(m, Math.abs(one)), 1);
      if (x.some((one, i) => Math.abs(one * scale + bias[i]! - y[i]!) > TOLERANCE * most)) throw unknownNorm(last);
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

function unknownNorm(last: string): EmendError {
  return new EmendError(
    'unsupported',
    `What stands between the hidden state "${last}" and the head is no norm that can be divided into parts.`,
    'The lens works on this model; attribution to single parts does not.',
  );
}
