import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Papa from 'papaparse';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { lossesWithout } from '../../electron/engine/dissect/ablation.ts';
import { readActivations, widthOf } from '../../electron/engine/dissect/activations.ts';
import { best, LIMIT, overlap, plainIou, restrictedIou } from '../../electron/engine/dissect/iou.ts';
import { centres } from '../../electron/engine/dissect/centres.ts';
import { DataSet } from '../../electron/engine/dissect/data-set.ts';
import { countLabels, dissectImages, LabelShelf } from '../../electron/engine/dissect/images.ts';
import { ImageNetwork, type Maps } from '../../electron/engine/dissect/network.ts';
import { upsample, upsampling } from '../../electron/engine/dissect/upsample.ts';
import { Labels } from '../../electron/engine/dissect/labels.ts';
import { threshold, TIE } from '../../electron/engine/dissect/quantile.ts';
import { mask } from '../../electron/engine/dissect/units.ts';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import { tensorFloats, tensorInts } from '../../electron/engine/onnx/tensors.ts';
import { largest } from '../../electron/engine/runtime/sampling.ts';
import { silent } from '../../shared/progress.ts';
import { root } from '../fixtures.ts';

/** Folders below locate/dissect that hold what tells one kind of case from the other. */
function casesWith(what: string): { name: string; folder: string }[] {
  const kind = join(root, 'locate', 'dissect');
  if (!existsSync(kind)) return [];
  return readdirSync(kind)
    .filter((name) => existsSync(join(kind, name, what)))
    .map((name) => ({ name, folder: join(kind, name) }));
}

/** A case's own graph, or one of the project. */
function modelOf(folder: string, named: string): string {
  const own = join(folder, named);
  return existsSync(own) ? own : join(import.meta.dirname, '../..', named.replace(/ of the project$/, ''));
}

function golden(folder: string) {
  const file = readSafetensors(join(folder, 'dissect.safetensors'));
  return {
    has: (key: string) => file.tensors.has(key),
    shape: (key: string) => file.tensors.get(key)!.dims,
    floats: (key: string) => tensorFloats(file, file.tensors.get(key)!),
    ints: (key: string) => tensorInts(file, file.tensors.get(key)!),
  };
}

/** How far two lists of numbers are apart at most; the same places may be NaN. */
function apart(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(found.length).toBe(wanted.length);
  let most = 0;
  for (let i = 0; i < found.length; i++)
    if (!(Number.isNaN(found[i]) && Number.isNaN(wanted[i]))) most = Math.max(most, Math.abs(found[i]! - wanted[i]!));
  return most;
}

const attained: string[] = [];
afterAll(() => console.log(attained.join('\n')));

const Language = v.object({
  model: v.string(),
  quantile: v.number(),
  iou_limit: v.number(),
  concepts: v.array(v.object({ name: v.string(), category: v.string(), tokens: v.number(), documents_with_its_category: v.number() })),
  layers: v.array(
    v.object({
      layer: v.number(),
      units: v.number(),
      detectors: v.number(),
      unique_detectors: v.number(),
      detectors_plain: v.number(),
      shuffled_detectors: v.array(v.number()),
    }),
  ),
  ablations: v.array(
    v.object({ layer: v.number(), unit: v.number(), top_tokens: v.array(v.number()), top_activations: v.array(v.number()) }),
  ),
});
const Row = v.object({ document: v.string(), position: v.string(), token: v.string(), category: v.string(), concept: v.string() });

const texts = casesWith('labels.csv');

