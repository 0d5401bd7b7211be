/** 'failed' when any check failed, 'passed' when some passed and none failed; checks without a threshold do neither. */
export function verdictOf(checks: readonly { readonly passed?: boolean | undefined }[]): 'passed' | 'failed' | 'none' {
  if (checks.some((check) => check.passed === false)) return 'failed';
  return checks.some((check) => check.passed === true) ? 'passed' : 'none';
}

/** How many neighbours kept their answers, were shaken, lost. Those of older reports tell no fate and count by whether they were good. */
export function tally(
  neighbors: readonly { readonly fate?: 'kept' | 'shaken' | 'lost' | undefined; readonly good: boolean }[],
): Readonly<Record<'kept' | 'shaken' | 'lost', number>> {
  const found = { kept: 0, shaken: 0, lost: 0 };
  for (const { fate, good } of neighbors) found[fate ?? (good ? 'kept' : 'lost')]++;
  return found;
}
