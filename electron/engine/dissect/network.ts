import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { consumers, type Graph, type Model } from '../onnx/graph.ts';
import { graphFile } from '../onnx/model-folder.ts';
import { traitsOf } from '../onnx/op-traits.ts';
import { constantsFromNodes } from '../onnx/passes/constantsFromNodes.ts';
import { readModel } from '../onnx/read.ts';
import { floatFeed, floats, Session } from '../runtime/session.ts';
import { slice } from '../runtime/surgery.ts';
import { FieldMap, type Fields } from './centres.ts';
import { type Picture, readPicture, resized } from './pictures.ts';

/** How pixels from 0 to 1 are brought to what the network was trained on: (x − mean) / deviation, by channel. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** A convolution's output, or the same behind its norm and activation. */
export interface Convolution {
  /** Name of the value in the graph. */
  readonly name: string;
  readonly units: number;
  /** Behind its activation. */
  readonly isActivated: boolean;
}

const PreprocessorSchema = v.looseObject({
  do_normalize: v.optional(v.boolean()),
  image_mean: v.optional(v.nullable(v.array(v.number()))),
  image_std: v.optional(v.nullable(v.array(v.number()))),
});

/** Maps of some pictures: units × cells for each. */
export interface Maps {
  /** pictures × units × cells. */
  readonly values: Float32Array;
  readonly units: number;
  readonly cells: number;
}

const BATCH = 16;

/** An image classifier: a graph with one float input [pictures, channels, rows, columns] and convolutions. */
export class ImageNetwork {
  readonly convolutions: readonly Convolution[];
  readonly normalisation: Normalisation;
  /** Where the normalisation is from, in words. */
  readonly normalisationFrom: string;
  /** Rows and columns that the input must have; undefined where it may have any. */
  readonly fixed: readonly [number, number] | undefined;
  /** Pictures that must go through it at once; undefined where it takes any number. */
  readonly #together: number | undefined;
  readonly #model: Model;
  readonly #graph: Graph;
  readonly #input: string;
  readonly #channels: number;

