import { EmendError } from '../../../shared/errors.ts';
import type { Report } from '../../../shared/progress.ts';
import { Random } from '../runtime/sampling.ts';
import type { DataSet, LabelMap } from './data-set.ts';
import type { Overlap } from './iou.ts';
import type { Maps, ImageNetwork } from './network.ts';
import { type Picture, writePng } from './pictures.ts';
import { threshold, type Threshold } from './quantile.ts';
import type { ConceptFinding, DissectionSettings, LayerFinding, UnitFinding } from './report.ts';
import { judge, permutation, summarise, TOP } from './units.ts';
import { upsample, upsampling } from './upsample.ts';

/** Cells of maps that are held at once: 1 GiB of float32. */
const HELD = 2 ** 28;

/** What a dissection of images found. */
export interface ImageFindings {
  readonly layers: readonly LayerFinding[];
  readonly concepts: readonly ConceptFinding[];
  /** Pixels of all label maps. */
  readonly cells: number;
  /** Pictures that were brought to the network's size. */
  readonly resized: number;
}

/** Some units of a layer with their maps: for each picture units × cells. */
interface Group {
  readonly layer: string;
  readonly from: number;
  readonly to: number;
  /** Unit − from → activations of all pictures, one picture after the other. */
  readonly held: readonly Float32Array[];
  /** Where each picture's cells begin, and the end. */
  readonly starts: readonly number[];
}

/**
 * Network Dissection (Bau et al. 2017) of convolutions: the threshold is that of the maps as they are, the masks are those of the
 * maps at the label maps' size.
 */
export async function dissectImages(
  network: ImageNetwork,
  data: DataSet,
  layers: readonly string[],
  settings: DissectionSettings,
  report: Report,
): Promise<ImageFindings> {
  if (settings.shuffles >= data.entries.length)
    throw new EmendError(
      'bad-input',
      `The labels of ${data.entries.length} pictures cannot be shuffled ${settings.shuffles} times such that none keeps its own.`,
      'Give more pictures, or shuffle less often.',
    );
  const units = new Map<string, UnitFinding[]>(layers.map((layer) => [layer, []]));
  const shelf = new LabelShelf(data);
  const order = permutation(data.entries.length, new Random(settings.seed));
  const sizes = countLabels(data, shelf, report);
  let [changed, shared] = [0, Infinity];
  for (const layer of layers) {
    const all = network.layer(layer).units;
    // The first picture says how many cells a map has, and so how many units fit.
    for (let from = 0; from < all; from += shared) {
      const read = await readMaps(network, data, layer, from, report);
      changed = read.resized;
      shared = read.group.to - from;
      units.get(layer)!.push(...judgeUnits(network, data, shelf, read, sizes.places, order, settings, report));
    }
    shared = Infinity;
  }
  return {
    layers: layers.map((layer) => summarise(layer, units.get(layer)!, settings.shuffles, settings.limit)),
    concepts: data.concepts.map((concept, at) => ({
      ...concept,
      places: sizes.places[at]!,
      documents: sizes.documents[data.categoryOf[at]!]!,
    })),
    cells: data.entries.reduce((sum, { width, height }) => sum + width * height, 0),
    resized: changed,
  };
}

/** Label maps, of which those read last are kept. */
export class LabelShelf {
  readonly #data: DataSet;
  readonly #kept = new Map<number, LabelMap>();
  #size = 0;

  constructor(data: DataSet) {
    this.#data = data;
  }

