import type { Trace } from '../../../shared/contract/locating.ts';
import { subjectsSaid, traceKinds } from '../../../shared/tracing.ts';
import { percent, points } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted, safe } from '../format/text.ts';
import { showGrid } from './grid.ts';

/** A causal trace: the indirect effects of each kind, token by layer. */
export function showTrace(out: Printer, { answer, high, low, settings, deviation, tokens, scores, prompt, severed }: Trace): void {
  out.line(out.style.dim(safe(prompt)));
  out.line(
    `${quoted(answer.text)} ${percent(high)}; with the subject as noise ${percent(low)} (mean of ${settings.samples} runs). ` +
      `Noise: ${settings.level} × ${deviation.value.toPrecision(3)}, the deviation of the embeddings of ` +
      `${subjectsSaid(deviation.subjects)}; seed ${settings.seed}.`,
  );
  for (const kind of settings.kinds) {
    const grid = scores[kind];
    if (!grid) continue;
    out.heading(traceKinds[kind].title(settings.window));
    const columns = grid[0]!.map((_, layer) => String(layer));
    showGrid(
      out,
      tokens,
      columns,
      grid.map((row) => row.map((score) => points(score - low))),
    );
  }
  if (severed) showSevered(out, severed, low, tokens[severed.token]!.text);
  out.line();
  out.line(out.style.dim('Points of probability that putting the state back adds; columns are layers, * marks the subject.'));
}

function showSevered(out: Printer, { how, ordinary, mlp, attention }: NonNullable<Trace['severed']>, low: number, token: string): void {
  const noise = how === 'meant' ? 'the same noise in both runs' : 'noise drawn anew for the second run, as the published code does';
  out.heading(`The hidden state restored at ${quoted(token)}, severed from what lies above (${noise})`);
  const line = (name: string, values: readonly number[]) => [name, ...values.map((score) => points(score - low))];
  out.table(
    [
      ['', ...ordinary.map((_, layer) => String(layer))],
      line('not severed', ordinary),
      line('MLPs severed', mlp),
      line('attention severed', attention),
    ],
    { heading: true, right: ordinary.map((_, at) => at + 1) },
  );
}
