import type { Trace } from '../../../shared/contract/locating.ts';
import { withSlot } from '../../../shared/fact.ts';
import { subjectsSaid, TRACE_KINDS, traceKinds } from '../../../shared/tracing.ts';
import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { percent } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted, safe } from '../format/text.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { choices, demanded, integer, number, orElse, text } from '../options.ts';
import { showGrid, versionLine } from '../show/grid.ts';

export const trace = defineCommand({
  name: 'trace',
  summary: 'Causal tracing: which states of the model bring an answer back once its subject is noise',
  about:
    'The subject’s embeddings are drowned in noise, and single states of the undisturbed run are put back: hidden states one by one, ' +
    'outputs of MLPs and of attention in a window of layers. What is shown is the indirect effect, in points of probability.',
  positionals: [MODEL, { name: 'prompt', help: 'The text before the answer, with {} or the subject itself in it' }],
  options: {
    subject: text('TEXT', 'What the prompt is about'),
    answer: text('TEXT', "The answer to follow (default: the model's own)"),
    ...WHICH,
    ...RECORD,
    kinds: choices(TRACE_KINDS, 'What is put back'),
    window: integer('N', 'Layers whose outputs are put back together (default: 10 of 48, scaled to the model)', { min: 1, max: 1000 }),
    level: orElse(number('X', 'Noise in standard deviations of the embeddings of subjects', { min: 0.001, max: 100 }), 3),
    samples: orElse(integer('N', 'Noisy runs', { min: 1, max: 100 }), 10),
    seed: orElse(integer('N', 'Start of the random numbers', { min: 0, max: 2 ** 32 - 1 }), 1),
  },
  examples: [
    ['emend trace atlas "{} is in the city of" --subject "Eiffel Tower"', 'All three kinds'],
    ['emend trace atlas "The capital of France is" --subject France --kinds mlp --window 3', 'MLPs alone, three layers at a time'],
    ['emend trace atlas "{} is in" --subject Louvre --record "Where entry 3 wrote it" --attach 3', 'Kept in the record, with entry 3'],
  ],
  async run(values, [name, prompt], context) {
    const subject = demanded(values.subject, 'trace', '--subject', 'Say what the prompt is about: --subject "Eiffel Tower"');
    const { kinds, window, level, samples, seed, answer } = values;
    const { app, model, version, recorded } = await versionNamed(context, name!, values);
    const found = await app.run(
      'locating.trace',
      {
        model: model.id,
        version,
        prompt: withSlot(prompt!, subject),
        subject,
        level,
        samples,
        seed,
        ...(answer === undefined ? {} : { answer }),
        ...(window === undefined ? {} : { window }),
        ...(kinds === undefined ? {} : { kinds: [...kinds] }),
      },
      context.follow,
    );
    showTrace(context.out, found);
    versionLine(context.out, model.name, recorded ? short(found.version) : undefined);
    return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
  },
});

function showTrace(out: Printer, { answer, high, low, settings, deviation, tokens, scores, prompt }: Trace): void {
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
  out.line();
  out.line(out.style.dim('Points of probability that putting the state back adds; columns are layers, * marks the subject.'));
}

/** A share as points, without a minus in front of nothing. */
function points(share: number): string {
  const text = (100 * share).toFixed(1);
  return text === '-0.0' ? '0.0' : text;
}
