import type { CheckReport, DriftReport, Measure } from '../../engine/records.ts';
import { digits, percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';

/** Measures in the order in which they are read, with what they say. */
const MEASURES: readonly (readonly [Measure, string, string])[] = [
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
  ['neighborsUnchanged', 'Neighbours, first token kept', 'same likeliest next token as without the edit'],
  ['neighborsStillRight', 'Neighbours, still right', 'of those right without the edit'],
  ['GE', 'Fluency (GE)', 'entropy of generated n-grams, bits × 100'],
];

/** All measures of a check. */
export function showCheck(out: Printer, report: CheckReport): void {
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
  if (report.drift) showDrift(out, report.drift);
}

function showDrift(out: Printer, drift: DriftReport): void {
  const { probes, meanKl, maxKl, top1Changed, perplexityBefore, perplexityNow } = drift;
  out.heading('Drift from the model without the edit, on other subjects');
  out.table([
    ...(meanKl === undefined ? [] : [[`KL of the next token, mean of ${probes} prompts`, `${digits(meanKl)} nats`]]),
    ...(maxKl === undefined ? [] : [['KL of the next token, greatest', `${digits(maxKl)} nats`]]),
    ...(top1Changed === undefined ? [] : [['Another first choice', percent(top1Changed)]]),
    ...(perplexityBefore === undefined || perplexityNow === undefined
      ? []
      : [['Perplexity of texts', `${digits(perplexityBefore)} → ${digits(perplexityNow)}`]]),
  ]);
}
