import type { Layers } from '../../../shared/contract/beforehand.ts';
import { percent, points } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted } from '../format/text.ts';

/** What a trace and trial edits say of each layer, and where they agree. */
export function showLayers(out: Printer, found: Layers): void {
  const { answer, high, low, settings, tells, steps, layers, agreeing, suggested } = found;
  out.line(
    `${quoted(answer.text)} ${percent(high)}; with noise of ${Number(settings.level.toPrecision(3))} standard deviations on the subject ` +
      `${percent(low)} (mean of ${settings.samples} runs).`,
  );
  out.line();
  out.table(
    [
      ['layer', 'trace', 'new answer', 'drift', 'trial', ''],
      ...layers.map(({ effect, trial, refusal }, layer) => [
        String(layer),
        points(effect),
        ...(trial ? [percent(trial.efficacy), trial.drift.toFixed(3), trial.score.toFixed(2)] : ['–', '–', '–']),
        agreeing.includes(layer) ? out.style.good('both') : (refusal ?? ''),
      ]),
    ],
    { heading: true, right: [0, 1, 2, 3, 4] },
  );
  out.line();
  out.line(
    agreeing.length > 0
      ? `Trace and trial agree on ${agreeing.length === 1 ? 'layer' : 'layers'} ${agreeing.join(', ')}: --layers ${suggested.join(',')}`
      : tells
        ? 'Trace and trial agree on no layer. Trust the trials, and check the edit.'
        : 'Restoring MLPs brings nothing back here, so the trace tells no layer from another. Trust the trials, and check the edit.',
  );
  out.line();
  const notes = [
    `Trace: points of probability that the MLPs of ${settings.window} layers around bring the old answer back by, restored at the ` +
      'subject’s last token.',
    `Trial: an edit in this layer alone, ${steps} steps: the new answer behind contexts that it did not see, the drift of prompts that ` +
      'should stay (nats), and both in one figure, of which 1 is perfect.',
    'Tracing alone does not predict the best layer to edit (Hase et al. 2023, arXiv 2301.04213).',
  ];
  for (const note of notes) out.line(out.style.dim(note));
}