  get(at: number): LabelMap {
    const known = this.#kept.get(at);
    if (known) return known;
    const made = this.#data.labels(at);
    this.#kept.set(at, made);
    this.#size += sizeOf(made);
    for (const [old, map] of this.#kept) {
      if (this.#size <= HELD || old === at) break;
      this.#kept.delete(old);
      this.#size -= sizeOf(map);
    }
    return made;
  }
}

function sizeOf({ maps }: LabelMap): number {
  return maps.flat().reduce((sum, map) => sum + map.length, 0);
}

/** How many pixels carry each concept, and how many pictures carry a label of each category. */
export function countLabels(data: DataSet, shelf: LabelShelf, report: Report): { places: Int32Array; documents: Int32Array } {
  const places = new Int32Array(data.concepts.length);
  const documents = new Int32Array(data.categories.length);
  for (const at of data.entries.keys()) {
    report.check();
    report.progress('reading labels', at + 1, data.entries.length);
    const labels = shelf.get(at);
    labels.maps.forEach((maps, category) => {
      let any = false;
      for (let pixel = 0; pixel < labels.width * labels.height; pixel++)
        for (const concept of conceptsAt(maps, pixel)) {
          places[concept]!++;
          any = true;
        }
      if (any) documents[category]!++;
    });
  }
  return { places, documents };
}

/** Concepts of one category at a pixel, each once. */
function conceptsAt(maps: readonly Uint16Array[], pixel: number): number[] {
  if (maps.length === 1) return maps[0]![pixel]! === 0 ? [] : [maps[0]![pixel]! - 1];
  return [...new Set(maps.map((map) => map[pixel]!).filter((value) => value !== 0))].map((value) => value - 1);
}

async function readMaps(
  network: ImageNetwork,
  data: DataSet,
  layer: string,
  from: number,
  report: Report,
): Promise<{ group: Group; sizes: readonly (readonly [number, number])[]; resized: number }> {
  const session = await network.session([layer]);
  try {
    let held: Float32Array[] = [];
    const starts: number[] = [0];
    const sizes: (readonly [number, number])[] = [];
    let [to, changed] = [from, 0];
    for (let at = 0; at < data.entries.length;) {
      report.check();
      const pictures: Picture[] = [];
      while (at + pictures.length < data.entries.length && pictures.length < network.batch) {
        const { picture, wasResized } = network.read(data.file(at + pictures.length));
        const [first = picture] = pictures;
        // Pictures of another size go through by themselves.
        if (picture.width !== first.width || picture.height !== first.height) break;
        pictures.push(picture);
        if (wasResized) changed++;
      }
      const [maps] = (await network.maps(session, [layer], pictures)) as [Maps];
      if (at === 0) {
        const fit = Math.max(1, Math.floor(HELD / Math.max(1, maps.cells * data.entries.length)));
        to = Math.min(maps.units, from + fit);
        held = Array.from({ length: to - from }, () => new Float32Array(maps.cells * data.entries.length));
      }
      for (const [n, picture] of pictures.entries()) {
        const start = starts.at(-1)!;
        sizes.push([picture.height, picture.width]);
        if (start + maps.cells > held[0]!.length)
          held = held.map((old) => {
            const larger = new Float32Array(Math.max(start + maps.cells, 2 * old.length));
            larger.set(old);
            return larger;
          });
        for (let unit = from; unit < to; unit++) {
          const source = (n * maps.units + unit) * maps.cells;
          held[unit - from]!.set(maps.values.subarray(source, source + maps.cells), start);
        }
        starts.push(start + maps.cells);
      }
      at += pictures.length;
      report.progress(`reading activations of ${layer}`, at, data.entries.length);
    }
    return { group: { layer, from, to, held: held.map((all) => all.subarray(0, starts.at(-1))), starts }, sizes, resized: changed };
  } finally {
    await session.release();
  }
}

function judgeUnits(
  network: ImageNetwork,
  data: DataSet,
  shelf: LabelShelf,
  { group, sizes }: { readonly group: Group; readonly sizes: readonly (readonly [number, number])[] },
  places: Int32Array,
  order: Int32Array,
  { share, shuffles }: DissectionSettings,
  report: Report,
): UnitFinding[] {
  const cuts = group.held.map((activations) => threshold(activations.slice().sort(), share));
  const empty = () => ({ intersection: new Int32Array(data.concepts.length), active: new Int32Array(data.categories.length), all: 0 });
  const found = cuts.map(() => [empty(), ...Array.from({ length: shuffles }, empty)]);
  const strongest = cuts.map((): { place: number; activation: number }[] => []);
  // In a random order, each picture takes the labels of those that come behind it.
  for (let n = 0; n < order.length; n++) {
    report.check();
    const at = order[n]!;
    const { width, height } = data.entries[at]!;
    const labels = Array.from({ length: shuffles + 1 }, (_, p) => shelf.get(order[(n + p) % order.length]!));
    const scale = upsampling(network.fields(group.layer, sizes[at]!), [height, width], sizes[at]!);
    group.held.forEach((activations, unit) => {
      const map = activations.subarray(group.starts[at], group.starts[at + 1]);
      const most = map.reduce((a, b) => Math.max(a, b), -Infinity);
      strongest[unit]!.push({ place: at, activation: most });
      // No pixel between cells is above the highest cell.
      if (!(most > cuts[unit]!.value)) return;
      const on = maskOf(map, scale, cuts[unit]!);
      labels.forEach((one, p) => count(on, width, height, one, found[unit]![p]!));
    });
    report.progress(`comparing units of ${group.layer} with concepts`, n + 1, order.length);
  }
  const labels = { categoryOf: data.categoryOf, sizes: places };
  return cuts.map((cut, unit) => {
    const [real, ...chance] = found[unit]!.map((overlap) => ({ labels, overlap }));
    const top = strongest[unit]!.sort((a, b) => b.activation - a.activation || a.place - b.place).slice(0, TOP);
    return judge(group.from + unit, cut, real!, chance, top);
  });
}

/** Pixels of a picture's label map where a unit is on. */
function maskOf(map: Float32Array, scale: Parameters<typeof upsample>[1], { value }: Threshold): number[] {
  const on: number[] = [];
  upsample(map, scale).forEach((activation, pixel) => {
    if (activation > value) on.push(pixel);
  });
  return on;
}

/** Adds a mask's overlap with labels; labels of another size (of a shuffle) are read at the nearest pixel. */
function count(
  on: readonly number[],
  width: number,
  height: number,
  labels: LabelMap,
  into: { -readonly [K in keyof Overlap]: Overlap[K] },
): void {
  into.all += on.length;
  const isSame = labels.width === width && labels.height === height;
  labels.maps.forEach((maps, category) => {
    if (!maps.some((map) => map.some((value) => value !== 0))) return;
    into.active[category]! += on.length;
    for (const pixel of on) {
      const [y, x] = [Math.floor(pixel / width), pixel % width];
      const at = isSame
        ? pixel
        : Math.floor(((y + 0.5) * labels.height) / height) * labels.width + Math.floor(((x + 0.5) * labels.width) / width);
      for (const concept of conceptsAt(maps, at)) into.intersection[concept]!++;
    }
  });
}

/** A picture, and a shade over all of it where a unit is off; PNG files. */
export interface ShownPicture {
  readonly image: Uint8Array;
  readonly shade: Uint8Array;
  /** Of the picture, where the unit is on. */
  readonly share: number;
}

/** Pictures with the places where a unit is on. @param images by their number in the data set */
export async function showPictures(
  network: ImageNetwork,
  data: DataSet,
  layer: string,
  unit: number,
  cut: number,
  images: readonly number[],
): Promise<ShownPicture[]> {
  if (unit >= network.layer(layer).units) throw new EmendError('not-found', `The layer ${layer} has no unit ${unit}.`, 'Choose another.');
  const session = await network.session([layer]);
  try {
    const shown: ShownPicture[] = [];
    for (const at of images) {
      const { picture } = network.read(data.file(at));
      const [maps] = (await network.maps(session, [layer], [picture])) as [Maps];
      const size = [picture.height, picture.width] as const;
      const map = maps.values.subarray(unit * maps.cells, (unit + 1) * maps.cells);
      const activations = upsample(map, upsampling(network.fields(layer, size), size, size));
      const shade = new Uint8Array(activations.length * 4);
      let on = 0;
      activations.forEach((activation, pixel) => {
        if (activation > cut) on++;
        else shade[pixel * 4 + 3] = 255;
      });
      shown.push({
        image: writePng(picture),
        shade: writePng({ width: picture.width, height: picture.height, data: shade }),
        share: on / activations.length,
      });
    }
    return shown;
  } finally {
    await session.release();
  }
}
