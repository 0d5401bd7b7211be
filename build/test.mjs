// `npm test`: everything that is checked, from a fresh clone too. Arguments go to vitest: `npm test -- --project unit`.
// The last line says how many tests passed and failed; a step before the tests that fails counts as one failed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale, installPackages, installTestPackages, npm, run } from './setup.mjs';

/** Counts of a vitest run. A file that cannot be loaded, or a run that ends badly without a failed test, counts as one failed. */
function counted(reportFile, exitCode) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let report;
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return { ...counts, failed: 1 };
  }
  for (const file of report.testResults) {
    const failedBefore = counts.failed;
    for (const { status } of file.assertionResults) counts[status in counts ? status : 'skipped']++;
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed++;
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function step(name, done) {
  console.log(`\n${name}`);
  const isFine = done();
  if (!isFine) console.log(`${name}: failed`);
  return isFine;
}

installPackages();
installTestPackages();
const steps = [
  step('build', () => buildIfStale('node', 'renderer', 'desktop', 'double')),
  ...['types', 'lint', 'rules'].map((name) => step(name, () => npm('run', '--silent', name) === 0)),
];

const folder = mkdtempSync(join(tmpdir(), 'emend-test-'));
const reportFile = join(folder, 'report.json');
console.log('\ntests');
const exitCode = run(process.execPath, [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportFile}`,
  ...process.argv.slice(2),
]);
const { passed, failed: failedTests, skipped } = counted(reportFile, exitCode);
rmSync(folder, { recursive: true });

const failed = failedTests + steps.filter((isFine) => !isFine).length;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
