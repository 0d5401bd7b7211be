import type { Near } from '../../../shared/contract/beforehand.ts';
import { nearSource } from '../../../shared/near.ts';
import { plural } from '../../format.ts';

/** What is said of prompts whose keys lie near an edit's. */
export const nearText = {
  title: 'May move with it',
  about: 'Prompts whose keys lie near the one that the edit writes: the nearer, the more of the edit they are met with.',
  act: 'What may move with it',
  again: 'Look again',
  working: 'Comparing keys',
  stale: 'The fact or the settings have changed since.',
  none: 'No neighbours, no other subjects of its relation and no edited facts are known to look at.',
  where: (layers: readonly number[], isOpen: boolean) =>
    `${isOpen ? 'The edit would choose among' : 'The edit would be written into'} ` +
    `${layers.length === 1 ? 'layer' : 'layers'} ${layers.join(', ')}.`,
  covariance: (of: string) => `Covariance of ${of}.`,
  shares: 'Share: what the edit adds at the prompt’s nearest token, in % of what it adds at its own subject (kᵀC⁻¹k* / k*ᵀC⁻¹k*).',
  looked: (shown: number, all: number) =>
    shown === all ? `${plural(all, 'prompt')} looked at.` : `The nearest ${shown} of ${plural(all, 'prompt')}.`,
  of: (prompt: string, target: string) => `May move with “${prompt} ${target.trim()}”`,
  series: 'Share of the edit, %',
  add: (prompt: string) => `Add as a neighbour: ${prompt}`,
  closeTo: (entry: number) => `close to entry ${entry}`,
  details: ({ answer, nearest, ...source }: Near) =>
    [
      ...(answer === undefined ? [] : [`says ${answer.trim()}`]),
      nearSource(source),
      `layer ${nearest.layer}, at “${nearest.token.trim()}”`,
    ].join('; '),
  columns: {
    prompt: 'Prompt',
    answer: 'Answer',
    share: 'Share, %',
    cosine: 'Cosine',
    layer: 'Layer',
    token: 'At the token',
    from: 'What it is',
  },
};
