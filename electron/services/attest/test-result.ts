import { canonical } from '../../storage/canonical.ts';
import type { ResourceDescriptor } from './statement.ts';
import type { Measured } from './version-record.ts';

export const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';

/** The predicate of in-toto's test result, version 0.1. */
export interface TestResult {
  readonly result: 'PASSED' | 'WARNED' | 'FAILED';
  /** What the tests were run with: here the thresholds, and whatever the caller names. */
  readonly configuration: readonly ResourceDescriptor[];
  readonly passedTests: readonly string[];
  readonly warnedTests: readonly string[];
  readonly failedTests: readonly string[];
}

/**
 * Checks as a test result. A test is named after its measure and the ledger entry that holds its value, "efficacy (entry 5)".
 * A measure of which nothing was demanded passed nothing, so it counts as warned.
 */
export function testResult(measured: readonly Measured[], configuration: readonly ResourceDescriptor[] = []): TestResult {
  const tests = measured.flatMap(({ entry, checks }) =>
    checks.map(({ name, passed, threshold }) => ({ name: `${name} (entry ${entry})`, passed, threshold })),
  );
  const names = (passed: boolean | undefined) => tests.filter((test) => test.passed === passed).map((test) => test.name);
  const [passedTests, warnedTests, failedTests] = [names(true), names(undefined), names(false)];
  const thresholds = Object.fromEntries(tests.flatMap(({ name, threshold }) => (threshold === undefined ? [] : [[name, threshold]])));
  return {
    result: failedTests.length > 0 ? 'FAILED' : warnedTests.length > 0 ? 'WARNED' : 'PASSED',
    configuration: [
      { name: 'thresholds', mediaType: 'application/json', content: Buffer.from(canonical(thresholds)).toString('base64') },
      ...configuration,
    ],
    passedTests,
    warnedTests,
    failedTests,
  };
}
