import * as ort from 'onnxruntime-node';
import { throughViews } from '../anatomy/linears.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Stage } from '../decoder/stage.ts';
import { producers } from '../onnx/graph.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';
import { centre, measureNorm } from './norm.ts';

/** What a layer's attention adds to the hidden state at one token, in parts that sum to it. */
export interface HeadParts {
  readonly heads: readonly Float64Array[];
  /** What no head gives: biases of the projection and of a norm behind it. */
  readonly rest: Float64Array;
}

/**
 * Each head by itself through the output projection; a norm behind it (Gemma 2 and 3) is linear once its division is frozen at what it was
 * for all heads together. The projection is run, not read, so that it may be stored in any way.
 * @param mixed heads side by side at the token, the projection's input; @param id the token
 * @returns in words why it cannot be done
 */
export async function headParts(decoder: Decoder, layer: number, mixed: Float32Array, id: number): Promise<HeadParts | string> {
  const { attention, added } = decoder.anatomy.layers[layer]!;
  if (!attention || !added) return 'no attention was found whose output is added to the hidden state';
  const { heads, headWidth } = attention;
  const projected = await projection(decoder, attention.mixed, attention.output, id, mixed, heads, headWidth);
  if (!projected) return `more than the heads goes into "${attention.output}"`;
  const [all, nothing, ...alone] = projected as [Float32Array, Float32Array, ...Float32Array[]];
  const parts = alone.map((values) => Float64Array.from(values, (x, d) => x - nothing[d]!));
  const made = producers(decoder.graph);
  if (throughViews(added.attention, made) === throughViews(attention.output, made))
    return { heads: parts, rest: Float64Array.from(nothing) };
  const norm = await measureNorm(decoder, { from: attention.output, to: added.attention }, [id], all);
  if (!norm) return `what stands between "${attention.output}" and the hidden state is no norm that can be divided into parts`;
  const frozen = (part: ArrayLike<number>) => centre(part, norm.centres).map((x, d) => x * norm.gain[d]! * norm.scales[0]!);
  return { heads: parts.map(frozen), rest: frozen(nothing).map((x, d) => x + norm.bias[d]!) };
}

/** The projection's output for all heads, for none, and for each alone; undefined when it takes more than the heads. */
async function projection(
  decoder: Decoder,
  from: string,
  to: string,
  id: number,
  mixed: Float32Array,
  heads: number,
  headWidth: number,
): Promise<Float32Array[] | undefined> {
  const width = mixed.length;
  const count = heads + 2;
  const data = new Float32Array(count * width);
  data.set(mixed);
  for (let head = 0; head < heads; head++) {
    const at = head * headWidth;
    data.set(mixed.subarray(at, at + headWidth), (head + 2) * width + at);
  }
  const stage = await Stage.create(decoder, from, [to], { prepack: false });
  try {
    if (stage.live.join() !== from) return undefined;
    const flat = decoder.shapes.get(from)!.dims.length === 2;
    const tensor = new ort.Tensor('float32', data, flat ? [count, width] : [count, 1, width]);
    const result = floats(await stage.run(rightPad(Array.from({ length: count }, () => [id])), { [from]: tensor }), to);
    const out = result.length / count;
    return Array.from({ length: count }, (_, row) => result.slice(row * out, (row + 1) * out));
  } finally {
    await stage.release();
  }
}
