import type { SteeringReading } from '../../../shared/contract/steering.ts';
import { percent, plural } from '../../format.ts';

/** What is said of a text that is read along fitted directions. */
export const reading = {
  title: 'Above and below the threshold, token by token',
  state: 'State',
  token: 'Token',
  stateName: (hidden: number) => `State ${hidden}`,
  tokenSays: (token: string, hidden: number, above: number) =>
    `“${token}”, state ${hidden}: ${Math.abs(above).toFixed(2)} ${above > 0 ? 'above' : 'below'} the threshold: ` +
    `counts as of the ${above > 0 ? 'first' : 'second'} kind.`,
  readerSays: ({ hidden, heldOut }: SteeringReading['readers'][number]) =>
    heldOut
      ? `State ${hidden}: ${percent(heldOut.texts)} of the texts held out are told rightly by the threshold` +
        `${heldOut.pairs === undefined ? '' : `, ${percent(heldOut.pairs)} of the pairs by their order`} ` +
        `(${plural(heldOut.groups, 'group')}).`
      : `State ${hidden}: no text was held out to judge it.`,
};
