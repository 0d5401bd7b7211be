import type { Measured } from '../../../shared/contract/checks.ts';
import type { Printer } from '../format/printer.ts';
import { showHonest } from './honest.ts';
import { showDrift } from './drift.ts';

/** Measures in the order in which they are read, with what they say. */
const MEASURES: readonly (readonly [name: string, title: string, says: string])[] = [
  ['ES', 'Efficacy (ES)', 'the edited prompt: new answer likelier than the old'],
  ['PS', 'Generalization (PS)', 'paraphrases: new answer likelier than the old'],
  ['NS', 'Specificity (NS)', 'neighbours: their own answer likelier than the new'],
  ['EM', 'Efficacy magnitude (EM)', 'difference of the two probabilities'],
  ['PM', 'Generalization magnitude (PM)', ''],
  ['NM', 'Specificity magnitude (NM)', ''],
  ['rewriteAccuracy', 'Edited prompt, accuracy', 'the new answer is the first choice'],
  ['paraphraseAccuracy', 'Paraphrases, accuracy', ''],
  ['neighborAccuracy', 'Neighbours, accuracy', 'their own answer is the first choice'],
  ['rewriteTokenAccuracy', 'Edited prompt, token accuracy', 'zsRE: share of answer tokens'],
  ['paraphraseTokenAccuracy', 'Paraphrases, token accuracy', ''],
  ['neighborTokenAccuracy', 'Neighbours, token accuracy', ''],
  ['portability', 'Portability', 'questions that follow from the fact'],
  ['exactMatch', 'Exact match', 'written freely, the answer begins with the new one'],
  ['neighborsKept', 'Neighbours kept', 'answered as without the edit'],
  ['neighborsUnchanged', 'Neighbours, first token kept', 'same likeliest next token as without the edit'],
  ['neighborsStillRight', 'Neighbours, still right', 'of those right without the edit'],
  ['GE', 'Fluency (GE)', 'entropy of generated n-grams, bits × 100'],
];

/** The published measures of facts on a version. */
export function showMeasures(out: Printer, report: Measured): void {
  const rows = MEASURES.flatMap(([measure, name, says]) => {
    const found = report.summary[measure];
    return found
      ? [[name, found.mean.toFixed(1), found.cases > 1 ? `± ${found.deviation.toFixed(1)}` : '', String(found.cases), out.style.dim(says)]]
      : [];
  });
  const score =
    report.S === undefined
      ? []
      : [[out.style.bold('Score (S)'), out.style.bold(report.S.toFixed(1)), '', '', out.style.dim('harmonic mean of ES, PS and NS')]];
  const at = report.S === undefined ? 0 : 3;
  out.table([['measure', 'mean', 'spread', 'facts', 'of 100, over facts'], ...rows.slice(0, at), ...score, ...rows.slice(at)], {
    heading: true,
    right: [1, 2, 3],
  });
  if (report.honest) showHonest(out, report.honest, 'model');
  if (!report.drift) return;
  const { top1Changed, perplexityNow, ...drift } = report.drift;
  showDrift(out, 'the model without the edit', { ...drift, topChanged: top1Changed, perplexityAfter: perplexityNow });
}
