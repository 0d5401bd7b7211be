import { EmendError } from '../../../shared/errors.ts';
import type { JobContext } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { lossesWithout } from '../dissect/ablation.ts';
import { countPlaces, widthOf } from '../dissect/activations.ts';
import type { Concept, Labels } from '../dissect/labels.ts';
import { dissectDecoder } from '../dissect/language.ts';
import type { AblationReport, ConceptFinding, DissectionReport } from '../dissect/report.ts';
import { labelTexts } from '../dissect/texts.ts';
import { permutation } from '../dissect/units.ts';
import type { Jobs } from '../jobs.ts';
import { Random } from '../runtime/sampling.ts';
import type { OpenModels } from './open-models.ts';

/** Which neurons stand for which concepts. */
export async function dissect(models: OpenModels, params: Jobs['dissect']['params'], context: JobContext): Promise<DissectionReport> {
  const { decoder, tokenizer } = await models.open(params.model);
  const layers = chosen(decoder, params.layers);
  const { texts, labels } = labelTexts(tokenizer, params.texts, params.tokens);
  const { shuffles, seed, share, limit } = params.settings;
  const places = countPlaces(texts);
  const random = new Random(seed);
  const shuffled = Array.from({ length: shuffles }, () => labels.shuffled(permutation(places, random)));
  const found = await dissectDecoder(decoder, texts, labels, layers, { shuffled, share, limit }, context);
  return {
    settings: params.settings,
    texts: texts.rows.map((row) => row.slice(texts.leading).map((id) => tokenizer.tokenText(id))),
    tokens: places,
    concepts: conceptsOf(labels),
    layers: found,
  };
}

/** Tokens and answers that were read beside one that changed most. */
const MOST = 10;

/** What a model loses without one neuron. */
export async function ablateUnit(models: OpenModels, params: Jobs['ablateUnit']['params'], context: JobContext): Promise<AblationReport> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { layer, unit, concept } = params;
  chosen(decoder, [layer]);
  const width = widthOf(decoder, layer);
  if (unit >= width)
    throw new EmendError(
      'not-found',
      `Unit ${unit} was asked for; layer ${layer} has units 0 to ${width - 1}.`,
      'Choose a unit of this layer.',
    );
  const { texts, labels, starts, answers } = labelTexts(tokenizer, params.texts, params.tokens);
  // A text's first token has nothing before it, unless there is a start token.
  const from = Math.max(1, texts.leading);
  const kept = texts.rows.map((ids, text) => ({ ids, text })).filter(({ ids }) => ids.length > from);
  const rows = kept.map(({ ids }) => ({ ids, from }));
  const before = await lossesWithout(decoder, undefined, rows, context);
  const after = await lossesWithout(decoder, { layer, unit }, rows, context);
  const places = kept.flatMap(({ text }, row) =>
    before[row]!.map((loss, at) => ({ place: starts[text]! + from - texts.leading + at, before: loss, after: after[row]![at]! })),
  );
  const wanted = concept === undefined ? -1 : labels.concepts.findIndex((one) => isSame(one, concept));
  const carries = ({ place }: { place: number }) => labels.at(place).includes(wanted);
  const change = (list: typeof places) => ({
    tokens: list.length,
    change: list.length === 0 ? 0 : list.reduce((sum, one) => sum + one.after - one.before, 0) / list.length,
  });
  const size = (one: { before: number; after: number }) => Math.abs(one.after - one.before);
  const facts = kept.flatMap(({ ids, text }, row) => {
    const range = answers[text];
    if (!range || range.first < from) return [];
    const probability = (losses: readonly number[]) =>
      Math.exp(-losses.slice(range.first - from, range.last - from + 1).reduce((sum, loss) => sum + loss, 0));
    return [
      {
        text,
        prompt: tokenizer.continuation(ids.slice(texts.leading, range.first)),
        answer: tokenizer.continuation(ids.slice(range.first, range.last + 1)).trim(),
        before: probability(before[row]!),
        after: probability(after[row]!),
      },
    ];
  });
  const mean = (key: 'before' | 'after') => (facts.length === 0 ? 0 : facts.reduce((sum, fact) => sum + fact[key], 0) / facts.length);
  return {
    layer,
    unit,
    onConcept: change(places.filter(carries)),
    elsewhere: change(places.filter((place) => !carries(place))),
    places: [...places].sort((a, b) => size(b) - size(a)).slice(0, MOST),
    answers: {
      count: facts.length,
      before: mean('before'),
      after: mean('after'),
      most: [...facts].sort((a, b) => size(b) - size(a)).slice(0, MOST),
    },
  };
}

/** Layers of the model. @throws EmendError 'not-found' for one that it has not */
function chosen(decoder: Decoder, layers: readonly number[] | undefined): number[] {
  const all = decoder.anatomy.layers.map((_, layer) => layer);
  const strange = layers?.find((layer) => !all.includes(layer));
  if (strange !== undefined)
    throw new EmendError(
      'not-found',
      `Layer ${strange} was asked for; this model has layers 0 to ${all.length - 1}.`,
      'Choose a layer of this model.',
    );
  return layers === undefined ? all : [...new Set(layers)].sort((a, b) => a - b);
}

function conceptsOf(labels: Labels): ConceptFinding[] {
  return labels.concepts.map((concept, at) => ({
    ...concept,
    places: labels.sizes[at]!,
    documents: Array.from({ length: labels.documents }, (_, document) => labels.carries(labels.categoryOf[at]!, document)).filter(Boolean)
      .length,
  }));
}

function isSame(a: Concept, b: Concept): boolean {
  return a.category === b.category && a.name === b.name;
}
