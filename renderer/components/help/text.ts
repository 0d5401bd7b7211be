import type { Counted, Unit } from '../../../shared/measures.ts';

const COUNTED: Readonly<Record<Counted, string>> = { fact: 'facts', prompt: 'prompts', text: 'texts', case: 'cases' };

/** What explanations say around what the lists have. */
export const helpText = {
  button: (about: string) => `What is ${about}?`,
  inGlossary: (word: string) => `“${word}” in the glossary`,
  sentence: (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`,
  unit: {
    share: (counts) => `A share, averaged over ${COUNTED[counts]}: from 0 to 100%.`,
    bits: (counts) => `In bits, averaged over ${COUNTED[counts]}.`,
    nats: (counts) => `In nats, averaged over ${COUNTED[counts]}.`,
    none: (counts) => `A number without a unit, taken over ${COUNTED[counts]}.`,
  } satisfies Record<Unit, (counts: Counted) => string>,
  better: { more: 'More is better.', less: 'Less is better.' },
  demanded: (help: string) => `It can be demanded of an export: ${help.charAt(0).toLowerCase()}${help.slice(1)}`,
  expected: (expected: string, unit: string | undefined) => `It takes ${expected}${unit === undefined ? '' : `, in ${unit}`}.`,
  option: (option: string) => `On the command line: --${option}.`,
  field: (name: string) => `In hyperparameter files: ${name}.`,
  choose: (choose: string) => `To be chosen ${choose}.`,
  paper: (title: string, authors: string) => `${title}, ${authors}.`,
};
