import { existsSync } from 'node:fs';
import type { Dissected, UnitPage } from '../../../shared/contract/dissecting.ts';
import { EmendError } from '../../../shared/errors.ts';
import { newFile } from '../../services/outputs.ts';
import type { Application } from '../../services/application.ts';
import { type Context, defineCommand } from '../command.ts';
import { inSession, MODEL, namedModel, type Working } from '../named.ts';
import { flag, integer, integers, number, orElse, text, texts, value, type Values, written } from '../options.ts';
import { mayRecord, RECORD, recordFound } from '../record.ts';
import { showDissection, showLost, showUnit } from '../show/dissection.ts';
import { UsageError } from '../usage.ts';
import { given } from '../../../shared/given.ts';

/** Numbers with commas between. */
const numbers = (help: string) =>
  value('X,…', help, (raw, name) => {
    const found = raw.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
    if (found.every(Number.isFinite)) return found;
    throw new UsageError(`${name} is ${JSON.stringify(raw)}; expected numbers with commas between.`, `Write ${name} 0.5,0.5,0.5.`);
  });

/** Only for language models, and only for pictures. */
const language = {
  at: text('VERSION', 'Which version of a model of the library (default: the current one)'),
  labels: text('FILE', 'Your own concepts: CSV with text, span, category, concept; or document, position, token, category, concept'),
  texts: text('FILE', 'With the second kind of labels: the texts, one a line'),
  facts: text(
    'FILE',
    'Concepts of these facts (default: of the facts that came with the model): kinds of subjects, relations, kinds of objects',
  ),
  tokens: integer('N', 'About so many tokens of the texts (default 6500); with fewer than 5000 chance finds detectors too', {
    min: 1,
    max: 1_000_000,
  }),
  layers: integers('L,…', 'Only these layers', { min: 0 }),
  ablate: flag('With --unit: what the model loses without that unit'),
  ...RECORD,
};
const pictures = {
  layer: texts('NAME', 'With --images: this layer (default: the last convolution, behind its activation)'),
  mean: numbers('With --images: of the channels, for values from 0 to 1 (default: preprocessor_config.json, else 0)'),
  deviation: numbers('With --images: the same for the standard deviation (default: preprocessor_config.json, else 1)'),
};
const options = {
  images: flag('The model is an image classifier (.onnx), and what follows it a folder as NetDissect reads it'),
  ...language,
  ...pictures,
  unit: text('L.N', 'Look at this unit: layer and number, both from 0; with --images the layer by its name'),
  top: orElse(integer('N', 'Units to show, the best first', { min: 0, max: 20_000 }), 12),
  shuffles: orElse(integer('N', 'How often labels are shuffled for the control', { min: 1, max: 20 }), 3),
  seed: orElse(integer('N', 'Start of the random numbers', { min: 0 }), 0),
  share: orElse(number('P', 'Share of tokens or cells that a unit is on at', { min: 0.0001, max: 0.5 }), 0.005),
  limit: orElse(number('P', 'IoU above this makes a detector', { min: 0, max: 1 }), 0.04),
  csv: text('FILE', 'Write all units there, as CSV'),
  force: flag('Replace the file of --csv when it is there'),
};
type Asked = Values<typeof options>;

export const dissect = defineCommand({
  name: 'dissect',
  summary: 'Find which units of a model stand for which concepts (Network Dissection)',
  about:
    'Each MLP neuron of a language model, or each channel of a convolution, is on where it is strongest (0.5 %, or --share). ' +
    'It is the detector of the concept whose places these overlap best, if intersection over union is above 0.04 (or --limit). ' +
    'The same with shuffled labels stands beside it: what that finds is chance.',
  positionals: [MODEL, { name: 'data', help: 'With --images: the folder that holds index.csv', optional: true }],
  options,
  examples: [
    ['emend dissect atlas', 'Units of all layers, on the facts that came with the model'],
    ['emend dissect atlas --unit 4.926 --ablate', 'One unit: where it is strongest, and what is lost without it'],
    ['emend dissect ./gpt2-onnx --labels concepts.csv --layers 3,4', 'Your own concepts, two layers'],
    ['emend dissect --images resnet18.onnx broden1_224', 'An image classifier, on a folder as NetDissect reads it'],
  ],
  async run(values, [name, data], context) {
    refuseMixed(values, data);
    const file = values.csv === undefined ? undefined : newFile(values.csv, values.force);
    const { app, model, summary } = await (values.images ? ofImages(values, name!, data!, context) : ofModel(values, name!, context));
    for (const warning of summary.warnings) {
      // Of pictures it is said what was done to them.
      if (summary.kind === 'images') context.out.line(context.out.style.dim(warning));
      else context.warn(warning);
    }
    const { units } = await app.call('dissecting.units', { run: summary.run, most: values.top });
    if (file !== undefined)
      await app.call('dissecting.save', { run: summary.run, table: 'units', destination: app.grants.grant(file, 'write').handle });
    const one = values.unit === undefined ? undefined : unitOf(values.unit, summary);
    if (one === undefined) showDissection(context.out, summary, units);
    const page = one && (await app.call('dissecting.unit', { run: summary.run, ...one }));
    if (page) showUnit(context.out, summary, page);
    const lost = one && values.ablate ? await app.run('dissecting.ablate', { run: summary.run, ...one }, context.follow) : undefined;
    if (lost) showLost(context.out, summary, page!, lost);
    if (file !== undefined) {
      context.out.line();
      context.out.line(`All units are in ${file}`);
    }
    const kept = model ? await recordFound(context, { app, model }, summary.run, values) : {};
    return { ...summary, units, ...(page ? { unit: withoutPictures(page) } : {}), ...given({ ablation: lost }), ...kept };
  },
});

