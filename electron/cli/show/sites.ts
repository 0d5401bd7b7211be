import type { Ablation, Patch } from '../../../shared/contract/patching.ts';
import { PATCH_KINDS, patchKinds, restored } from '../../../shared/tracing.ts';
import { counted } from '../format/ids.ts';
import { percent, points } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted, safe } from '../format/text.ts';
import { showSites } from './grid.ts';

/** How much of the way to the clean answer each state restores. */
export function showPatch(out: Printer, { clean, counterfactual, answers, alignment, grids }: Patch): void {
  const [own, other] = answers.map(({ text: word }) => quoted(word)) as [string, string];
  for (const { prompt, outcome } of [clean, counterfactual])
    out.line(
      `${out.style.dim(safe(prompt))}  ${own} ${percent(outcome.probabilities[0]!)}, ${other} ${percent(outcome.probabilities[1]!)}`,
    );
  if (alignment === 'from the end') out.line(out.style.dim('The prompts differ in length; tokens are aligned from the end.'));
  for (const kind of PATCH_KINDS) {
    const grid = grids[kind];
    if (!grid) continue;
    out.heading(patchKinds[kind].title);
    const cells = grid.map((row) =>
      row.map((cell) => {
        const share = cell && restored(cell, clean.outcome, counterfactual.outcome);
        return share === null || share === undefined ? '–' : points(share, 0);
      }),
    );
    showSites(out, kind, counterfactual.tokens, cells);
  }
  out.line();
  out.line(out.style.dim(`How much of the way to ${own} is restored, in %; columns are layers.`));
}

/** What an answer gains or loses without each site. */
export function showAblation(out: Printer, { prompt, tokens, outcome, answers, how, texts: averaged, grids }: Ablation): void {
  const put = how === 'zero' ? 'zero' : `its average over ${counted(averaged, 'text')}`;
  out.line(out.style.dim(safe(prompt)));
  for (const [at, { text: word }] of answers.entries()) {
    const own = outcome.probabilities[at]!;
    out.line(`${quoted(word)} ${percent(own)}`);
    for (const kind of PATCH_KINDS) {
      const grid = grids[kind];
      if (!grid) continue;
      out.heading(`${patchKinds[kind].title}: ${put} in its place`);
      const cells = grid.map((row) => row.map((cell) => (cell ? points(cell.probabilities[at]! - own) : '–')));
      showSites(out, kind, tokens, cells);
    }
    out.line();
  }
  out.line(out.style.dim('Points of probability that the answer gains or loses; columns are layers.'));
}
