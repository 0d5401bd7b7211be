import type { EditMethodName, MethodInfo, Setting } from '../../shared/contract/edits.ts';
import type { EditOutcome } from '../engine/jobs.ts';

/** Hyperparameters as the form shows them; `name` is what the engine calls the setting in its reports. */
const SETTINGS: readonly (Omit<Setting, 'value' | 'source'> & { readonly name: string; readonly only?: EditMethodName })[] = [
  {
    key: 'layers',
    name: 'layers',
    label: 'Layers',
    kind: 'layers',
    help: 'Whose MLP weights are changed, counted from 0. MEMIT spreads the change over several, ROME takes one.',
  },
  {
    key: 'steps',
    name: 'steps',
    label: 'Steps',
    kind: 'integer',
    help: 'How long the hidden state that gives the new answer is searched for.',
  },
  { key: 'learningRate', name: 'learning rate', label: 'Learning rate', kind: 'number', help: 'How far each step of that search goes.' },
  {
    key: 'clamp',
    name: 'clamp',
    label: 'Clamp',
    kind: 'number',
    help: 'How far the new state may lie from the present one, as a multiple of its length. Larger edits more firmly and disturbs more.',
  },
  {
    key: 'klFactor',
    name: 'KL factor',
    label: 'KL factor',
    kind: 'number',
    help: 'Weight of keeping what the model says of the subject in general ("{} is a").',
  },
  {
    key: 'weightDecay',
    name: 'weight decay',
    label: 'Weight decay',
    kind: 'number',
    help: 'Weight of keeping the new state near the present one.',
  },
  {
    key: 'covarianceWeight',
    name: 'λ',
    label: 'λ (covariance weight)',
    kind: 'number',
    only: 'memit',
    help: 'Weight of what the layers hold already, against the new facts. Smaller edits more firmly and disturbs more.',
  },
  {
    key: 'key',
    name: 'key',
    label: 'Key',
    kind: 'choice',
    choices: ['averaged', 'mixed'],
    only: 'rome',
    help: 'One averaged key throughout, or the mixture of the first published code.',
  },
  {
    key: 'covarianceTokens',
    name: 'covariance tokens',
    label: 'Covariance tokens',
    kind: 'integer',
    help: 'How much text the statistics of the layer are taken from.',
  },
  {
    key: 'seed',
    name: 'seed',
    label: 'Seed',
    kind: 'integer',
    help: 'Start of the random numbers, for the texts that stand before the prompts.',
  },
];

const ABOUT: Readonly<Record<EditMethodName, { title: string; summary: string }>> = {
  memit: {
    title: 'MEMIT',
    summary: 'For one fact or thousands: spreads the change over several layers, worked out for all facts together (Meng et al. 2023).',
  },
  rome: { title: 'ROME', summary: 'For single facts: one change of rank one in one layer (Meng et al. 2022).' },
};

/** Values for settings that the engine chooses only when it sees the facts. */
const LATER: Readonly<Record<string, { value: string; source: string }>> = {
  λ: { value: 'from the facts', source: "a tenth of the facts' median kᵀC⁻¹k, or the best share tried" },
  'covariance tokens': { value: '10 for each key dimension', source: 'arXiv 2506.04226' },
  seed: { value: '0', source: 'default' },
};

/** A method for the form, with what it would use. @param derived as the engine lists it */
export function methodInfo(name: EditMethodName, derived: EditOutcome['hyperparameters']): MethodInfo {
  const settings = SETTINGS.filter(({ only }) => only === undefined || only === name).map(({ name: called, only: _, ...setting }) => {
    const found = derived.find((one) => one.name === called) ?? LATER[called] ?? { value: '', source: '' };
    return { ...setting, value: found.value, source: found.source };
  });
  return { name, ...ABOUT[name], settings };
}
