/** 'failed' when any check failed, 'passed' when some passed and none failed; checks without a threshold do neither. */
export function verdictOf(checks: readonly { readonly passed?: boolean | undefined }[]): 'passed' | 'failed' | 'none' {
  if (checks.some((check) => check.passed === false)) return 'failed';
  return checks.some((check) => check.passed === true) ? 'passed' : 'none';
}
