import { methodTitle } from '../../../shared/methods/list.ts';
import type { Jobs } from '../../engine/jobs.ts';
import { digits, duration, percent, ratio, whole } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';

/** More facts than this are summed up; --json has them all. */
const FACTS_SHOWN = 20;

/** What an edit was made with, and what it did. */
export function showEdit(out: Printer, edit: Jobs['edit']['result']): void {
  const { style } = out;
  out.heading(`${methodTitle(edit.method)}, ${edit.facts.length} ${edit.facts.length === 1 ? 'fact' : 'facts'}, ${duration(edit.seconds)}`);
  showSettings(out, edit);
  out.heading('Facts (probability of the target)');
  out.table(
    [
      ['fact', 'target', 'before', 'after', 'steps', 'loss'],
      ...edit.facts
        .slice(0, FACTS_SHOWN)
        .map((f) => [
          shorten(oneLine(f.prompt.replace('{}', () => f.subject)), 60),
          oneLine(f.target),
          percent(f.before),
          f.after > 0.5 ? style.good(percent(f.after)) : f.after > f.before ? percent(f.after) : style.bad(percent(f.after)),
          String(f.steps),
          `${digits(f.firstLoss)} → ${digits(f.lastLoss)}`,
        ]),
    ],
    { heading: true, right: [2, 3, 4] },
  );
  const rest = edit.facts.length - FACTS_SHOWN;
  if (rest > 0) out.line(style.dim(`and ${rest} more; --json has them all`));
  out.heading('Weights');
  out.table(
    [
      ['layer', 'weight', 'norm', 'norm of change', 'rank', 'SHA-256 before', 'after'],
      ...edit.weights.map((w) => [
        String(w.layer),
        w.weight,
        digits(w.weightNorm),
        `${digits(w.deltaNorm)} (${ratio(w.deltaNorm / w.weightNorm)})`,
        String(w.rank),
        `${w.sha256Before.slice(0, 12)}…`,
        `${w.sha256After.slice(0, 12)}…`,
      ]),
    ],
    { heading: true, right: [0, 2, 3, 4] },
  );
  out.line();
  out.line(edit.deltaFile === undefined ? 'Nothing was saved: add --save FILE to keep this edit.' : `Saved in ${edit.deltaFile}`);
}

/** Hyperparameters with their sources, and the covariance. */
export function showSettings(out: Printer, edit: Jobs['edit']['result']): void {
  out.table([['hyperparameter', 'value', 'from'], ...edit.hyperparameters.map((h) => [h.name, h.value, out.style.dim(h.source)])], {
    heading: true,
  });
  const { covariance } = edit;
  const ridges = covariance.ridges.length === 0 ? '' : `; ridge ${covariance.ridges.join(', ')}`;
  out.line(
    covariance.tokens === 0
      ? 'Covariance: not used.'
      : `Covariance of keys: ${whole(covariance.tokens)} tokens of ${covariance.text}${covariance.cached ? ', computed before' : ''}${ridges}.`,
  );
}
