import type { MethodName, Parsed, Reply } from '../../../shared/contract.ts';
import type { Dissected, UnitRow } from '../../../shared/contract/dissecting.ts';

type Methods = { [M in MethodName]?: (params: Parsed<M>) => Reply<M> | Promise<Reply<M>> };
type Start = (
  kind: MethodName,
  title: string,
  phases: readonly string[],
  result: () => unknown,
  model?: string,
  tick?: number,
) => { job: string };

const CONCEPTS = [
  { category: 'subject', name: 'city' },
  { category: 'subject', name: 'country' },
  { category: 'object', name: 'language' },
];
const WORDS = [
  ['asel', ' Manila', 'akarta', 'ijing'],
  ['cuador', 'Tanzania', 'Ghana', ' Brazil'],
  [' English', ' French', ' Russian', ' Spanish'],
];
/** A red pixel, and a black one. */
const RED = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** A dissection with two layers of `units` units each; a third of them are detectors. */
export function fakeDissectMethods(
  start: Start,
  find: (name: string) => { id: string; name: string; current: string },
  units = 60,
): Methods {
  const pictures = { isShown: false };
  const rows: UnitRow[] = ['3', '4'].flatMap((layer) =>
    Array.from({ length: units }, (_, unit) => ({
      layer,
      unit,
      concept: unit % 3,
      iou: unit % 3 === 0 ? 0.3 - unit / 1000 : 0.01,
      chance: 0.02,
      active: 33,
      undecided: unit % 10 === 9,
      top: WORDS[unit % 3]!,
    })),
  );
  const isDetector = ({ iou, undecided }: UnitRow) => !undecided && iou > 0.04;
  const summary = (about: Pick<Dissected, 'kind' | 'model' | 'version' | 'source' | 'warnings'>): Dissected => ({
    run: about.kind,
    ...about,
    settings: { share: 0.005, limit: 0.04, shuffles: 3, seed: 0 },
    documents: 583,
    places: 6499,
    leftOut: 16_137,
    concepts: CONCEPTS.map((concept, at) => ({
      ...concept,
      places: 98,
      documents: 583,
      oneIsEnough: false,
      detectors: ['3', '4'].map((layer) => rows.filter((row) => row.layer === layer && row.concept === at && isDetector(row)).length),
    })),
    layers: ['3', '4'].map((layer) => ({
      layer,
      units,
      undecided: rows.filter((row) => row.layer === layer && row.undecided).length,
      detectors: rows.filter((row) => row.layer === layer && isDetector(row)).length,
      concepts: 1,
      shuffled: [1, 0, 2],
    })),
  });
  const rowAt = (layer: string, unit: number) => rows.find((row) => row.layer === layer && row.unit === unit)!;
  return {
    'dissecting.model': ({ model, tokens }) => {
      const { id, name, current } = find(model);
      pictures.isShown = false;
      const warnings = tokens < 5000 ? [`There are ${tokens} tokens.`] : [];
      const made = summary({ kind: 'language', model: name, version: current, source: 'the facts of facts.json', warnings });
      return start('dissecting.model', `Dissect ${name}`, ['reading activations', 'comparing units with concepts'], () => made, id, 150);
    },
    'dissecting.images': () => {
      pictures.isShown = true;
      const made = summary({ kind: 'images', model: 'model.onnx', version: 'base', source: 'the pictures of data', warnings: [] });
      return start('dissecting.images', 'Dissect model.onnx', ['reading activations'], () => made);
    },
    'dissecting.convolutions': () => ({ layers: [{ name: '3', units, isActivated: true }] }),
    'dissecting.units': ({ layer, concept, all }) => {
      const found = rows
        .filter((row) => (layer === undefined || row.layer === layer) && (concept === undefined || row.concept === concept))
        .filter((row) => all || isDetector(row));
      return { total: found.length, units: found };
    },
    'dissecting.unit': ({ layer, unit }) => {
      const row = rowAt(layer, unit);
      return {
        ...row,
        threshold: 0.83,
        gap: 0.1,
        plainConcept: row.concept,
        plainIou: row.iou,
        shuffled: [0.02, 0.01, 0.015],
        places: row.top.map((text, at) => ({
          activation: 2 - at / 4,
          ...(pictures.isShown
            ? { picture: { name: `${at}.png`, image: RED, shade: RED, share: 0.25 } }
            : { token: { before: 'The continent of', text, after: ' is Asia.' } }),
        })),
      };
    },
    'dissecting.ablate': ({ layer, unit }) =>
      start('dissecting.ablate', 'Take a unit out', ['the model without the unit'], () => ({
        layer,
        unit,
        onConcept: { tokens: 73, change: 4.4e-4 },
        elsewhere: { tokens: 5843, change: -5.7e-5 },
        places: [],
        answers: {
          count: 583,
          before: 0.961,
          after: 0.96,
          most: [{ prompt: 'Vienna is a city in', answer: 'Austria', before: 0.94, after: 0.91 }],
        },
      })),
    'dissecting.save': ({ destination }) => ({ handle: destination, path: '/home/ada/units.csv', rows: rows.length }),
  };
}
