import { countSlots, type Fact } from '../fact.ts';
import type { HonestMeasureName } from '../measures.ts';
import { again } from './again.ts';
import { choice } from './choice.ts';
import { free } from './free.ts';
import { hop } from './hop.ts';
import { implied } from './implied.ts';
import { negation } from './negation.ts';
import { prefix } from './prefix.ts';
import type { HonestMaterial, Probe, Question } from './probe.ts';
import { trueFalse } from './true-false.ts';

/** Every kind of question of an honest check, under the name of its measure, in the order in which they are read. */
export const PROBES: { readonly [Name in HonestMeasureName]: Probe } = {
  'free answer': free,
  'behind text': prefix,
  negated: negation,
  'true or false': trueFalse,
  'multiple choice': choice,
  'asked again': again,
  implied,
  'one hop': hop,
};
export const probeNames = Object.keys(PROBES) as HonestMeasureName[];

/** Everything that is asked of a fact. */
export function questionsOf(fact: Fact, material: HonestMaterial): { readonly probe: HonestMeasureName; readonly question: Question }[] {
  return probeNames.flatMap((probe) => PROBES[probe].questions(fact, material).map((question) => ({ probe, question })));
}

/**
 * What an honest check costs at most: how many prompts are put to the model. Each question is put to the edited version, to the version
 * before with the new fact in front and, where the old answer is known, to that as it is; of a choice every answer is one prompt.
 * Facts that cannot be asked yet are passed over.
 */
export function honestPrompts(facts: readonly Fact[], isChat = false): number {
  const material: HonestMaterial = { text: '', distractors: ['…', '… …'], isChat };
  const sides = ({ wanted }: Question) => (wanted.before === undefined ? 2 : 3);
  const prompts = ({ way, options = [] }: Question) => (way === 'choose' ? options.length : way === 'talk' ? 2 : 1);
  const whole = facts.filter(({ prompt, subject }) => countSlots(prompt) === 1 && subject.trim() !== '');
  const all = whole.flatMap((fact) => questionsOf(fact, material));
  return all.reduce((sum, { question }) => sum + sides(question) * prompts(question), 0);
}
