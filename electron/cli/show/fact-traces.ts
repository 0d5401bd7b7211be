import type { Average, FactTraces } from '../../../shared/contract/fact-traces.ts';
import { subjectsSaid, TOKEN_GROUPS, TRACE_KINDS, traceKinds } from '../../../shared/tracing.ts';
import { counted } from '../format/ids.ts';
import { percent, points } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted, safe } from '../format/text.ts';

/** Facts left out that are shown by name. */
const SKIPPED = 5;

/** Effects averaged over facts: a table for each kind, groups of tokens by layers. */
export function showFactTraces(
  out: Printer,
  { source, traced, resumed, skipped, high, low, deviation, settings, effects }: FactTraces,
): void {
  out.line(
    `${counted(traced, 'fact')} traced, from ${source}` +
      `${resumed > 0 ? `; ${resumed} of them were known from an earlier run` : ''}` +
      `${skipped.length > 0 ? `; ${counted(skipped.length, 'fact')} left out, since the model answers something else` : ''}.`,
  );
  for (const { prompt, subject, target, answer } of skipped.slice(0, SKIPPED))
    out.line(out.style.dim(`  ${safe(prompt.replace('{}', () => subject))}: ${quoted(answer)}, not ${quoted(target)}`));
  if (skipped.length > SKIPPED) out.line(out.style.dim(`  and ${skipped.length - SKIPPED} more`));
  if (!high || !low) return;
  out.line(
    `Probability of the answer ${percent(high.mean)}; with the subject as noise ${percent(low.mean)} (mean of ${settings.samples} ` +
      `runs each). Noise: ${settings.level} × ${deviation.value.toPrecision(3)}, the deviation of the embeddings of ` +
      `${subjectsSaid(deviation.subjects)}; seed ${settings.seed}.`,
  );
  for (const kind of TRACE_KINDS) {
    const groups = effects[kind];
    if (!groups) continue;
    out.heading(traceKinds[kind].title(settings.window));
    const layers = Math.max(...TOKEN_GROUPS.map(({ key }) => groups[key].layers.length));
    out.table(
      [
        ['', 'facts', ...Array.from({ length: layers }, (_, layer) => String(layer))],
        ...TOKEN_GROUPS.map(({ key, label }) => [label, String(groups[key].facts), ...groups[key].layers.map(effect)]),
      ],
      { heading: true, right: Array.from({ length: layers + 1 }, (_, at) => at + 1) },
    );
  }
  out.line();
  out.line(
    out.style.dim(
      'Points of probability that putting the state back adds, averaged over the facts, ± half of the 95 % interval; columns are layers.',
    ),
  );
}

function effect({ mean, interval }: Average): string {
  return `${points(mean)}${interval === undefined ? '' : ` ±${points(interval)}`}`;
}
