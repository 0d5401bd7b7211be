import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Ablated, Dissected, UnitPage, UnitRow } from '../../shared/contract/dissecting.ts';
import { EmendError } from '../../shared/errors.ts';
import type { DissectionReport, DissectionSettings, ImageDissectionReport, LayerFinding, UnitFinding } from '../engine/jobs.ts';
import type { JobControl } from './job-list.ts';
import type { JobRunner } from './jobs.ts';

/** A dissection that was made, and how to see more of it. */
export interface Run {
  readonly summary: Dissected;
  readonly layers: readonly LayerFinding[];
  /** What a unit is strongest at, in a few words. */
  top(unit: UnitFinding): string[];
  places(layer: string, unit: UnitFinding): Promise<UnitPage['places']>;
  /** What is lost without a unit. @throws EmendError 'unsupported' where that cannot be seen */
  ablate(layer: string, unit: UnitFinding): (control: JobControl) => Promise<Ablated>;
  readonly title: string;
  readonly model: string | undefined;
}

/** Dissections that are kept. */
const KEPT = 4;
/** With fewer tokens shuffled labels make detectors too (measured: 72 to 200 of 1,024 units at 3,250 tokens, 0 to 14 at 6,490). */
const ENOUGH = 5000;
/** Characters of a text around a token. */
const AROUND = 60;
const TOP_WORDS = 5;

/** The dissections made or opened last. */
export class DissectionRuns {
  readonly #runs = new Map<string, Run>();

  keep(run: Run): Dissected {
    this.#runs.set(run.summary.run, run);
    for (const old of [...this.#runs.keys()].slice(0, -KEPT)) this.#runs.delete(old);
    return run.summary;
  }

  /** @throws EmendError 'not-found' for one that is no longer kept */
  find(id: string): Run {
    const run = this.#runs.get(id);
    if (run) return run;
    throw new EmendError('not-found', `This dissection is no longer kept; the last ${KEPT} are.`, 'Dissect the model again.', { run: id });
  }
}

/** A dissection of a language model, as it is recorded. */
export interface LanguageDissection {
  /** Where the concepts are from. */
  readonly source: string;
  readonly warnings: readonly string[];
  /** Texts that there are, with those that were not looked at. */
  readonly all: number;
  readonly report: DissectionReport;
}

/** @param ablate what becomes worse without a unit; undefined where the texts are no longer at hand */
export function languageRun(
  { id: model, name }: { readonly id: string; readonly name: string },
  version: string,
  { source, warnings, all, report }: LanguageDissection,
  ablate: ((layer: string, unit: UnitFinding, inText: InText) => (control: JobControl) => Promise<Ablated>) | undefined,
): Run {
  const inText = textsOf(report);
  const few =
    report.tokens < ENOUGH
      ? [
          `There are ${report.tokens} tokens. With fewer than ${ENOUGH} many units are detectors of shuffled labels too; ` +
            'look at the control.',
        ]
      : [];
  return {
    title: name,
    model,
    layers: report.layers,
    summary: summaryOf('language', report, {
      model: name,
      version,
      source,
      warnings: [...warnings, ...few],
      documents: report.texts.length,
      places: report.tokens,
      leftOut: all - report.texts.length,
    }),
    top: ({ top }) => [...new Set(top.map(({ place }) => inText(place).text))].slice(0, TOP_WORDS),
    places: ({}, { top }) => Promise.resolve(top.map(({ place, activation }) => ({ activation, token: inText(place) }))),
    ablate(layer, unit) {
      if (ablate) return ablate(layer, unit, inText);
      throw new EmendError(
        'unsupported',
        'This dissection was opened from the record, which does not keep the texts that the loss is measured on.',
        'Dissect the model again, and take the unit out then.',
      );
    },
  };
}

/** A token by its place, with what stands around it. */
export type InText = (place: number) => { readonly before: string; readonly text: string; readonly after: string };

function textsOf({ texts }: DissectionReport): InText {
  const starts: number[] = [];
  let next = 0;
  for (const text of texts) {
    starts.push(next);
    next += text.length;
  }
  return (place) => {
    const at = starts.findLastIndex((start) => start <= place);
    const [text, token] = [texts[at]!, place - starts[at]!];
    const after = text.slice(token + 1).join('');
    return { before: text.slice(0, token).join('').slice(-AROUND), text: text[token]!, after: after.slice(0, AROUND) };
  };
}

/** A dissection of an image classifier. @param file of its graph @param folder of the data set */
export function imageRun(engine: JobRunner, file: string, folder: string, report: ImageDissectionReport): Run {
  return {
    title: basename(file),
    model: undefined,
    layers: report.layers,
    summary: summaryOf('images', report, {
      model: basename(file),
      version: 'base',
      source: `the pictures of ${basename(folder)}`,
      warnings: [...report.notes],
      documents: report.images.length,
      places: report.cells,
      leftOut: 0,
    }),
    top: ({ top }) => top.map(({ place }) => report.images[place]!).slice(0, TOP_WORDS),
    places: async (layer, unit) => {
      const { pictures } = await engine.run('pictures', {
        model: { folder: file },
        data: folder,
        normalisation: report.normalisation,
        layer,
        unit: unit.unit,
        threshold: unit.threshold,
        images: unit.top.map(({ place }) => place),
      });
      return unit.top.map(({ place, activation }, n) => ({ activation, picture: { name: report.images[place]!, ...pictures[n]! } }));
    },
    ablate() {
      throw new EmendError(
        'unsupported',
        'What a unit of an image classifier does to its answers is not measured.',
        'Look at the pictures that it is strongest at.',
      );
    },
  };
}

function summaryOf(
  kind: Dissected['kind'],
  { settings, concepts, layers }: { settings: DissectionSettings; concepts: DissectionReport['concepts']; layers: readonly LayerFinding[] },
  about: Pick<Dissected, 'model' | 'version' | 'source' | 'warnings' | 'documents' | 'places' | 'leftOut'>,
): Dissected {
  const on = Math.ceil(settings.share * about.places);
  const detectors = layers.map(({ units }) => {
    const counts = concepts.map(() => 0);
    for (const unit of units) if (!unit.undecided && unit.iou > settings.limit) counts[unit.concept]!++;
    return counts;
  });
  return {
    run: randomUUID(),
    kind,
    ...about,
    settings: { ...settings },
    concepts: concepts.map((concept, at) => ({
      ...concept,
      oneIsEnough: 1 > settings.limit * (on + concept.places - 1),
      detectors: detectors.map((counts) => counts[at]!),
    })),
    layers: layers.map((layer) => ({
      layer: layer.layer,
      units: layer.units.length,
      undecided: layer.undecided,
      detectors: layer.detectors,
      concepts: layer.concepts,
      shuffled: [...layer.shuffled],
    })),
  };
}

export function rowOf(run: Run, layer: string, unit: UnitFinding): UnitRow {
  const { unit: number, concept, iou, shuffled, active, undecided } = unit;
  return { layer, unit: number, concept, iou, chance: Math.max(0, ...shuffled), active, undecided, top: run.top(unit) };
}

export function unitOf(run: Run, layer: string, unit: number): UnitFinding {
  const found = run.layers.find((one) => one.layer === layer)?.units.find((one) => one.unit === unit);
  if (found) return found;
  throw new EmendError(
    'not-found',
    `This dissection has no unit ${unit} of layer ${layer}; ` +
      `its layers: ${run.layers.map((one) => `${one.layer} (${one.units.length} units)`).join(', ')}.`,
    'Choose one of these; units count from 0.',
  );
}