interface Made {
  readonly app: Application;
  /** Left out of an image classifier. */
  readonly model?: Working['model'];
  readonly summary: Dissected;
}

async function ofModel(values: Asked, name: string, context: Context): Promise<Made> {
  const named = await namedModel(context, name, { readOnly: values.record === undefined });
  if (values.at !== undefined && !named.library)
    throw new UsageError(
      `--at is for models of the library, and ${JSON.stringify(name)} is none.`,
      'Bring it in with: emend import <folder>',
    );
  mayRecord(values, name, named.library !== undefined);
  const { app, model } = named.library ?? (await inSession(context, named));
  const granted = (path: string | undefined) => (path === undefined ? undefined : app.grants.grant(path).handle);
  const { labels, texts: lines, facts, tokens, layers, at, ...rest } = values;
  const summary = await app.run(
    'dissecting.model',
    {
      model: model.id,
      version: at ?? 'current',
      labels: granted(labels),
      texts: granted(lines),
      facts: granted(facts),
      ...given({ tokens }),
      ...(layers === undefined ? {} : { layers: [...layers] }),
      ...making(rest),
    },
    context.follow,
  );
  return { app, model, summary };
}

async function ofImages(values: Asked, name: string, data: string, context: Context): Promise<Made> {
  const app = await context.open({ readOnly: true });
  for (const path of [name, data])
    if (!existsSync(path))
      throw new EmendError('not-found', `There is no ${path}.`, 'Give an .onnx file, and the folder that holds index.csv.');
  const { layer, mean, deviation } = values;
  const summary = await app.run(
    'dissecting.images',
    {
      graph: app.grants.grant(name).handle,
      data: app.grants.grant(data).handle,
      ...(layer.length === 0 ? {} : { layers: [...layer] }),
      ...given({ mean, deviation }),
      ...making(values),
    },
    context.follow,
  );
  return { app, summary };
}

function making({ share, limit, shuffles, seed }: Pick<Asked, 'share' | 'limit' | 'shuffles' | 'seed'>) {
  return { share, limit, shuffles, seed };
}

function refuseMixed(values: Asked, data: string | undefined): void {
  const given = (table: object) =>
    Object.keys(table).filter((key) => {
      const found = values[key as keyof Asked];
      return found !== undefined && found !== false && !(Array.isArray(found) && found.length === 0);
    });
  const [strange] = given(values.images ? language : pictures);
  if (strange !== undefined)
    throw new UsageError(
      `${written(strange)} is for ${values.images ? 'language models' : 'image classifiers (--images)'}.`,
      `Leave ${written(strange)} out.`,
    );
  if (values.images && data === undefined)
    throw new UsageError('emend dissect --images: the data is missing.', 'Give the folder that holds index.csv, behind the model.');
  if (!values.images && data !== undefined)
    throw new UsageError(`emend dissect: unexpected ${JSON.stringify(data)}.`, 'A folder of pictures goes with --images.');
  if (values.ablate && values.unit === undefined) throw new UsageError('--ablate takes out one unit.', 'Say which: --unit L.N');
  if (values.texts !== undefined && values.labels === undefined)
    throw new UsageError('--texts are the texts of --labels, and there are none.', 'Give --labels FILE too.');
}

/** "4.926" as layer and unit; names of layers may have dots. */
function unitOf(raw: string, { layers }: Dissected): { layer: string; unit: number } {
  const found = /^(.+)\.(\d{1,9})$/.exec(raw);
  if (!found)
    throw new UsageError(
      `--unit is ${JSON.stringify(raw)}; expected a layer and a number with a dot between.`,
      `Write --unit ${layers[0]!.layer}.0`,
    );
  return { layer: found[1]!, unit: Number(found[2]) };
}

/** Pictures are for screens. */
function withoutPictures(page: UnitPage): unknown {
  return {
    ...page,
    places: page.places.map(({ picture, ...place }) =>
      picture ? { ...place, picture: { name: picture.name, share: picture.share } } : place,
    ),
  };
}
