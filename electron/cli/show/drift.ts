import type { EditReport } from '../../../shared/contract/edits.ts';
import { digits, percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';

/** How far a version is from another on what has nothing to do with its edits. @param from what it is compared with */
export function showDrift(out: Printer, from: string, drift: NonNullable<EditReport['drift']>): void {
  const { probes, meanKl, maxKl, topChanged, perplexityBefore, perplexityAfter } = drift;
  out.heading(`Drift from ${from}, on other subjects`);
  out.table([
    ...(meanKl === undefined ? [] : [[`KL of the next token, mean of ${probes} prompts`, `${digits(meanKl)} nats`]]),
    ...(maxKl === undefined ? [] : [['KL of the next token, greatest', `${digits(maxKl)} nats`]]),
    ...(topChanged === undefined ? [] : [['Another first choice', percent(topChanged)]]),
    ...(perplexityBefore === undefined || perplexityAfter === undefined
      ? []
      : [['Perplexity of texts', `${digits(perplexityBefore)} → ${digits(perplexityAfter)}`]]),
  ]);
}
