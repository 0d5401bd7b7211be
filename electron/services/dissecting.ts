import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { Ablated, Dissected, UnitPage, UnitRow } from '../../shared/contract/dissecting.ts';
import { EmendError } from '../../shared/errors.ts';
import type { DissectionReport, DissectionSettings, ImageDissectionReport, LayerFinding, UnitFinding } from '../engine/jobs.ts';
import { logCsv } from './attest/log-csv.ts';
import { conceptsOfFacts, conceptsOfTable, type ConceptTexts } from './concepts.ts';
import type { JobControl } from './job-list.ts';
import type { Model, ModelVersion } from './model.ts';
import { newFile } from './outputs.ts';
import { writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { given } from '../../shared/given.ts';

type Part = Pick<
  Services,
  | 'dissecting.model'
  | 'dissecting.images'
  | 'dissecting.convolutions'
  | 'dissecting.units'
  | 'dissecting.unit'
  | 'dissecting.ablate'
  | 'dissecting.save'
>;

/** A dissection that was made, and how to see more of it. */
interface Run {
  readonly summary: Dissected;
  readonly layers: readonly LayerFinding[];
  /** What a unit is strongest at, in a few words. */
  top(unit: UnitFinding): string[];
  places(layer: string, unit: UnitFinding): Promise<UnitPage['places']>;
  /** Undefined where there is no loss to look at. */
  readonly ablate?: (layer: string, unit: UnitFinding, control: JobControl) => Promise<Ablated>;
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

/** Which units of a model stand for which concepts. Nothing of it is recorded. */
export function dissectingService({ models, engine, jobs, grants }: Surroundings): Part {
  const runs = new Map<string, Run>();
  const keep = (run: Run): Dissected => {
    runs.set(run.summary.run, run);
    for (const old of [...runs.keys()].slice(0, -KEPT)) runs.delete(old);
    return run.summary;
  };
  const find = (id: string): Run => {
    const run = runs.get(id);
    if (run) return run;
    throw new EmendError('not-found', `This dissection is no longer kept; the last ${KEPT} are.`, 'Dissect the model again.', { run: id });
  };
  const path = (handle: string | undefined) => (handle === undefined ? undefined : grants.path(handle));

  return {
    'dissecting.model': async ({ model: name, version: versionName, labels, texts, facts, tokens, layers, ...settings }) => {
      const model = await models.find(name);
      const version = model.at(versionName);
      const files = { labels: path(labels), texts: path(texts), facts: path(facts) };
      return {
        job: jobs.start('dissecting.model', `Dissect ${model.name}`, model.id, async (control) => {
          const concepts = await conceptsFor(model, files, settings.seed, tokens);
          const request = { model: await version.ref(control), texts: concepts.texts, tokens };
          const report = await engine.run('dissect', { ...request, ...given({ layers }), settings }, control);
          return keep(languageRun(model, version, concepts, report, tokens));
        }),
      };
    },
    'dissecting.images': ({ graph, data, layers, mean, deviation, ...settings }) => {
      const [file, folder] = [grants.path(graph), grants.path(data)];
      const normalisation = { mean, deviation };
      return {
        job: jobs.start('dissecting.images', `Dissect ${basename(file)}`, undefined, async (control) => {
          const asked = { model: { folder: file }, data: folder, normalisation };
          const report = await engine.run('dissectImages', { ...asked, ...given({ layers }), settings }, control);
          return keep(imageRun(file, folder, report));
        }),
      };
    },
    'dissecting.convolutions': async ({ graph }) => {
      const { layers } = await engine.run('convolutions', { model: { folder: grants.path(graph) } });
      return { layers: layers.map((layer) => ({ ...layer })) };
    },
    'dissecting.units': ({ run: id, layer, concept, all, most }) => {
      const run = find(id);
      const { limit } = run.summary.settings;
      const found = run.layers
        .filter((one) => layer === undefined || one.layer === layer)
        .flatMap((one) => one.units.map((unit) => ({ layer: one.layer, unit })))
        .filter(({ unit }) => all || (!unit.undecided && unit.iou > limit))
        .filter(({ unit }) => concept === undefined || unit.concept === concept)
        .sort((a, b) => b.unit.iou - a.unit.iou);
      return { total: found.length, units: found.slice(0, most).map(({ layer: of, unit }) => rowOf(run, of, unit)) };
    },
    'dissecting.unit': async ({ run: id, layer, unit }) => {
      const run = find(id);
      const found = unitOf(run, layer, unit);
      const { threshold, gap, plainConcept, plainIou, shuffled } = found;
      return {
        ...rowOf(run, layer, found),
        threshold,
        gap,
        plainConcept,
        plainIou,
        shuffled: [...shuffled],
        places: await run.places(layer, found),
      };
    },
    'dissecting.ablate': ({ run: id, layer, unit }) => {
      const run = find(id);
      const found = unitOf(run, layer, unit);
      const { ablate } = run;
      if (!ablate)
        throw new EmendError(
          'unsupported',
          'What a unit of an image classifier does to its answers is not measured.',
          'Look at the pictures that it is strongest at.',
        );
      return {
        job: jobs.start('dissecting.ablate', `Take unit ${layer}.${unit} out of ${run.title}`, run.model, (control) =>
          ablate(layer, found, control),
        ),
      };
    },
    'dissecting.save': async ({ run: id, table, destination }) => {
      const run = find(id);
      const file = newFile(grants.target(destination), true);
      const made = TABLES[table](run);
      await writeDurably(explained(disk), file, Buffer.from(logCsv(made)));
      return { handle: destination, path: file, rows: made.rows.length };
    },
  };

  function languageRun(model: Model, version: ModelVersion, concepts: ConceptTexts, report: DissectionReport, tokens: number): Run {
    const starts: number[] = [];
    let next = 0;
    for (const text of report.texts) {
      starts.push(next);
      next += text.length;
    }
    const at = (place: number) => {
      const text = starts.findLastIndex((start) => start <= place);
      return { text: report.texts[text]!, token: place - starts[text]! };
    };
    const inText = (place: number) => {
      const { text, token } = at(place);
      return {
        before: text.slice(0, token).join('').slice(-AROUND),
        text: text[token]!,
        after: text
          .slice(token + 1)
          .join('')
          .slice(0, AROUND),
      };
    };
    const few =
      report.tokens < ENOUGH
        ? [
            `There are ${report.tokens} tokens. With fewer than ${ENOUGH} many units are detectors of shuffled labels too; ` +
              'look at the control.',
          ]
        : [];
    return {
      title: model.name,
      model: model.id,
      layers: report.layers,
      summary: summaryOf('language', report, {
        model: model.name,
        version: version.id,
        source: concepts.source,
        warnings: [...concepts.warnings, ...few],
        documents: report.texts.length,
        places: report.tokens,
        leftOut: concepts.all - report.texts.length,
      }),
      top: ({ top }) => [...new Set(top.map(({ place }) => inText(place).text))].slice(0, TOP_WORDS),
      places: ({}, { top }) => Promise.resolve(top.map(({ place, activation }) => ({ activation, token: inText(place) }))),
      ablate: async (layer, unit, control) => {
        const concept = report.concepts[unit.concept];
        const found = await engine.run(
          'ablateUnit',
          {
            model: await version.ref(control),
            texts: concepts.texts,
            tokens,
            layer: Number(layer),
            unit: unit.unit,
            ...(concept && { concept: { category: concept.category, name: concept.name } }),
          },
          control,
        );
        const { count, before, after, most } = found.answers;
        return {
          layer,
          unit: unit.unit,
          onConcept: found.onConcept,
          elsewhere: found.elsewhere,
          places: found.places.map(({ place, before: lossBefore, after: lossAfter }) => {
            const { before: front, text } = inText(place);
            return { before: front, text, lossBefore, lossAfter };
          }),
          answers: {
            count,
            before,
            after,
            most: most.map((one) => ({ prompt: one.prompt, answer: one.answer, before: one.before, after: one.after })),
          },
        };
      },
    };
  }

  function imageRun(file: string, folder: string, report: ImageDissectionReport): Run {
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
    };
  }
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

function rowOf(run: Run, layer: string, unit: UnitFinding): UnitRow {
  const { unit: number, concept, iou, shuffled, active, undecided } = unit;
  return { layer, unit: number, concept, iou, chance: Math.max(0, ...shuffled), active, undecided, top: run.top(unit) };
}

function unitOf(run: Run, layer: string, unit: number): UnitFinding {
  const found = run.layers.find((one) => one.layer === layer)?.units.find((one) => one.unit === unit);
  if (found) return found;
  throw new EmendError(
    'not-found',
    `This dissection has no unit ${unit} of layer ${layer}; ` +
      `its layers: ${run.layers.map((one) => `${one.layer} (${one.units.length} units)`).join(', ')}.`,
    'Choose one of these; units count from 0.',
  );
}

/** Concepts of the table given, of the facts given, or of those that came with the model. */
async function conceptsFor(
  { name, material }: Model,
  { labels, texts, facts }: { labels: string | undefined; texts: string | undefined; facts: string | undefined },
  seed: number,
  tokens: number,
): Promise<ConceptTexts> {
  if (labels !== undefined && facts !== undefined)
    throw new EmendError('bad-input', 'Concepts come from labels or from facts; both were given.', 'Leave one of them out.');
  if (labels !== undefined) return conceptsOfTable(labels, texts);
  const file = facts ?? material?.facts;
  // No sentence has fewer than three tokens.
  if (file !== undefined) return conceptsOfFacts(file, seed, Math.ceil(tokens / 3));
  throw new EmendError(
    'bad-input',
    `There are no concepts to compare the units of ${name} with: no labels and no facts were given, and none came with it.`,
    'Give a file of labels (text, span, category, concept) or of facts with their relations.',
  );
}

/** What can be written as a table. */
const TABLES: Readonly<Record<'units' | 'concepts' | 'layers', (run: Run) => { columns: string[]; rows: (string | number)[][] }>> = {
  units: (run) => ({
    columns: [
      'layer',
      'unit',
      'detector',
      'undecided',
      'category',
      'concept',
      'iou',
      'iou_plain',
      'iou_shuffled',
      'threshold',
      'gap',
      'active',
      'top',
    ],
    rows: run.layers.flatMap(({ layer, units }) =>
      units.map((unit) => {
        const concept = run.summary.concepts[unit.concept]!;
        const isDetector = !unit.undecided && unit.iou > run.summary.settings.limit;
        return [
          layer,
          unit.unit,
          isDetector ? 'yes' : 'no',
          unit.undecided ? 'yes' : 'no',
          concept.category,
          concept.name,
          unit.iou,
          unit.plainIou,
          Math.max(0, ...unit.shuffled),
          unit.threshold,
          unit.gap,
          unit.active,
          run.top(unit).join(' | '),
        ];
      }),
    ),
  }),
  concepts: ({ summary }) => ({
    columns: ['category', 'concept', 'places', 'documents', ...summary.layers.map(({ layer }) => `detectors in layer ${layer}`)],
    rows: summary.concepts.map(({ category, name, places, documents, detectors }) => [category, name, places, documents, ...detectors]),
  }),
  layers: ({ summary }) => ({
    columns: ['layer', 'units', 'undecided', 'detectors', 'concepts', ...summary.layers[0]!.shuffled.map((_, n) => `shuffled ${n + 1}`)],
    rows: summary.layers.map(({ layer, units, undecided, detectors, concepts, shuffled }) => [
      layer,
      units,
      undecided,
      detectors,
      concepts,
      ...shuffled,
    ]),
  }),
};
