import { EmendError } from '../../../shared/errors.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { countPlaces, type Neurons, passes, readActivations, type Texts, widthOf } from './activations.ts';
import type { Labels } from './labels.ts';
import type { LayerFinding, UnitFinding } from './report.ts';
import { dissectUnit, summarise } from './units.ts';

/** Units that one dissection may tell of. */
export const MOST_UNITS = 120_000;

/**
 * Network Dissection (Bau et al. 2017) of a decoder's MLP neurons: tokens are pixels, texts are images.
 * @param shuffled the labels in random orders, for the control
 * @throws EmendError 'bad-input' when there is nothing to compare, or too much
 */
export async function dissectDecoder(
  decoder: Decoder,
  texts: Texts,
  labels: Labels,
  layers: readonly number[],
  { shuffled, share, limit }: { readonly shuffled: readonly Labels[]; readonly share: number; readonly limit: number },
  report: Report,
): Promise<LayerFinding[]> {
  const places = countPlaces(texts);
  if (places === 0 || labels.concepts.length === 0)
    throw new EmendError('bad-input', 'There is no labelled token to dissect the model with.', 'Give texts with labels.');
  const units = layers.reduce((sum, layer) => sum + widthOf(decoder, layer), 0);
  if (units > MOST_UNITS)
    throw new EmendError(
      'bad-input',
      `These ${layers.length} layers have ${units} neurons; one dissection tells of ${MOST_UNITS} at most.`,
      'Choose fewer layers, and the others in a second run.',
    );
  const found = new Map<number, UnitFinding[]>(layers.map((layer) => [layer, []]));
  let done = 0;
  for (const group of passes(decoder, layers, places)) {
    const read = await readActivations(decoder, texts, group, report);
    for (const [at, neurons] of group.entries()) {
      for (const finding of unitsOf(neurons, read[at]!, places)) {
        found.get(neurons.layer)!.push(dissectUnit(finding.unit, finding.activations, labels, shuffled, share));
        if (++done % 64 === 0) {
          report.check();
          report.progress('comparing units with concepts', done, units);
        }
      }
    }
  }
  return layers.map((layer) => summarise(String(layer), found.get(layer)!, shuffled.length, limit));
}

function* unitsOf({ from, to }: Neurons, held: Float32Array, places: number) {
  for (let unit = from; unit < to; unit++) yield { unit, activations: held.subarray((unit - from) * places, (unit - from + 1) * places) };
}