describe.skipIf(texts.length === 0)('dissection of language models', () => {
  test.each(texts)('$name', async ({ name, folder }) => {
    const spec = v.parse(Language, JSON.parse(readFileSync(join(folder, 'dissect.json'), 'utf8')));
    const gold = golden(folder);
    const [ids, documents] = [gold.ints('input_ids'), gold.ints('document')];
    const rows: number[][] = [];
    const starts: number[] = [];
    documents.forEach((document, place) => {
      if (rows[document] === undefined) starts[document] = place;
      (rows[document] ??= []).push(ids[place]!);
    });
    const labels = readLabels(folder, spec.concepts, starts, documents, ids);
    spec.concepts.forEach((concept, at) => expect(labels.sizes[at], concept.name).toBe(concept.tokens));
    const carriers = spec.concepts.map((_, at) => rows.filter((_, document) => labels.carries(labels.categoryOf[at]!, document)).length);
    expect(carriers).toEqual(spec.concepts.map((concept) => concept.documents_with_its_category));

    const decoder = await Decoder.open(modelOf(folder, spec.model));
    const [orders, places] = [gold.ints('permutations'), ids.length];
    const shuffles = gold.shape('permutations')[0]!;
    const shuffled = Array.from({ length: shuffles }, (_, p) => labels.shuffled(orders.slice(p * places, (p + 1) * places)));
    const group = spec.layers.map(({ layer }) => ({ layer, from: 0, to: widthOf(decoder, layer) }));
    const read = await readActivations(decoder, { rows, leading: 0 }, group, silent);
    const worst = { activation: 0, threshold: 0, loss: 0 };
    let decided = 0;
    for (const [at, expected] of spec.layers.entries()) {
      const { layer, units } = expected;
      expect(widthOf(decoder, layer)).toBe(units);
      const of = (unit: number) => read[at]!.subarray(unit * places, (unit + 1) * places);
      if (gold.has(`${layer}.activation`)) {
        const [wanted, kept] = [gold.floats(`${layer}.activation`), gold.shape(`${layer}.activation`)[1]!];
        for (let unit = 0; unit < kept; unit++) {
          const column = Float32Array.from({ length: places }, (_, place) => wanted[place * kept + unit]!);
          worst.activation = Math.max(worst.activation, apart(of(unit), column));
        }
      }
      const wanted = {
        threshold: gold.floats(`${layer}.threshold`),
        gap: gold.floats(`${layer}.gap`),
        active: gold.ints(`${layer}.active`),
        best: gold.ints(`${layer}.best`),
        iou: gold.floats(`${layer}.best_iou`),
        plain: gold.ints(`${layer}.best_plain`),
        plainIou: gold.floats(`${layer}.best_iou_plain`),
        chance: gold.floats(`${layer}.shuffled_best_iou`),
      };
      const all = gold.has(`${layer}.iou`) ? gold.floats(`${layer}.iou`) : undefined;
      const shared = gold.has(`${layer}.intersection`) ? gold.ints(`${layer}.intersection`) : undefined;
      const counts = { detectors: 0, plain: 0, shuffled: new Array<number>(shuffles).fill(0), concepts: new Set<number>() };
      for (let unit = 0; unit < units; unit++) {
        const cut = threshold(of(unit).slice().sort(), spec.quantile);
        worst.threshold = Math.max(worst.threshold, Math.abs(cut.value - wanted.threshold[unit]!));
        // Where the threshold lies between equal activations rounding decides the mask.
        if (wanted.gap[unit]! <= TIE) {
          if (wanted.iou[unit]! > LIMIT) counts.detectors++;
          if (wanted.plainIou[unit]! > LIMIT) counts.plain++;
          if (wanted.iou[unit]! > LIMIT) counts.concepts.add(wanted.best[unit]!);
          for (let p = 0; p < shuffles; p++) if (wanted.chance[p * units + unit]! > LIMIT) counts.shuffled[p]!++;
          continue;
        }
        decided++;
        const on = mask(of(unit), cut);
        const counted = overlap(labels, on);
        const ious = restrictedIou(labels, counted);
        const [restricted, plain] = [best(ious), best(plainIou(labels, counted))];
        const where = `layer ${layer}, unit ${unit}`;
        expect(on.length, where).toBe(wanted.active[unit]);
        expect(restricted.concept, where).toBe(wanted.best[unit]);
        expect(plain.concept, where).toBe(wanted.plain[unit]);
        expect(Math.fround(restricted.iou), where).toBe(wanted.iou[unit]);
        expect(Math.fround(plain.iou), where).toBe(wanted.plainIou[unit]);
        const concepts = spec.concepts.length;
        if (all) expect(Float32Array.from(ious), where).toEqual(all.slice(unit * concepts, (unit + 1) * concepts));
        if (shared) expect([...counted.intersection], where).toEqual(shared.slice(unit * concepts, (unit + 1) * concepts));
        if (restricted.iou > spec.iou_limit) {
          counts.detectors++;
          counts.concepts.add(restricted.concept);
        }
        if (plain.iou > spec.iou_limit) counts.plain++;
        shuffled.forEach((one, p) => {
          const chance = best(restrictedIou(one, overlap(one, on)));
          expect(Math.fround(chance.iou), where).toBe(wanted.chance[p * units + unit]);
          if (chance.iou > spec.iou_limit) counts.shuffled[p]!++;
        });
      }
      expect(counts.detectors).toBe(expected.detectors);
      expect(counts.plain).toBe(expected.detectors_plain);
      expect(counts.concepts.size).toBe(expected.unique_detectors);
      expect(counts.shuffled).toEqual(expected.shuffled_detectors);
    }
    // Every document's first token has nothing before it.
    const scored = rows.map((row) => ({ ids: row, from: 1 }));
    const asTokens = (losses: number[][]) => losses.flatMap((row) => [NaN, ...row]);
    worst.loss = apart(asTokens(await lossesWithout(decoder, undefined, scored, silent)), gold.floats('loss'));
    for (const [k, { layer, unit, top_tokens, top_activations }] of spec.ablations.entries()) {
      const activations = read[spec.layers.findIndex((one) => one.layer === layer)]!.subarray(unit * places, (unit + 1) * places);
      const top = largest(activations, top_tokens.length);
      expect(
        apart(
          top.map((place) => activations[place]!),
          top_activations,
        ),
      ).toBeLessThan(1e-4);
      const close = top_activations.some((x, i) => i > 0 && top_activations[i - 1]! - x < TIE);
      if (!close) expect(top).toEqual(top_tokens);
      const without = asTokens(await lossesWithout(decoder, { layer, unit }, scored, silent));
      worst.loss = Math.max(worst.loss, apart(without, gold.floats(`ablated.${k}.loss`)));
    }
    expect(decided).toBeGreaterThan(0);
    for (const [what, most] of Object.entries(worst)) expect(most, what).toBeLessThan(1e-4);
    attained.push(
      `${name}: ${decided} units exact; ${Object.entries(worst)
        .map(([what, most]) => `${what} ${most.toExponential(1)}`)
        .join(', ')}`,
    );
  });
});

