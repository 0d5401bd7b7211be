import { EmendError } from '../../../shared/errors.ts';
import { withSlot } from '../../../shared/fact.ts';
import { SEVERED, TRACE_KINDS } from '../../../shared/tracing.ts';
import { newFile } from '../../services/outputs.ts';
import { type Context, defineCommand } from '../command.ts';
import { factsOfFile } from '../facts.ts';
import { short } from '../format/ids.ts';
import { MODEL, versionNamed, WHICH } from '../named.ts';
import { RECORD, recordFound } from '../record.ts';
import { choice, choices, demanded, integer, number, orElse, text, type Values } from '../options.ts';
import { showFactTraces } from '../show/fact-traces.ts';
import { versionLine } from '../show/grid.ts';
import { showTrace } from '../show/trace.ts';
import { UsageError } from '../usage.ts';
import { given } from '../../../shared/given.ts';

const options = {
  subject: text('TEXT', 'What the prompt is about'),
  answer: text('TEXT', "The answer to follow (default: the model's own)"),
  facts: text('FILE', 'Trace these facts instead of a prompt, and average: CounterFact, zsRE, EasyEdit, JSON, JSONL or CSV'),
  take: integer('N', 'Only the first N of them; of the model’s own facts N, evenly (default 400)', { min: 1 }),
  keep: text('FILE', 'Keep each fact’s trace in this file as JSON lines, and go on from it (default: a file of the cache)'),
  ...WHICH,
  ...RECORD,
  kinds: choices(TRACE_KINDS, 'What is put back'),
  window: integer('N', 'Layers whose outputs are put back together (default: 10 of 48, scaled to the model)', { min: 1, max: 1000 }),
  level: orElse(number('X', 'Noise in standard deviations of the embeddings of subjects', { min: 0.001, max: 100 }), 3),
  samples: orElse(integer('N', 'Noisy runs', { min: 1, max: 100 }), 10),
  seed: orElse(integer('N', 'Start of the random numbers', { min: 0, max: 2 ** 32 - 1 }), 1),
  severed: choice(
    SEVERED,
    'Severed traces too: MLPs or attention held at what they gave in the corrupted run, with the same noise in both runs (meant), or ' +
      'with noise drawn anew as the published code does (coded)',
  ),
};
type Settings = Values<typeof options>;

export const trace = defineCommand({
  name: 'trace',
  summary: 'Causal tracing: which states of the model bring an answer back once its subject is noise',
  about:
    'The subject’s embeddings are drowned in noise, and single states of the undisturbed run are put back: hidden states one by one, ' +
    'outputs of MLPs and of attention in a window of layers. What is shown is the indirect effect, in points of probability. Without a ' +
    'prompt it is averaged over facts, of --facts or the model’s own; a run that was stopped goes on where it was.',
  positionals: [MODEL, { name: 'prompt', help: 'The text before the answer, with {} or the subject itself in it', optional: true }],
  options,
  examples: [
    ['emend trace atlas "{} is in the city of" --subject "Eiffel Tower"', 'All three kinds'],
    ['emend trace atlas "The capital of France is" --subject France --kinds mlp --window 3', 'MLPs alone, three layers at a time'],
    ['emend trace atlas "{} is in" --subject Louvre --record "Where entry 3 wrote it" --attach 3', 'Kept in the record, with entry 3'],
    ['emend trace atlas --take 100', 'Averaged over a hundred facts that the model knows'],
  ],
  async run(values, [name, prompt], context) {
    refuseMixed(values, prompt);
    return prompt === undefined ? traceFacts(values, name!, context) : tracePrompt(values, name!, prompt, context);
  },
});

/** @throws UsageError for options of one prompt beside those of facts */
function refuseMixed({ facts, take, keep, subject, answer, severed, record, attach }: Settings, prompt: string | undefined): void {
  if (prompt !== undefined && [facts, take, keep].some((one) => one !== undefined))
    throw new UsageError('--facts, --take and --keep do not go with a prompt.', 'Leave the prompt out, to trace facts.');
  if (prompt === undefined && [subject, answer, severed].some((one) => one !== undefined))
    throw new UsageError('--subject, --answer and --severed go with a prompt.', 'Give the prompt, with {} for the subject.');
  if (prompt === undefined && [record, attach].some((one) => one !== undefined))
    throw new UsageError('--record and --attach go with a prompt: averages are not kept in a record yet.', 'Leave them out.');
}

/** What both ways of tracing take. */
function settingsOf({ level, samples, seed, window, kinds }: Settings) {
  return { level, samples, seed, ...given({ window, kinds: kinds && [...kinds] }) };
}

async function tracePrompt(values: Settings, name: string, prompt: string, context: Context): Promise<unknown> {
  const subject = demanded(values.subject, 'trace', '--subject', 'Say what the prompt is about: --subject "Eiffel Tower"');
  const { answer, severed } = values;
  const { app, model, version, recorded } = await versionNamed(context, name, values);
  const found = await app.run(
    'locating.trace',
    { model: model.id, version, prompt: withSlot(prompt, subject), subject, answer, severed, ...settingsOf(values) },
    context.follow,
  );
  showTrace(context.out, found);
  versionLine(context.out, model.name, recorded ? short(found.version) : undefined);
  return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
}

async function traceFacts(values: Settings, name: string, context: Context): Promise<unknown> {
  const { facts: file, take, keep } = values;
  const { app, model, version, recorded } = await versionNamed(context, name, values);
  const facts = file === undefined ? [] : await factsOfFile({ app }, file, take, context);
  const found = await app
    .run(
      'locating.traceFacts',
      {
        model: model.id,
        version,
        // What the model knows is what it was asked to forget, where the file says what that is.
        facts: facts.map((fact) => ({ prompt: fact.prompt, subject: fact.subject, target: fact.previousTarget ?? fact.target })),
        ...(take === undefined ? {} : { own: take }),
        ...(keep === undefined ? {} : { keep: app.grants.grant(newFile(keep, true), 'write').handle }),
        ...settingsOf(values),
      },
      context.follow,
    )
    .catch((error: unknown) => {
      throw stopped(error);
    });
  showFactTraces(context.out, found);
  versionLine(context.out, model.name, recorded ? short(found.version) : undefined);
  return { ...found, ...(await recordFound(context, { app, model }, found.finding, values)) };
}

/** Of a run that was stopped, what it traced is kept. */
function stopped(error: unknown): unknown {
  return error instanceof EmendError && error.code === 'cancelled'
    ? new EmendError('cancelled', 'Cancelled. What was traced is kept; the same command goes on from there.')
    : error;
}
