import type { Params } from '../../../shared/contract.ts';
import type { SteeringData } from '../../../shared/steering/data.ts';
import { STEERING_METHODS } from '../../../shared/steering/list.ts';
import { EmendError } from '../../../shared/errors.ts';
import { newFile } from '../../services/outputs.ts';
import type { Application } from '../../services/application.ts';
import type { Context } from '../command.ts';
import { short, shortDraft } from '../format/ids.ts';
import { quoted } from '../format/text.ts';
import { inSession, namedModel, type Working } from '../named.ts';
import { demanded } from '../options.ts';
import { exportDocument, showExport } from '../show/export.ts';
import { UsageError } from '../usage.ts';
import { fittedFor } from './draft.ts';
import { steeringChoices, type SteerValues } from './options.ts';
import { showCheck, showFitted, showSweep } from './show.ts';

type Act = (values: SteerValues, model: string, wanted: string | undefined, context: Context) => Promise<unknown>;

/** Fits a steering and keeps it: as a draft of a model of the library, in a file, or only shown. */
const fit: Act = async (values, name, _, context) => {
  const method = demanded(values.method, 'steer fit', '--method', 'Say how: --method iti.');
  const save = values.save === undefined ? undefined : newFile(values.save, values.force);
  const named = await namedModel(context, name, { readOnly: save !== undefined });
  const working = named.library && save === undefined ? named.library : await inSession(context, named);
  const { app, model } = working;
  const data = await dataFor(app, model.id, values);
  const { draft } = await app.run(
    'steering.fit',
    {
      model: model.id,
      method,
      choices: steeringChoices(values),
      ...data,
      ...(values.heldOut === undefined ? {} : { heldOut: values.heldOut }),
    },
    context.follow,
  );
  const report = await app.call('steering.report', { model: model.id, draft });
  const { caution } = STEERING_METHODS[method];
  showFitted(context.out, report);
  if (caution !== undefined) context.out.line(`Beware: ${caution}`);
  const check = values.check ? await checked(working, draft, values, context) : undefined;
  context.out.line();
  if (save !== undefined) {
    const format = /\.gguf$/i.test(save) ? 'gguf' : 'safetensors';
    await app.call('steering.save', { model: model.id, draft, destination: app.grants.grant(save, 'write').handle, format });
    context.out.line(`Saved in ${save}`);
  } else if (named.library) {
    context.out.line('Nothing is recorded yet. To put it in force:');
    context.out.line(`  emend steer apply ${name} ${shortDraft(draft)} --reason "…"`);
  } else context.out.line('Nothing was saved: add --save FILE to keep this steering.');
  return { draft, report, ...(check ? { check } : {}) };
};

/** Asks off, on and with random vectors; or records it. */
const apply: Act = async (values, name, wanted, context) => {
  const { app, model, draft, recorded } = await fittedFor(context, name, wanted, values);
  if (values.reason !== undefined) {
    if (!recorded) throw new UsageError('--reason records, and this is no model of the library.', 'Import the model first: emend import.');
    const done = await app.run(
      'steering.commit',
      { model: model.id, draft, reason: values.reason, ...(values.tag === undefined ? {} : { tag: values.tag }) },
      context.follow,
    );
    context.out.line(`Recorded as entry ${done.entry}: version ${short(done.version)} is steered.`);
    return done;
  }
  const prompts = demanded(
    values.prompt.length > 0 ? values.prompt : undefined,
    'steer apply',
    '--prompt',
    'Ask something, or record it with --reason.',
  );
  const answers = [];
  for (const prompt of prompts) {
    const maxTokens = values.maxTokens ?? 30;
    const off = await app.run('probing.ask', { model: model.id, prompt, top: 3, maxTokens }, context.follow);
    const how = { model: model.id, draft, prompt, top: 3, maxTokens, ...(values.scale === undefined ? {} : { scale: values.scale }) };
    const on = await app.run('steering.ask', how, context.follow);
    const random = await app.run('steering.ask', { ...how, random: 1 }, context.follow);
    context.out.heading(prompt);
    context.out.table([
      ['off', off.text.replaceAll('\n', ' ')],
      ['on', on.text.replaceAll('\n', ' ')],
      ['random', random.text.replaceAll('\n', ' ')],
      [
        'touched',
        on.touched
          .map(({ text, isTouched }) => (isTouched ? `[${text}]` : text))
          .join('')
          .replaceAll('\n', ' '),
      ],
    ]);
    answers.push({ prompt, off, on, random });
  }
  return { answers };
};

