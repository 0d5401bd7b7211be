import type { JobControl } from './job-list.ts';
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EmendError } from '../../shared/errors.ts';
import { STEERING_METHODS, STEERING_NAMES } from '../../shared/steering/list.ts';
import { partsSaid } from '../../shared/steering/said.ts';
import { touches } from '../../shared/steering/positions.ts';
import { SET_NAMES, STEERING_SETS } from '../../shared/steering/sets.ts';
import { readSteering, readSteeringData, writeSteeringAs } from '../engine/records.ts';
import type { Jobs, ModelRef, SteeringMaterial } from '../engine/jobs.ts';
import { writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { driftTexts } from './drift.ts';
import { readKeptData, readSteeringReport } from './library-steerings.ts';
import type { Model } from './model.ts';
import { newFile } from './outputs.ts';
import { asPlain } from './plain.ts';
import { steeringSet } from './steering-sets.ts';
import type { KeptSteering } from './steering-shelf.ts';
import { checkView, commitSteering, fitDraft } from './steering-work.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { readWholeText } from './whole-text.ts';
import type { Parsed } from '../../shared/contract.ts';

type Part = Pick<Services, Extract<keyof Services, `steering.${string}`>>;

/** Fitting, measuring, reading by and recording steerings. */
export function steeringService(parts: Surroundings): Part {
  const { models, engine, jobs, grants, preferences, tell } = parts;
  const draftOf = async (name: string, id: string) => {
    const model = await models.find(name);
    return { model, draft: await model.steerings.find(id) };
  };
  return {
    'steering.methods': async ({ model: name }) => {
      const model = await models.find(name);
      const ref = { folder: model.files };
      const derived = await Promise.all(STEERING_NAMES.map((method) => engine.run('steeringDefaults', { model: ref, method })));
      const sets = model.material
        ? SET_NAMES.map((set) => ({ name: set, ...STEERING_SETS[set], suits: [...STEERING_SETS[set].suits] }))
        : [];
      return { methods: STEERING_NAMES.map((method, at) => steeringMethodInfo(method, derived[at]!.settings)), sets };
    },
    'steering.readData': async ({ text, source }) => {
      if ((text === undefined) === (source === undefined))
        throw new EmendError('bad-input', 'Data come from a text or from a file; give one of them.', 'Paste the pairs, or choose a file.');
      const path = source === undefined ? undefined : grants.path(source);
      const content = text ?? (await readText(path!));
      const shown = path === undefined ? 'The text' : basename(path);
      const { format, examples, questions, problems } = readSteeringData(content, shown);
      const data = { source: `${shown} (${format})`, examples: [...examples], questions: [...questions] };
      return { format, data, warnings: problems.slice(0, 20) };
    },
    'steering.set': async ({ model: name, set, seed }) => {
      const { material, name: called } = await models.find(name);
      if (!material) throw new EmendError('unsupported', `No facts came with ${called} to make a set from.`, 'Give texts of your own.');
      return steeringSet(material.facts, set, seed);
    },
    'steering.fit': async ({ model: name, method, choices, examples, questions, source, heldOut, tuning }) => {
      const model = await models.find(name);
      model.mustWrite();
      const data = { source, examples, questions };
      return {
        job: jobs.start('steering.fit', `Fit ${STEERING_METHODS[method].title} on ${model.name}`, model.id, async (control) => {
          const draft = await fitDraft(parts, model, { method, choices, data, heldOut, tuning }, control);
          tell({ type: 'ledger', model: model.id });
          return { draft };
        }),
      };
    },
    'steering.import': async ({ model: name, source }) => {
      const model = await models.find(name);
      model.mustWrite();
      const path = grants.path(source);
      const draft = await keepFile(model, path, `imported from ${basename(path)}`, undefined);
      tell({ type: 'ledger', model: model.id });
      return { draft };
    },
    'steering.adjust': async ({ model: name, draft: id, scale, positions }) => {
      const { model, draft } = await draftOf(name, id);
      model.mustWrite();
      if (draft.candidate.delta !== undefined)
        throw new EmendError('unsupported', 'What is taken out of the weights has no strength to set.', 'Fit it at run time instead.');
      const changed = join(await model.scratch(), `draft-${randomUUID()}-steering.safetensors`);
      try {
        await writeSteeringAs(draft.candidate.steering.file, changed, { scale, positions });
        const made = await keepFile(
          model,
          changed,
          `${draft.made.title}; ${scale === 1 ? '' : `${scale} times as strong`}${positions ? ', at other tokens' : ''}`,
          draft,
        );
        tell({ type: 'ledger', model: model.id });
        return { draft: made };
      } finally {
        await rm(changed, { force: true }).catch(() => undefined);
      }
    },
    'steering.drafts': async ({ model: name }) => ({ drafts: await (await models.find(name)).steerings.list() }),
    'steering.report': async ({ model: name, draft, entry }) => {
      const made = draft !== undefined ? (await draftOf(name, draft)).draft.made : await entryReport(name, entry);
      const { title, outcome, check } = made;
      const counts = { source: made.data.source, examples: made.data.examples.length, questions: made.data.questions.length };
      return { title, outcome, data: counts, ...(check ? { check } : {}) };
    },
    'steering.check': async ({ model: name, draft: id, draws, prefix, ...asked }) => {
      const { model, draft } = await draftOf(name, id);
      return {
        job: jobs.start('steering.check', `Check steering of ${model.name}`, model.id, async (control) => {
          const material = await materialFor(model, draft, asked);
          const params = { model: await parentRef(model, draft), candidate: draft.candidate, material, draws, prefix };
          const found = checkView(await engine.run('steerCheck', params, control));
          control.check();
          await model.steerings.measured(draft.id, found);
          tell({ type: 'ledger', model: model.id });
          return found;
        }),
      };
    },
    'steering.sweep': async ({ model: name, draft: id, eachLayer, scales, limit, ...asked }) => {
      const { model, draft } = await draftOf(name, id);
      return {
        job: jobs.start('steering.sweep', `Sweep steering of ${model.name}`, model.id, async (control) => {
          const material = await materialFor(model, draft, asked);
          const { steering } = draft.candidate;
          const plan = { eachLayer, scales, limit };
          return asPlain(await engine.run('steerSweep', { model: await parentRef(model, draft), steering, material, plan }, control));
        }),
      };
    },
    'steering.ask': async ({ model: name, draft: id, prompt, top, maxTokens, sampling, scale, random }) => {
      const { model, draft } = await draftOf(name, id);
      if (draft.candidate.delta !== undefined && (scale !== 1 || random !== undefined))
        throw new EmendError(
          'unsupported',
          'This direction is taken out of the weights: it has no strength, and no random one is taken out in its place.',
          'Ask without a strength, or fit the ablation while it runs.',
        );
      return {
        job: jobs.start('steering.ask', `Ask ${model.name}, steered`, model.id, async (control) => {
          const { candidate, parent } = draft;
          const ref = await parentRef(model, draft);
          const steering = [...(ref.steering ?? []), { ...candidate.steering, scale, ...(random === undefined ? {} : { random }) }];
          const asked: ModelRef = candidate.delta === undefined ? { ...ref, steering } : { ...ref, delta: candidate.delta };
          const answer = await engine.run('ask', { model: asked, prompt, top, maxTokens, sampling }, control);
          const { tokens } = await engine.run('tokens', { model: { folder: model.files }, text: prompt });
          const boundary = { prompt: tokens.length, answer: tokens.length };
          const rules = readSteering(candidate.steering.file).intervention.parts.map(({ positions }) => positions);
          const texts = [...tokens.map(({ text }) => text), ...answer.pieces.map(({ text }) => text)];
          // The last token that was asked for is not read any more, so nothing touches it.
          const read = answer.pieces.length === maxTokens && maxTokens > 0 ? texts.length - 1 : texts.length;
          const touched = texts.map((text, at) => ({ text, isTouched: at < read && rules.some((rule) => touches(rule, at, boundary)) }));
          return { prompt, version: parent, next: [...answer.next], text: answer.text, pieces: [...answer.pieces], touched };
        }),
      };
    },
    'steering.read': async ({ model: name, draft, entry, version, text }) => {
      const model = await models.find(name);
      const { file, ref } = await fileOf(name, draft, entry);
      const on = (control: JobControl) => (version === undefined ? ref() : model.at(version).ref(control));
      return {
        job: jobs.start('steering.read', `Read a text on ${model.name}`, model.id, async (control) =>
          asPlain(await engine.run('steerRead', { model: await on(control), file, text }, control)),
        ),
      };
    },
    'steering.plan': async ({ model: name, draft: id, version }) => {
      const model = await models.find(name);
      const draft = id === undefined ? undefined : await model.steerings.find(id);
      return {
        job: jobs.start('steering.plan', `Plan the export of ${model.name}`, model.id, async (control) => {
          const ref = draft ? await parentRef(model, draft) : await model.at(version).ref(control);
          const steering = [...(ref.steering ?? []), ...(draft ? [draft.candidate.steering] : [])];
          return asPlain(await engine.run('steerPlan', { model: { ...ref, steering } }, control));
        }),
      };
    },
    'steering.save': async ({ model: name, draft, entry, destination, format }) => {
      const model = await models.find(name);
      const { file } = await fileOf(name, draft, entry);
      const path = newFile(grants.target(destination), true);
      if (format === 'gguf') await engine.run('steerControlVector', { model: { folder: model.files, steering: [{ file }] }, save: path });
      else await writeDurably(explained(disk), path, await readFile(file));
      return { path };
    },
    'steering.discard': async ({ model: name, draft }) => {
      const model = await models.find(name);
      model.mustWrite();
      await model.steerings.discard(draft);
      tell({ type: 'ledger', model: model.id });
      return {};
    },
    'steering.commit': async ({ model: name, draft, reason, tag }) => {
      const model = await models.recorded(name);
      const { id } = await model.steerings.draft(draft);
      const by = preferences.by(reason);
      if (by.reason === '')
        throw new EmendError('bad-input', 'A steering needs a reason.', 'Say why in a sentence; it is what the log shows.', {
          field: 'reason',
        });
      return {
        job: jobs.start('steering.commit', `Record steering of ${model.name}`, model.id, (control) =>
          model.exclusively(async () => {
            const entry = await commitSteering(parts, model, id, by, tag?.trim() ?? '', control);
            tell({ type: 'ledger', model: model.id });
            tell({ type: 'library' });
            return { entry: entry.seq, version: entry.body.version };
          }),
        ),
      };
    },
  };

  /** A version as it was when a draft was fitted. */
  function parentRef(model: Model, draft: KeptSteering): Promise<ModelRef> {
    return model.at(draft.parent).ref();
  }

  async function fileOf(name: string, draft: string | undefined, entry: number | undefined) {
    if (draft !== undefined) {
      const found = await draftOf(name, draft);
      return { file: found.draft.candidate.steering.file, ref: () => parentRef(found.model, found.draft) };
    }
    const { model, body } = await steerEntry(name, entry);
    const ref = body.steering ?? body.evidence['direction']!;
    return { file: model.ledger.blobs.path(ref.blob), ref: () => model.at(body.parent).ref() };
  }

  async function entryReport(name: string, entry: number | undefined) {
    const { model, body } = await steerEntry(name, entry);
    const report = await readSteeringReport(model.ledger, body.evidence['report']);
    return { ...report, data: await readKeptData(model.ledger, body.data) };
  }

  async function steerEntry(name: string, seq: number | undefined) {
    if (seq === undefined) throw new EmendError('bad-input', 'A steering is a draft or an entry; neither was named.', 'Name one of them.');
    const model = await models.recorded(name);
    const entry = model.ledger.entry(seq);
    if (entry.kind !== 'steer')
      throw new EmendError('bad-input', `Entry ${seq} is of kind ${entry.kind}, not a steering.`, 'Choose a steering.');
    return { model, body: entry.body };
  }

  /** Keeps a steering file as a draft. @param of the draft that it was made from */
  async function keepFile(model: Model, path: string, title: string, of: KeptSteering | undefined): Promise<string> {
    const { about, intervention } = readSteering(path);
    const version = of?.parent ?? model.at('current').id;
    const copy = join(await model.scratch(), `draft-${randomUUID()}-steering.safetensors`);
    const said = { groups: { train: 0, validation: 0, heldOut: 0 }, places: [], weights: [], warnings: [], seconds: 0 };
    const own = { method: about.method, settings: about.settings, model: about.model, readers: about.readers };
    const outcome = { ...(of?.made.outcome ?? said), ...own, parts: partsSaid(intervention) };
    try {
      await writeSteeringAs(path, copy, {});
      const data = of?.made.data ?? { source: title, examples: [], questions: [] };
      return await model.steerings.keep({ parent: version, made: { title, outcome, data }, files: { steering: copy } });
    } finally {
      await rm(copy, { force: true }).catch(() => undefined);
    }
  }

  async function materialFor(
    { material, name }: Model,
    { made }: KeptSteering,
    asked: Pick<Parsed<'steering.check'>, 'questions' | 'answers' | 'texts' | 'textFile' | 'prompts' | 'words' | 'maxTokens'>,
  ): Promise<SteeringMaterial> {
    const file = asked.textFile === undefined ? undefined : grants.path(asked.textFile);
    const { driftTexts: texts } =
      asked.texts === 0 ? { driftTexts: [] } : await driftTexts({ material, texts: file, edited: [], others: [] });
    const questions = asked.questions ?? made.data.questions;
    if (questions.length === 0 && asked.prompts.length === 0 && texts.length === 0)
      throw new EmendError(
        'bad-input',
        `There is nothing to measure ${name} on: no questions, no prompts to write on from, no ordinary text.`,
        'Give questions with right and wrong answers, or prompts with words to look for.',
      );
    const { answers, prompts, words, maxTokens } = asked;
    return { questions, answers, texts: texts.slice(0, asked.texts), prompts, words, maxTokens };
  }
}

function readText(path: string): Promise<string> {
  return readWholeText(path, 'The data', 'Choose the file again.');
}

/** A method for the form. @param derived what it would use, as the engine lists it */
function steeringMethodInfo(name: (typeof STEERING_NAMES)[number], derived: Jobs['steeringDefaults']['result']['settings']) {
  const { title, summary, choose, paper, data, settings, ...rest } = STEERING_METHODS[name];
  const of = (key: string) => derived.find((one) => one.key === key)!;
  return {
    name,
    title,
    summary: `${summary} (${paper.authors})`,
    choose,
    data,
    ...(rest.caution === undefined ? {} : { caution: rest.caution }),
    settings: settings.map(({ key, label, help, kind, choices, unit }) => ({
      key,
      label,
      help,
      kind,
      choices,
      unit,
      value: of(key).value,
      source: of(key).source,
    })),
  };
}