  /**
   * @param model folder or .onnx file
   * @throws EmendError 'unsupported' for a graph that takes something else than pictures
   */
  constructor(
    model: string,
    normalisation: { readonly mean?: readonly number[] | undefined; readonly deviation?: readonly number[] | undefined } = {},
  ) {
    const file = graphFile(model);
    this.#model = readModel(file);
    this.#graph = constantsFromNodes(this.#model.graph);
    const inputs = this.#graph.inputs.filter(({ name }) => !this.#graph.constants.has(name));
    const [input] = inputs;
    const seen = inputs.map((one) => `${one.name}: ${one.dtype}[${one.dims?.join(', ') ?? '?'}]`).join('; ') || 'none';
    if (inputs.length !== 1 || input?.dtype !== 'float32' || input.dims?.length !== 4)
      throw new EmendError(
        'unsupported',
        `An image classifier has one float32 input [pictures, channels, rows, columns]; the inputs of ${file} are: ${seen}.`,
        'Export the network in float32 with pictures as [N, C, H, W].',
      );
    const [batch, channels, rows, columns] = input.dims;
    if (channels !== 1 && channels !== 3)
      throw new EmendError(
        'unsupported',
        `Pictures have 1 or 3 channels; the input of ${file} is ${seen}.`,
        'Export the network with pictures as [N, C, H, W] and a fixed number of channels.',
      );
    this.#input = input.name;
    this.#channels = channels;
    this.fixed = typeof rows === 'number' && typeof columns === 'number' ? [rows, columns] : undefined;
    this.#together = typeof batch === 'number' ? batch : undefined;
    this.convolutions = convolutionsOf(this.#graph);
    if (this.convolutions.length === 0)
      throw new EmendError('unsupported', `${file} has no two-dimensional convolution.`, 'Give a convolutional network.');
    const preset = presetBeside(file);
    const given = normalisation.mean !== undefined || normalisation.deviation !== undefined;
    this.normalisation = {
      mean: channelsOf(normalisation.mean ?? preset?.mean, channels, 0, 'mean'),
      deviation: channelsOf(normalisation.deviation ?? preset?.deviation, channels, 1, 'deviation'),
    };
    if (this.normalisation.deviation.some((one) => one <= 0))
      throw new EmendError('bad-input', 'A standard deviation of a channel is not above 0.', 'Give deviations such as 0.229,0.224,0.225.');
    this.normalisationFrom = given ? 'as given' : preset ? 'from preprocessor_config.json' : 'values from 0 to 1 as they are';
  }

  /** Pictures that go through it at once. */
  get batch(): number {
    return this.#together ?? BATCH;
  }

  /** @throws EmendError 'not-found' naming the layers there are */
  layer(name: string): Convolution {
    const found = this.convolutions.find((one) => one.name === name);
    if (found) return found;
    throw new EmendError(
      'not-found',
      `The network has no layer ${JSON.stringify(name)} that can be dissected; ` +
        `it has ${this.convolutions.map((one) => one.name).join(', ')}.`,
      'Name one of these.',
    );
  }

  /** What the cells of a layer see of a picture. @throws EmendError 'unsupported' where that cannot be told */
  fields(layer: string, size: readonly [number, number]): Fields {
    const found = new FieldMap(this.#graph, this.#model, this.#input, size).of(layer);
    if (found) return found;
    throw new EmendError('unsupported', `The layer ${layer} has no rows and columns.`, 'Choose a layer before it.');
  }

  /** A session that gives maps of layers. */
  session(layers: readonly string[]): Promise<Session> {
    return Session.create(this.#model, slice(this.#graph, layers), {});
  }

  /** A picture file as the network takes it: at its own size where the network takes any. */
  read(file: string): { readonly picture: Picture; readonly wasResized: boolean } {
    const picture = readPicture(file);
    if (!this.fixed) return { picture, wasResized: false };
    const [rows, columns] = this.fixed;
    return { picture: resized(picture, columns, rows), wasResized: picture.width !== columns || picture.height !== rows };
  }

  /** Maps of layers for pictures of one size. @returns one for each layer, in their order */
  async maps(session: Session, layers: readonly string[], pictures: readonly Picture[]): Promise<Maps[]> {
    const { width, height } = pictures[0]!;
    // A graph whose number of pictures is fixed gets the last one again and again.
    const count = this.#together ?? pictures.length;
    const size = this.#channels * height * width;
    const data = new Float32Array(count * size);
    for (let at = 0; at < count; at++) this.#write(pictures[Math.min(at, pictures.length - 1)]!, data.subarray(at * size, (at + 1) * size));
    const result = await session.run({ [this.#input]: floatFeed(data, [count, this.#channels, height, width]) });
    return layers.map((layer) => {
      const [, units, rows, columns] = result[layer]!.dims as [number, number, number, number];
      const cells = rows * columns;
      return { values: floats(result, layer).subarray(0, pictures.length * units * cells), units, cells };
    });
  }

  #write(picture: Picture, into: Float32Array): void {
    const pixels = picture.width * picture.height;
    for (let channel = 0; channel < this.#channels; channel++) {
      const [mean, deviation] = [this.normalisation.mean[channel]!, this.normalisation.deviation[channel]!];
      for (let pixel = 0; pixel < pixels; pixel++) {
        const at = pixel * 4;
        const value =
          this.#channels === 3
            ? picture.data[at + channel]!
            : 0.299 * picture.data[at]! + 0.587 * picture.data[at + 1]! + 0.114 * picture.data[at + 2]!;
        into[channel * pixels + pixel] = (value / 255 - mean) / deviation;
      }
    }
  }
}

/** Each convolution's output, and what follows it behind a norm and an activation, in the order of the graph. */
function convolutionsOf(graph: Graph): Convolution[] {
  const readers = consumers(graph);
  return graph.nodes.flatMap((node) => {
    const weight = node.op === 'Conv' ? graph.constants.get(node.inputs[1]!) : undefined;
    if (weight?.dims.length !== 4) return [];
    const found = [{ name: node.outputs[0]!, units: weight.dims[0]!, isActivated: false }];
    for (let value = node.outputs[0]!; ;) {
      const next = readers.get(value) ?? [];
      if (next.length !== 1 || next[0]!.inputs[0] !== value) return found;
      const [{ op, outputs }] = next as [(typeof next)[number]];
      if (op === 'BatchNormalization') {
        value = outputs[0]!;
        continue;
      }
      if (traitsOf(next[0]!).bends) found.push({ name: outputs[0]!, units: weight.dims[0]!, isActivated: true });
      return found;
    }
  });
}

function presetBeside(file: string): { mean: readonly number[] | undefined; deviation: readonly number[] | undefined } | undefined {
  const place = [dirname(file), dirname(dirname(file))]
    .map((folder) => join(folder, 'preprocessor_config.json'))
    .find((one) => existsSync(one));
  if (place === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(place, 'utf8'));
  } catch (error) {
    throw new EmendError(
      'bad-file',
      `${place} is no JSON: ${error instanceof Error ? error.message : String(error)}.`,
      'Correct or remove it.',
    );
  }
  const read = v.safeParse(PreprocessorSchema, json);
  if (!read.success)
    throw new EmendError(
      'bad-file',
      `${place}: ${v.getDotPath(read.issues[0]) ?? ''}: ${read.issues[0].message}.`,
      'Correct or remove it.',
    );
  const { do_normalize: normalizes = true, image_mean: mean, image_std: deviation } = read.output;
  return normalizes ? { mean: mean ?? undefined, deviation: deviation ?? undefined } : undefined;
}

function channelsOf(given: readonly number[] | undefined, channels: number, otherwise: number, what: string): readonly number[] {
  if (given === undefined) return Array.from({ length: channels }, () => otherwise);
  if (given.length === channels) return given;
  if (given.length === 1) return Array.from({ length: channels }, () => given[0]!);
  throw new EmendError(
    'bad-input',
    `The ${what} has ${given.length} numbers; the network's input has ${channels} channels.`,
    `Give ${channels} numbers, or one for all.`,
  );
}
