import { counted } from './counted.ts';

/** 'failed' when any check failed, 'passed' when some passed and none failed; checks without a threshold do neither. */
export function verdictOf(checks: readonly { readonly passed?: boolean | undefined }[]): 'passed' | 'failed' | 'none' {
  if (checks.some((check) => check.passed === false)) return 'failed';
  return checks.some((check) => check.passed === true) ? 'passed' : 'none';
}

/** Of a check: how many more prompts were asked of which nobody can say whether they are as they should be. */
export function unjudgedWords(prompts: number): string {
  return `${counted(prompts, 'prompt')} more asked, of which no answer is known that ${prompts === 1 ? 'it' : 'they'} should give.`;
}

/** How many neighbours kept their answers, were shaken, lost. Those of older reports tell no fate and count by whether they were good. */
export function tally(
  neighbors: readonly { readonly fate?: 'kept' | 'shaken' | 'lost' | undefined; readonly good: boolean }[],
): Readonly<Record<'kept' | 'shaken' | 'lost', number>> {
  const found = { kept: 0, shaken: 0, lost: 0 };
  for (const { fate, good } of neighbors) found[fate ?? (good ? 'kept' : 'lost')]++;
  return found;
}
