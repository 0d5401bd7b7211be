import { EmendError } from '../../../shared/errors.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Reader } from '../../../shared/steering/reader.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { SteeringFile } from './file.ts';
import { scoreOf } from './readers.ts';
import { hiddenState, statesOf } from './states.ts';

/**
 * Every token of a text projected on the fitted directions (RepE's "lie detector"). Above its threshold a token counts as of the first
 * kind.
 * @throws EmendError 'bad-input' for a steering that has no direction to read by
 */
export async function readAlong(
  decoder: Decoder,
  { vectors, about }: SteeringFile,
  ids: readonly number[],
  report: Report,
): Promise<{ tokens: readonly number[]; readers: (Reader & { scores: number[] })[] }> {
  const { readers } = about;
  if (readers.length === 0)
    throw new EmendError(
      'bad-input',
      `A steering by ${about.method} has no direction that texts are read by.`,
      'Fit one on pairs of texts: difference of means, Representation Engineering, a control vector, or directional ablation.',
    );
  if (ids.length === 0) throw new EmendError('bad-input', 'The text is empty.', 'Write some text to be read.');
  const strange = readers.find(({ hidden }) => hidden > decoder.anatomy.layers.length);
  if (strange)
    throw new EmendError(
      'bad-input',
      `The steering reads hidden state ${strange.hidden}, which this model has not.`,
      'It was made for another model.',
    );
  const states = await statesOf(
    decoder,
    [ids],
    readers.map(({ hidden }) => hiddenState(decoder, hidden)),
    report,
  );
  const scored = readers.map((reader, at) => {
    const direction = vectors.get(reader.vector)!.data;
    if (direction.length !== states[at]!.columns)
      throw new EmendError(
        'bad-input',
        `The steering's directions are ${direction.length} wide, this model ${states[at]!.columns}.`,
        'It was made for another model.',
      );
    return { ...reader, scores: ids.map((_, token) => scoreOf(reader, direction, states[at]!, token)) };
  });
  return { tokens: ids, readers: scored };
}