/** Drafts, and steerings in force. */
const list: Act = async (_, name, __, context) => {
  const named = await namedModel(context, name, { readOnly: true });
  const { app, model } = named.library ?? (await inSession(context, named));
  const { methods, sets } = await app.call('steering.methods', { model: model.id });
  const { drafts } = await app.call('steering.drafts', { model: model.id });
  const { out } = context;
  out.heading('Methods');
  out.table(methods.map((method) => [method.name, method.summary, method.caution ?? '']));
  if (sets.length > 0) {
    out.heading('Built-in sets');
    out.table(sets.map((set) => [set.name, set.help, set.found]));
  }
  out.heading(drafts.length === 0 ? 'No draft' : 'Drafts');
  if (drafts.length > 0) out.table(drafts.map(({ id, title, stale }) => [shortDraft(id), title, stale ? 'of an earlier version' : '']));
  return { methods: methods.map((method) => method.name), sets: sets.map((set) => set.name), drafts };
};

/** Effect against cost over layers and strengths. */
const sweep: Act = async (values, name, wanted, context) => {
  const fitted = await fittedFor(context, name, wanted, values);
  const found = await fitted.app.run(
    'steering.sweep',
    {
      model: fitted.model.id,
      draft: fitted.draft,
      ...(await materialFor(fitted.app, fitted.model.id, values)),
      eachLayer: !values.together,
      ...(values.scales === undefined ? {} : { scales: [...values.scales] }),
      ...(values.limit === undefined ? {} : { limit: values.limit }),
    },
    context.follow,
  );
  showSweep(context.out, found);
  return found;
};

/** Says how a steering goes into an exported model, and writes that where a folder is named. */
const bake: Act = async (values, name, wanted, context) => {
  const named = await namedModel(context, name, { readOnly: values.to === undefined || values.from !== undefined });
  const isVersion = named.library !== undefined && values.from === undefined && wanted === undefined;
  const { app, model, draft } = isVersion ? { ...named.library!, draft: undefined } : await fittedFor(context, name, wanted, values);
  const version = values.at ?? 'current';
  const plan = await app.run('steering.plan', { model: model.id, ...(draft === undefined ? { version } : { draft }) }, context.follow);
  context.out.table(
    [
      ['place', 'into', ''],
      ...plan.changes.map(({ place, way, said }) => [place, way === 'impossible' ? 'not possible' : `the ${way}`, said]),
    ],
    { heading: true },
  );
  if (values.to === undefined) return plan;
  if (draft !== undefined && values.from === undefined)
    throw new UsageError('A draft is exported once it is recorded.', 'Record it with emend steer apply --reason, or use --from FILE.');
  const exported = await app.run(
    'exports.start',
    {
      model: model.id,
      version: draft ?? version,
      destination: app.grants.grant(values.to, 'write').handle,
      despite: [...(values.despite ?? [])],
    },
    context.follow,
  );
  showExport(context.out, exported);
  const { steering } = exported;
  if (steering)
    context.out.line(
      `Loaded from its files and asked ${steering.prompts} prompts: no logit is further than ${steering.largest.toExponential(1)} ` +
        'from the model that is steered while it runs.',
    );
  return { ...plan, export: exportDocument(exported), ...(steering ? { proof: steering } : {}) };
};

