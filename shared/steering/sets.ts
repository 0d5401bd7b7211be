import * as v from 'valibot';
import type { SteeringMethodName } from './list.ts';

/** Built-in sets to fit on, made from the facts that came with a model; what was found on the demonstration model stands with each. */
interface SetInfo {
  readonly label: string;
  readonly help: string;
  /** What was measured, in a sentence; also where it does not work. */
  readonly found: string;
  readonly suits: readonly SteeringMethodName[];
}

export const STEERING_SETS = {
  wording: {
    label: 'Wordings it knows against wordings it does not',
    help: 'The same fact in a wording that the model was taught and in one that it never saw; asked in the unknown one.',
    found:
      'Works with heads, with reading vectors and with differences of means: in wordings that it never saw the model finds the right ' +
      'answer among four about twice as often, which ordinary text pays for.',
    suits: ['iti', 'repe', 'caa', 'repeng'],
  },
  relation: {
    label: "One relation's phrase against another's",
    help: 'Two questions of equal length about the same country, one for its capital and one for its continent.',
    found: 'Works fully: asked for continents of other countries, the model gives their capitals.',
    suits: ['actadd'],
  },
  topic: {
    label: 'A word against spaces',
    help: 'The name of a city in front of questions for the city of landmarks elsewhere.',
    found: 'Works in part: answers move to cities of that country, mostly to the wrong one.',
    suits: ['actadd'],
  },
  truth: {
    label: 'True against false statements',
    help: 'Known prompts with the right answer and with a wrong one.',
    found: 'Hardly works: the direction is weak, and steering along it mostly changes nothing.',
    suits: ['iti', 'repe', 'caa', 'repeng', 'ablation'],
  },
} as const satisfies Readonly<Record<string, SetInfo>>;

export type SteeringSetName = keyof typeof STEERING_SETS;
export const SET_NAMES = Object.keys(STEERING_SETS) as [SteeringSetName, ...SteeringSetName[]];
export const SetNameSchema = v.picklist(SET_NAMES, `a built-in set: ${SET_NAMES.join(', ')}`);
