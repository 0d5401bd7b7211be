import type { Follow } from '../../shared/progress.ts';
import { basename } from 'node:path';
import type { Ablated } from '../../shared/contract/dissecting.ts';
import { EmendError } from '../../shared/errors.ts';
import type { DissectionReport, UnitFinding } from '../engine/jobs.ts';
import { logCsv } from './attest/log-csv.ts';
import { conceptsOfFacts, conceptsOfTable, type ConceptTexts } from './concepts.ts';
import type { FactReader } from './facts.ts';
import { imageRun, type InText, type LanguageDissection, languageRun, rowOf, unitOf } from './dissection-run.ts';
import { TABLES } from './dissection-tables.ts';
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

/** Which units of a model stand for which concepts. */
export function dissectingService({ models, engine, jobs, grants, found, dissections }: Surroundings): Part {
  const path = (handle: string | undefined) => (handle === undefined ? undefined : grants.path(handle));

  return {
    'dissecting.model': async ({ model: name, version: versionName, labels, texts, facts, tokens, layers, ...settings }) => {
      const model = await models.find(name);
      const version = model.at(versionName);
      const files = { labels: path(labels), texts: path(texts), facts: path(facts) };
      return {
        job: jobs.start('dissecting.model', `Dissect ${model.name}`, model.id, async (control) => {
          const concepts = await conceptsFor(engine, model, files, settings.seed, tokens, control);
          const request = { model: await version.ref(control), texts: concepts.texts, tokens };
          const report = await engine.run('dissect', { ...request, ...given({ layers }), settings }, control);
          const { source, warnings, all } = concepts;
          const made: LanguageDissection = { source, warnings, all, report };
          const summary = dissections.keep(languageRun(model, version.id, made, ablating(version, concepts, tokens, report)));
          const asked = { source, tokens, ...given({ layers }), ...settings };
          found.keep({ look: 'dissection', model: model.id, version: version.id, settings: asked, result: made }, summary.run);
          return summary;
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
          return dissections.keep(imageRun(engine, file, folder, report));
        }),
      };
    },
    'dissecting.convolutions': async ({ graph }) => {
      const { layers } = await engine.run('convolutions', { model: { folder: grants.path(graph) } });
      return { layers: layers.map((layer) => ({ ...layer })) };
    },
    'dissecting.units': ({ run: id, layer, concept, all, most }) => {
      const run = dissections.find(id);
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
      const run = dissections.find(id);
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
      const run = dissections.find(id);
      const found = unitOf(run, layer, unit);
      const work = run.ablate(layer, found);
      return { job: jobs.start('dissecting.ablate', `Take unit ${layer}.${unit} out of ${run.title}`, run.model, work) };
    },
    'dissecting.save': async ({ run: id, table, destination }) => {
      const run = dissections.find(id);
      const file = newFile(grants.target(destination), true);
      const made = TABLES[table](run);
      await writeDurably(explained(disk), file, Buffer.from(logCsv(made)));
      return { handle: destination, path: file, rows: made.rows.length };
    },
  };

  /** What a version loses on the texts of a dissection without a unit. */
  function ablating(version: ModelVersion, { texts }: ConceptTexts, tokens: number, { concepts }: DissectionReport) {
    return (layer: string, { unit, concept: at }: UnitFinding, inText: InText) =>
      async (control: JobControl): Promise<Ablated> => {
        const concept = concepts[at];
        const asked = { texts, tokens, layer: Number(layer), unit };
        const { answers, places, onConcept, elsewhere } = await engine.run(
          'ablateUnit',
          { model: await version.ref(control), ...asked, ...(concept && { concept: { category: concept.category, name: concept.name } }) },
          control,
        );
        return {
          layer,
          unit,
          onConcept,
          elsewhere,
          places: places.map(({ place, before: lossBefore, after: lossAfter }) => {
            const { before, text } = inText(place);
            return { before, text, lossBefore, lossAfter };
          }),
          answers: { ...answers, most: answers.most.map(({ prompt, answer, before, after }) => ({ prompt, answer, before, after })) },
        };
      };
  }
}

/** Concepts of the table given, of the facts given, or of those that came with the model. */
async function conceptsFor(
  engine: FactReader,
  { name, material }: Model,
  { labels, texts, facts }: { labels: string | undefined; texts: string | undefined; facts: string | undefined },
  seed: number,
  tokens: number,
  follow: Pick<Follow, 'signal'>,
): Promise<ConceptTexts> {
  if (labels !== undefined && facts !== undefined)
    throw new EmendError('bad-input', 'Concepts come from labels or from facts; both were given.', 'Leave one of them out.');
  if (labels !== undefined) return conceptsOfTable(labels, texts);
  const file = facts ?? material?.facts;
  // No sentence has fewer than three tokens.
  if (file !== undefined) return conceptsOfFacts(engine, file, seed, Math.ceil(tokens / 3), follow);
  throw new EmendError(
    'bad-input',
    `There are no concepts to compare the units of ${name} with: no labels and no facts were given, and none came with it.`,
    'Give a file of labels (text, span, category, concept) or of facts with their relations.',
  );
}
