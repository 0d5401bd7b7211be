import { counted } from '../../../shared/counted.ts';
import type { EditMade } from '../../../shared/contract/edits.ts';
import { whole } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';

/** Hyperparameters with their sources, the covariance, and what was solved with the facts. */
export function showSettings(out: Printer, { hyperparameters, covariance, solvedAnew }: EditMade): void {
  out.table([['hyperparameter', 'value', 'from'], ...hyperparameters.map((h) => [h.name, h.value, out.style.dim(h.source)])], {
    heading: true,
  });
  const ridges = covariance.ridges.length === 0 ? '' : `; ridge ${covariance.ridges.join(', ')}`;
  const computed = covariance.cached ? ', computed before' : '';
  out.line(
    covariance.tokens === 0
      ? 'Covariance: not used.'
      : `Covariance of keys: ${whole(covariance.tokens)} tokens of ${covariance.text}${computed}${ridges}.`,
  );
  if (solvedAnew) out.line(`${counted(solvedAnew, 'fact')} of earlier edits solved anew with these.`);
}
