import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { afterEach, describe, expect, it } from 'vitest';
import { resized, readPicture } from '../../../electron/engine/dissect/pictures.ts';
import { convolutions, dissectImages, pictures } from '../../../electron/engine/handlers/dissect-images.ts';
import { silent } from '../../../shared/progress.ts';
import { COLOURS, SIZE, trainClassifier } from '../../classifier.ts';
import { temporaryFolder } from '../onnx/models.ts';

const settings = { share: 0.02, limit: 0.04, shuffles: 2, seed: 0 };
const context = { ...silent, say: () => undefined };
const { graph, data } = trainClassifier(temporaryFolder());
const preset = join(dirname(graph), 'preprocessor_config.json');
const dissected = (normalisation: { mean?: number[]; deviation?: number[] } = {}) =>
  dissectImages(
    { model: { folder: graph }, data, normalisation: { mean: undefined, deviation: undefined, ...normalisation }, settings },
    context,
  );

describe('an image classifier that was just trained', () => {
  afterEach(() => rmSync(preset, { force: true }));

  it('has units for its colours, which shuffled labels do not give', async () => {
    expect((await convolutions({ model: { folder: graph } })).layers).toEqual([
      { name: 'conv', units: 6, isActivated: false },
      { name: 'units', units: 6, isActivated: true },
    ]);
    const found = await dissected();
    const [layer] = found.layers;
    expect(layer!.layer).toBe('units');
    const decided = layer!.units.filter(({ undecided }) => !undecided);
    const named = new Set(decided.filter(({ iou }) => iou > 0.2).map(({ concept }) => found.concepts[concept]!.name));
    expect([...named].sort()).toEqual(COLOURS.map(({ name }) => name).sort());
    for (const { iou, shuffled } of decided.filter((unit) => unit.iou > 0.2)) expect(Math.max(...shuffled)).toBeLessThan(iou);
  });

  it('takes a JPEG of another size, says that it was brought to the network’s, and shows it with where a unit is on', async () => {
    const { notes, images, layers, normalisation } = await dissected();
    expect(notes).toContain(`1 of 24 pictures were brought to the network's ${SIZE} × ${SIZE} pixels.`);
    const last = images.length - 1;
    expect(images[last]).toBe('23.jpg');
    const unit = layers[0]!.units.find(({ top }) => top[0]!.activation > 0)!;
    const { pictures: shown } = await pictures({
      model: { folder: graph },
      data,
      normalisation,
      layer: 'units',
      unit: unit.unit,
      threshold: unit.threshold,
      images: [last],
    });
    const [image, shade] = [shown[0]!.image, shown[0]!.shade].map((png) => PNG.sync.read(Buffer.from(png, 'base64')));
    expect([image!.width, image!.height, shade!.width]).toEqual([SIZE, SIZE, SIZE]);
    const off = [...Array(SIZE * SIZE).keys()].filter((pixel) => shade!.data[pixel * 4 + 3] === 255).length;
    expect(shown[0]!.share).toBeCloseTo(1 - off / SIZE ** 2, 6);
  });

  it('takes mean and deviation from preprocessor_config.json, as if they had been given', async () => {
    const [mean, deviation] = [
      [0.4, 0.5, 0.6],
      [0.2, 0.25, 0.3],
    ];
    writeFileSync(preset, JSON.stringify({ do_normalize: true, image_mean: mean, image_std: deviation, size: { height: SIZE } }));
    const found = await dissected();
    expect(found.notes[0]).toBe('Pixels: (value / 255 − 0.4, 0.5, 0.6) / 0.2, 0.25, 0.3, from preprocessor_config.json.');
    rmSync(preset);
    const given = await dissected({ mean, deviation });
    expect(given.notes[0]).toContain('as given');
    expect(found.layers).toEqual(given.layers);
    expect(found.layers).not.toEqual((await dissected()).layers);
  });

  it('leaves pixels as they are where the file says so, and refuses one that is none', async () => {
    writeFileSync(preset, JSON.stringify({ do_normalize: false, image_mean: [0.4, 0.5, 0.6], image_std: [0.2, 0.2, 0.2] }));
    expect((await dissected()).notes[0]).toContain('/ 1, 1, 1, values from 0 to 1 as they are');
    writeFileSync(preset, JSON.stringify({ image_mean: 'bright' }));
    await expect(dissected()).rejects.toMatchObject({ code: 'bad-file', message: expect.stringContaining('image_mean') as string });
    writeFileSync(preset, '{');
    await expect(dissected()).rejects.toMatchObject({ code: 'bad-file', message: expect.stringContaining('is no JSON') as string });
    writeFileSync(preset, JSON.stringify({ image_mean: [0.4, 0.5], image_std: [1] }));
    await expect(dissected()).rejects.toThrow("The mean has 2 numbers; the network's input has 3 channels.");
  });
});

describe('pictures', () => {
  it('are read from JPEG nearly as they were, and refused where they are damaged or something else', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'a.jpg');
    const [width, height] = [8, 8];
    const pixels = Buffer.alloc(width * height * 4, 255);
    for (let at = 0; at < width * height; at++) pixels.set([200, 100, 40], at * 4);
    const { data: bytes } = encodeJpeg({ width, height, data: pixels }, 95);
    writeFileSync(file, bytes);
    const read = readPicture(file);
    expect([read.width, read.height]).toEqual([width, height]);
    for (let at = 0; at < pixels.length; at++) expect(Math.abs(read.data[at]! - pixels[at]!)).toBeLessThan(6);
    writeFileSync(file, bytes.subarray(0, 60));
    expect(() => readPicture(file)).toThrow('is damaged');
    writeFileSync(file, 'GIF89a');
    expect(() => readPicture(file)).toThrow('is neither a PNG nor a JPEG');
    expect(() => readPicture(join(folder, 'b.png'))).toThrow('cannot be read');
  });

  it('are brought to another size between the middles of their pixels', () => {
    const grey = (values: number[], width: number) => ({
      width,
      height: values.length / width,
      data: Uint8Array.from(values.flatMap((level) => [level, level, level, 255])),
    });
    const levels = ({ data: of }: { data: Uint8Array }) => [...of].filter((_, at) => at % 4 === 0);
    const two = grey([0, 100, 200, 40], 2);
    expect(resized(two, 2, 2)).toBe(two);
    expect(levels(resized(two, 4, 2))).toEqual([0, 25, 75, 100, 200, 160, 80, 40]);
    expect(levels(resized(two, 1, 1))).toEqual([85]);
    expect(levels(resized(grey([0, 0, 80, 80], 4), 2, 1))).toEqual([0, 80]);
  });
});