/** The labels of a case, in the order of its concepts. */
function readLabels(
  folder: string,
  concepts: readonly { readonly category: string; readonly name: string }[],
  starts: readonly number[],
  documents: readonly number[],
  ids: readonly number[],
): Labels {
  const at = documents.map((): number[] => []);
  const { data } = Papa.parse<unknown>(readFileSync(join(folder, 'labels.csv'), 'utf8'), { header: true, skipEmptyLines: true });
  for (const row of v.parse(v.array(Row), data)) {
    const place = starts[Number(row.document)]! + Number(row.position);
    expect(ids[place]).toBe(Number(row.token));
    at[place]!.push(concepts.findIndex(({ category, name }) => category === row.category && name === row.concept));
  }
  return new Labels(concepts, at, Int32Array.from(documents));
}

const Images = v.object({
  model: v.string(),
  quantile: v.number(),
  iou_limit: v.number(),
  labels: v.array(v.object({ number: v.number(), name: v.string(), category: v.string() })),
  images_per_category: v.record(v.string(), v.number()),
  layers: v.record(
    v.string(),
    v.object({
      onnx: v.string(),
      units: v.number(),
      map: v.tuple([v.number(), v.number()]),
      receptive_field: v.object({ offset: v.number(), size: v.number(), step: v.number() }),
      centres: v.array(v.number()),
      detectors: v.record(v.string(), v.string()),
      unique_detectors: v.number(),
    }),
  ),
});
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'];
const pictures = casesWith('data');