/** A text along the fitted directions. */
const read: Act = async (values, name, wanted, context) => {
  const text = demanded(values.text, 'steer read', '--text', 'Give the text: --text "…".');
  const { out } = context;
  const of = async () => {
    if (values.entry === undefined) return fittedFor(context, name, wanted, values);
    const named = await namedModel(context, name, { readOnly: true });
    if (!named.library) throw new EmendError('bad-input', `${name} has no record.`, 'Name a steering file with --from FILE.');
    return { ...named.library, entry: values.entry };
  };
  const { app, model, ...which } = await of();
  const asked = 'entry' in which ? { entry: which.entry } : { draft: which.draft };
  const found = await app.run('steering.read', { model: model.id, ...asked, text }, context.follow);
  out.table(
    [
      ['token', ...found.readers.map(({ hidden }) => `state ${hidden}`)],
      ...found.tokens.map((token, at) => [
        quoted(token.text),
        ...found.readers.map(({ scores, threshold }) => `${scores[at]!.toFixed(2)}${scores[at]! > threshold ? ' +' : ''}`),
      ]),
    ],
    { heading: true, right: found.readers.map((_, at) => at + 1) },
  );
  for (const { hidden, threshold, heldOut } of found.readers)
    out.line(
      `State ${hidden}: above ${threshold.toFixed(2)} (+) it counts as of the first kind` +
        (heldOut
          ? `; of ${heldOut.groups} pairs held out ${(100 * (heldOut.pairs ?? 0)).toFixed(0)} % were in order, and ` +
            `${(100 * heldOut.texts).toFixed(0)} % of their texts told rightly.`
          : '; no pair was held out to judge it.'),
    );
  return found;
};

export const ACTS = { fit, apply, list, sweep, bake, read } as const satisfies Readonly<Record<string, Act>>;

async function checked({ app, model }: Working, draft: string, values: SteerValues, context: Context) {
  const found = await app.run(
    'steering.check',
    {
      model: model.id,
      draft,
      ...(await materialFor(app, model.id, values)),
      ...(values.draws === undefined ? {} : { draws: values.draws }),
      ...(values.prefix === undefined ? {} : { prefix: values.prefix }),
    },
    context.follow,
  );
  showCheck(context.out, found);
  return found;
}

/** What a steering is fitted on: a file, a built-in set, or one pair. */
async function dataFor(app: Application, model: string, values: SteerValues): Promise<SteeringData> {
  const { data, set, plus, minus } = values;
  const pair = plus !== undefined || minus !== undefined;
  if ([data !== undefined, set !== undefined, pair].filter(Boolean).length > 1)
    throw new UsageError('--data, --set and --plus with --minus do not go together.', 'Give one of them.');
  if (data !== undefined) return readData(app, data);
  if (set !== undefined) return app.call('steering.set', { model, set });
  if (!pair) return { source: 'no data', examples: [], questions: [] };
  const texts = [plus ?? ' ', minus ?? ' '];
  return {
    source: `${quoted(texts[0]!)} − ${quoted(texts[1]!)}`,
    examples: texts.map((text, at) => ({ text, label: at === 0, group: 0 })),
    questions: [],
  };
}

async function readData(app: Application, file: string): Promise<SteeringData> {
  return (await app.call('steering.readData', { source: app.grants.grant(file).handle })).data;
}

async function materialFor(app: Application, model: string, values: SteerValues): Promise<Partial<Params<'steering.sweep'>>> {
  const { questions, answers, texts, write, words, maxTokens, set } = values;
  const asked =
    questions !== undefined
      ? await readData(app, questions)
      : set === undefined
        ? undefined
        : await app.call('steering.set', { model, set });
  return {
    ...(asked ? { questions: asked.questions } : {}),
    ...(answers === undefined ? {} : { answers }),
    ...(texts === undefined ? {} : { texts }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    prompts: [...write],
    words: [...words],
  };
}
