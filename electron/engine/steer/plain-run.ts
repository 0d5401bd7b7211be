import * as ort from 'onnxruntime-node';
import type { Decoder } from '../decoder/decoder.ts';
import { halfToFloats } from '../onnx/floats.ts';
import { feedsFor, type Inputs, rightPad } from '../runtime/inputs.ts';
import { largest, penalised } from '../runtime/sampling.ts';

/** A model file run as anybody runs it: ONNX Runtime on the file, nothing of ours between. */
export class PlainRun {
  private readonly session: ort.InferenceSession;
  private readonly inputs: Inputs;
  private readonly halves: ReadonlySet<string>;

  private constructor(session: ort.InferenceSession, inputs: Inputs, halves: ReadonlySet<string>) {
    this.session = session;
    this.inputs = inputs;
    this.halves = halves;
  }

  /** @param decoder the model that the file was made from, whose inputs it has */
  static async open(file: string, { inputs: found, anatomy }: Pick<Decoder, 'inputs' | 'anatomy'>): Promise<PlainRun> {
    const width = anatomy.layers[0]?.attention?.headWidth ?? 0;
    // Fused attention wants the cache's width even of an empty one; files need not say it.
    const inputs = { ...found, past: found.past.map((slot) => ({ ...slot, width: slot.width === 0 ? width : slot.width })) };
    const session = await ort.InferenceSession.create(file, { executionProviders: ['cpu'], logSeverityLevel: 3 });
    const halves = session.inputMetadata.flatMap((one) => (one.isTensor && one.type === 'float16' ? [one.name] : []));
    return new PlainRun(session, inputs, new Set(halves));
  }

  /** Logits behind every token of a text, [tokens × V], read in one pass. */
  async read(ids: readonly number[]): Promise<Float32Array> {
    return this.floats(await this.pass(ids, 0, new Map()));
  }

  /** The likeliest token again and again, with the cache where there is one. @param penalty on tokens that the text has */
  async write(prompt: readonly number[], tokens: number, penalty = 1): Promise<number[]> {
    const ids = [...prompt];
    let past = new Map<string, ort.Tensor>();
    for (let settled = 0; ids.length < prompt.length + tokens;) {
      const result = await this.pass(ids.slice(settled), settled, past);
      const all = this.floats(result);
      const last = all.slice(-all.length / (ids.length - settled));
      if (this.inputs.past.length > 0) {
        past = new Map(this.inputs.past.map((slot) => [slot.input, result[slot.present]!]));
        settled = ids.length;
      }
      ids.push(largest(penalised(last, penalty, ids), 1)[0]!);
    }
    return ids.slice(prompt.length);
  }

  release(): Promise<void> {
    return this.session.release();
  }

  private async pass(ids: readonly number[], settled: number, past: ReadonlyMap<string, ort.Tensor>): Promise<Record<string, ort.Tensor>> {
    const feeds = feedsFor(this.inputs, rightPad([ids], settled), new Set(this.session.inputNames), past);
    for (const name of this.halves) {
      const tensor = feeds[name];
      if (tensor?.type === 'float32') feeds[name] = new ort.Tensor('float16', new Uint16Array(tensor.size), tensor.dims); // nothing cached
    }
    return (await this.session.run(feeds)) as Record<string, ort.Tensor>;
  }

  private floats(result: Record<string, ort.Tensor>): Float32Array {
    const { data, type } = result[this.inputs.logits]!;
    if (type !== 'float16') return data as Float32Array;
    const bits = data as unknown as ArrayBufferView;
    return halfToFloats(new Uint16Array(bits.buffer, bits.byteOffset, bits.byteLength / 2));
  }
}