describe.skipIf(pictures.length === 0)('dissection of image classifiers', () => {
  test.each(pictures)('$name', async ({ name, folder }) => {
    const spec = v.parse(Images, JSON.parse(readFileSync(join(folder, 'dissect.json'), 'utf8')));
    const gold = golden(folder);
    const network = new ImageNetwork(join(folder, spec.model));
    const data = new DataSet(join(folder, 'data'));
    expect(data.concepts).toEqual(spec.labels.map((label) => ({ category: label.category, name: label.name })));
    const shelf = new LabelShelf(data);
    const sizes = countLabels(data, shelf, silent);
    expect([...sizes.places]).toEqual(gold.ints('truth'));
    expect(Object.fromEntries(data.categories.map((category, at) => [category, sizes.documents[at]]))).toEqual(spec.images_per_category);
    const read = data.entries.map((_, at) => network.read(data.file(at)).picture);
    expect(read.flatMap((one) => [...one.data.filter((_, at) => at % 4 < 3)])).toEqual(gold.ints('images'));

    const size = [read[0]!.height, read[0]!.width] as const;
    const worst = { activation: 0, threshold: 0, upsampled: 0 };
    let decided = 0;
    for (const [layer, expected] of Object.entries(spec.layers)) {
      const value = valueOf(network, expected.onnx);
      const fields = network.fields(value, size);
      expect(fields.map((field) => field.length)).toEqual(expected.map);
      for (const field of fields) {
        expect(field).toMatchObject(expected.receptive_field);
        expect(centres(field)).toEqual(expected.centres);
      }
      const session = await network.session([value]);
      const [maps] = (await network.maps(session, [value], read)) as [Maps];
      await session.release();
      expect(maps.units).toBe(expected.units);
      const of = (unit: number, at: number) =>
        maps.values.subarray((at * maps.units + unit) * maps.cells, (at * maps.units + unit + 1) * maps.cells);
      if (gold.has(`${layer}.activation`)) worst.activation = apart(maps.values, gold.floats(`${layer}.activation`));
      const scale = upsampling(fields, size, size);
      if (gold.has(`${layer}.upsampled_unit0`)) {
        const made = read.flatMap((_, at) => [...upsample(of(0, at), scale)]);
        worst.upsampled = Math.max(worst.upsampled, apart(made, gold.floats(`${layer}.upsampled_unit0`)));
      }
      const wanted = {
        threshold: gold.floats(`${layer}.threshold`),
        iou: gold.floats(`${layer}.iou`),
        plain: gold.floats(`${layer}.iou_plain`),
      };
      const [active, shared] = [gold.ints(`${layer}.active_restricted`), gold.ints(`${layer}.intersection`)];
      const settings = { share: spec.quantile, limit: spec.iou_limit, shuffles: 2, seed: 0 };
      const report = await dissectImages(network, data, [value], settings, silent);
      const concepts = data.concepts.length;
      const detectors: Record<string, string> = {};
      for (const finding of report.layers[0]!.units) {
        const { unit } = finding;
        worst.threshold = Math.max(worst.threshold, Math.abs(finding.threshold - wanted.threshold[unit]!));
        if (finding.iou > spec.iou_limit) detectors[unit] = data.concepts[finding.concept]!.name;
        const where = `${layer}, unit ${unit}`;
        const row = wanted.iou.slice(unit * concepts, (unit + 1) * concepts);
        const mostPlain = Math.max(...wanted.plain.slice(unit * concepts, (unit + 1) * concepts));
        expect(Math.fround(finding.iou), where).toBe(Math.max(...row));
        expect(finding.concept, where).toBe(gold.ints(`${layer}.best`)[unit]);
        expect(Math.fround(finding.plainIou), where).toBe(mostPlain);
        // The counts themselves, in pictures that carry a label of the category.
        const counted = new Int32Array(concepts);
        const on = new Int32Array(concepts);
        for (const at of data.entries.keys()) {
          const labels = shelf.get(at);
          upsample(of(unit, at), scale).forEach((activation, pixel) => {
            if (!(activation > finding.threshold)) return;
            data.categoryOf.forEach((category, concept) => {
              const map = labels.maps[category]![0];
              if (map) on[concept]!++;
              if (map?.[pixel] === concept + 1) counted[concept]!++;
            });
          });
        }
        expect([...counted], where).toEqual(shared.slice(unit * concepts, (unit + 1) * concepts));
        expect([...on], where).toEqual(active.slice(unit * concepts, (unit + 1) * concepts));
        decided++;
      }
      expect(detectors, layer).toEqual(expected.detectors);
      expect(new Set(Object.values(detectors)).size).toBe(expected.unique_detectors);

      // NetDissect's own thresholds give its own IoUs: everything behind the threshold is as its authors have it.
      const theirs = gold.floats(`${layer}.netdissect.threshold`);
      const iou = gold.floats(`${layer}.netdissect.iou`);
      for (let unit = 0; unit < expected.units; unit++) {
        const counts = { intersection: new Int32Array(concepts), active: new Int32Array(data.categories.length), all: 0 };
        for (const at of data.entries.keys()) {
          const labels = shelf.get(at);
          upsample(of(unit, at), scale).forEach((activation, pixel) => {
            if (!(activation > theirs[unit]!)) return;
            counts.all++;
            labels.maps.forEach(([map], category) => {
              if (!map) return;
              counts.active[category]!++;
              if (map[pixel] !== 0) counts.intersection[map[pixel]! - 1]!++;
            });
          });
        }
        const made = restrictedIou({ categoryOf: data.categoryOf, sizes: sizes.places }, counts);
        expect(apart(made, iou.slice(unit * concepts, (unit + 1) * concepts)), `${layer}, unit ${unit}`).toBeLessThan(1e-7);
      }
    }
    for (const [what, most] of Object.entries(worst)) expect(most, what).toBeLessThan(1e-4);
    attained.push(
      `${name}: ${decided} units exact; ${Object.entries(worst)
        .map(([what, most]) => `${what} ${most.toExponential(1)}`)
        .join(', ')}`,
    );
  });
});

/** The value that words such as "second Conv" or "Relu after the third Conv" name. */
function valueOf(network: ImageNetwork, words: string): string {
  const nth = ORDINALS.findIndex((ordinal) => words.includes(ordinal));
  const convolutions = network.convolutions.filter((_, at) => network.convolutions[at]!.isActivated === false);
  const plain = convolutions[nth]!.name;
  const behind = network.convolutions[network.convolutions.findIndex((one) => one.name === plain) + 1];
  return words.startsWith('Relu') ? behind!.name : plain;
}
