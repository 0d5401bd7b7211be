import type { Intervention, Part } from './intervention.ts';
import { OPERATORS } from './operators.ts';
import { positionsSaid } from './positions.ts';
import { STEERING_SITES } from './sites.ts';
import { STRENGTH_UNITS } from './strength.ts';

/** One part in words. */
export function partSaid({ site, head, layers, positions, operator, strength, keepsNorm }: Part): string {
  const where = head === undefined ? STEERING_SITES[site].label : `Head ${head}`;
  const how = `${OPERATORS[operator].label.toLowerCase()} ${strength.value} ${STRENGTH_UNITS[strength.unit].short}`;
  return `${where}, layer ${layers.join(', ')}: ${how}, at ${positionsSaid(positions)}${keepsNorm ? ', length kept' : ''}`;
}

/** What an intervention does, part by part. */
export function partsSaid({ parts, decoding }: Intervention): string[] {
  const rule =
    decoding &&
    `DoLa: contrasts with the output of exits ${decoding.candidates.join(', ')}${decoding.norm ? ' behind the final norm' : ''}`;
  return [...parts.map(partSaid), ...(rule === undefined ? [] : [rule])];
}
