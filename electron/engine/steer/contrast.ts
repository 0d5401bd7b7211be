import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { liveAt, Stage } from '../decoder/stage.ts';
import { rightPad } from '../runtime/inputs.ts';
import { floats } from '../runtime/session.ts';

/** Three texts that run in step: what is asked, and the same behind two opposite prompts. */
export interface Contrast {
  readonly prompt: readonly number[];
  readonly positive: readonly number[];
  readonly negative: readonly number[];
  /** How much of the difference is added. */
  readonly alpha: number;
  /** Tokens from the end of each text that take part. */
  readonly tokens: number;
  /** Blocks behind which it happens, ascending. */
  readonly blocks: readonly number[];
}

/**
 * RepE's contrast vectors (rep_control_contrast_vec.py): behind each control block alpha·(h⁺ − h⁻) of the last tokens, counted from the end
 * of each text, is added to all three texts, so that later blocks see what earlier ones did. No cache: every token costs three runs.
 * @returns logits behind every token of the prompt, [tokens × V]
 * @throws EmendError 'unsupported' when the hidden state is not all that a block hands on
 */
export async function contrastLogits(
  decoder: Decoder,
  { prompt, positive, negative, alpha, tokens, blocks }: Contrast,
): Promise<Float32Array> {
  const { anatomy } = decoder;
  const texts = [prompt, positive, negative];
  const shortest = Math.min(...texts.map(({ length }) => length));
  if (tokens > shortest)
    throw new EmendError(
      'bad-input',
      `${tokens} tokens are to be contrasted; the shortest text has ${shortest}.`,
      'Contrast fewer tokens.',
    );
  const cuts = blocks.map((block) => anatomy.layers[block]!.residual);
  for (const name of cuts)
    if (liveAt(decoder, name).join() !== name)
      throw new EmendError('unsupported', 'Blocks of this model hand on more than one hidden state.', 'Use a reading vector instead.');
  let states: (ort.Tensor | undefined)[] = texts.map(() => undefined);
  let from: string | undefined;
  for (const to of [...cuts, anatomy.logits]) {
    const stage = await Stage.create(decoder, from, [to], { prepack: false });
    try {
      const results: ort.Tensor[] = [];
      for (const [at, ids] of texts.entries()) {
        const live = from === undefined ? {} : { [from]: states[at]! };
        results.push((await stage.run(rightPad([ids]), live))[to]!);
      }
      if (to === anatomy.logits) return floats({ [to]: results[0]! }, to).slice();
      states = contrasted(results, alpha, tokens);
      from = to;
    } finally {
      await stage.release();
    }
  }
  throw new EmendError('failed', 'The contrasted run has no end.');
}

function contrasted(states: readonly ort.Tensor[], alpha: number, tokens: number): ort.Tensor[] {
  const width = states[0]!.dims.at(-1)!;
  const lasts = states.map((state) => (state.data as Float32Array).slice(-tokens * width));
  const change = lasts[1]!.map((x, i) => alpha * (x - lasts[2]![i]!));
  return states.map((state) => {
    const data = (state.data as Float32Array).slice();
    const start = data.length - change.length;
    change.forEach((x, i) => (data[start + i]! += x));
    return new ort.Tensor('float32', data, state.dims);
  });
}
