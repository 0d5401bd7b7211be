import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import * as v from 'valibot';
import { LIST_LIMIT } from '../../shared/contract/define.ts';
import { HyperparameterFileSchema } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import { kindInfo } from '../../shared/kinds.ts';
import { sameText } from '../../shared/characters.ts';
import { askingProblems, characterProblems, factProblems, FactSchema, questionOf, type Fact, type FactProblem } from '../../shared/fact.ts';
import { METHOD_NAMES } from '../../shared/methods/list.ts';
import type { CheckRecord, CutFact } from '../engine/records.ts';
import { writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { mustReadUnlikeOthers } from './tags.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { methodInfo, settingsOf } from './edit-methods.ts';
import { commitDraft, workOut } from './edit-work.ts';
import { readFacts, readingRemarks, refuseLonger, refuseUnseen } from './facts.ts';
import { readReport } from './library-record.ts';
import type { Model } from './model.ts';
import { newFile } from './outputs.ts';
import { readTaught, suggestFor } from './suggest.ts';
import { given } from '../../shared/given.ts';
import { readWholeText } from './whole-text.ts';

type Part = Pick<
  Services,
  | 'edits.methods'
  | 'edits.readHyperparameters'
  | 'edits.settings'
  | 'edits.readFacts'
  | 'edits.validate'
  | 'edits.answers'
  | 'edits.suggest'
  | 'edits.start'
  | 'edits.drafts'
  | 'edits.report'
  | 'edits.draftForm'
  | 'edits.saveDelta'
  | 'edits.discard'
  | 'edits.commit'
  | 'edits.form'
  | 'edits.saveForm'
>;

/** How many records that are not right are told one by one. */
const PROBLEMS_SHOWN = 5;

/** Facts in, drafts and entries out. */
export function editService(parts: Surroundings): Part {
  const { models, engine, jobs, grants, preferences, tell } = parts;
  return {
    'edits.methods': async ({ model: name }) => {
      const model = await models.find(name);
      const ref = { folder: model.files };
      const derived = await Promise.all(METHOD_NAMES.map((method) => engine.run('settings', { model: ref, method, name: model.name })));
      return { methods: METHOD_NAMES.map((method, at) => methodInfo(method, derived[at]!.settings)) };
    },
    'edits.readHyperparameters': async ({ source }) => {
      const path = grants.path(source);
      const text = await readWholeText(path, 'The hyperparameter file', 'Choose it again.');
      const parsed = v.safeParse(HyperparameterFileSchema, { name: basename(path), text });
      if (parsed.success) return parsed.output;
      throw new EmendError(
        'bad-file',
        `${path} is no hyperparameter file: ${parsed.issues[0].message}, found ${text.length}.`,
        'Choose a file such as those in hparams/ of the published repositories, JSON or YAML.',
      );
    },
    'edits.settings': async ({ model: name, method, hyperparameterFile }) => {
      const model = await models.find(name);
      const asked = { model: { folder: model.files }, method, name: model.name };
      const { settings, unused } = await engine.run('settings', { ...asked, ...given({ hyperparameterFile }) });
      return { settings: settingsOf(method, settings), unused: [...unused] };
    },
    'edits.readFacts': async ({ text, source, take, columns }) => {
      if ((text === undefined) === (source === undefined))
        throw new EmendError('bad-input', 'Facts come from a text or from a file; give one of them.', 'Paste the facts, or choose a file.');
      const path = source === undefined ? undefined : grants.path(source);
      const read = await readFacts(engine, {
        from: path === undefined ? { text: text! } : { file: path },
        name: path === undefined ? 'The text' : basename(path),
        columns,
        takesWrong: true,
        mayLackHeader: true,
        extent: { records: LIST_LIMIT }, // no edit takes more
        most: Math.max(take, PROBLEMS_SHOWN),
      });
      const shown = read.problems
        .slice(0, PROBLEMS_SHOWN)
        .map((one) => `${one.place} ${one.row ? 'is not right' : 'was left out'}: ${one.field}: ${one.message}`);
      const more = read.wrong > shown.length ? [`${read.wrong - shown.length} more are not right.`] : [];
      return {
        format: read.format,
        facts: read.records.slice(0, take).map(factOf),
        total: read.total,
        isWhole: read.isWhole,
        wrong: read.problems.slice(0, take).flatMap(({ row }) => (row ? unfinished(row) : [])),
        columns: [...read.columns],
        warnings: [...shown, ...more, ...readingRemarks(read)],
      };
    },
    'edits.validate': async ({ model: name, facts }) => {
      const model = await models.find(name);
      const { facts: cut, tooLong } = await engine.run('cut', { model: { folder: model.files }, facts });
      const problems = [
        ...factProblems(facts),
        ...facts.flatMap(characterProblems),
        ...askingProblems(facts),
        ...inForceProblems(model, facts),
        ...cut.flatMap((one, index) => cutProblem(one, facts[index]!, index)),
        ...tooLong.flatMap((found, index) => found.map((one): FactProblem => ({ index, severity: 'error', ...one }))),
      ];
      problems.sort((a, b) => a.index - b.index);
      return { problems, tokens: cut.map(rolesOf) };
    },
    'edits.answers': async ({ model: name, prompts }) => {
      const model = await models.find(name);
      const version = model.at('current');
      const { answers } = await engine.run('answers', { model: await version.ref(), prompts });
      return { version: version.id, answers: answers.map((one) => ({ ...one })) };
    },
    'edits.suggest': async ({ model: name, fact }) => {
      const model = await models.find(name);
      const ref = await model.at('current').ref();
      const taught = model.material && (await readTaught(model.material.facts));
      const form = (await model.form.load())?.facts ?? [];
      const others = form.filter((one) => one.prompt.split('{}').length === 2);
      const { paraphrases, neighbors, sameSubject, follows, generationPrompts, previousTarget, previousChance, source } = await suggestFor(
        fact,
        { taught, form: others, inForce: model.factsInForce() },
        async (prompts) => (await engine.run('answers', { model: ref, prompts })).answers,
      );
      return {
        paraphrases: [...paraphrases],
        neighbors: [...neighbors],
        sameSubject: [...sameSubject],
        follows: [...follows],
        generationPrompts: [...generationPrompts],
        ...given({ previousTarget, previousChance }),
        source,
      };
    },
    'edits.start': async ({ model: name, facts, covarianceText: text, ...recipe }) => {
      const model = await models.find(name);
      model.mayEdit();
      refuseUnseen(facts);
      await refuseLonger(engine, model.files, facts);
      const covarianceText = text === undefined ? undefined : grants.path(text);
      const title = `Edit ${facts.length === 1 ? facts[0]!.subject : `${facts.length} facts`} of ${model.name}`;
      return {
        job: jobs.start('edits.start', title, model.id, async (control) => {
          const draft = await workOut(parts, model, { facts, recipe, covarianceText }, control);
          tell({ type: 'ledger', model: model.id });
          return { draft };
        }),
      };
    },
    'edits.drafts': async ({ model: name }) => {
      const { drafts } = await models.find(name);
      return { drafts: await drafts.list(), notices: await drafts.notices() };
    },
    'edits.report': async ({ model: name, draft, entry: seq }) => {
      if (draft !== undefined) return (await models.find(name)).drafts.report(draft);
      if (seq === undefined)
        throw new EmendError('bad-input', 'A report is of a draft or of an entry; neither was named.', 'Name one of them.');
      const { ledger } = await models.recorded(name);
      const entry = ledger.entry(seq);
      if (kindInfo(entry.kind).report !== 'edit' || !('evidence' in entry.body))
        throw new EmendError('bad-input', `Entry ${seq} is of kind ${entry.kind}; it has no report of an edit.`, 'Choose an edit.');
      return readReport(ledger, entry.body.evidence['report']);
    },
    'edits.draftForm': async ({ model, draft }) => (await models.find(model)).drafts.form(draft),
    'edits.saveDelta': async ({ model: name, draft, destination }) => {
      const model = await models.find(name);
      const path = newFile(grants.target(destination), true);
      await writeDurably(explained(disk), path, await readFile(await model.drafts.delta(draft)));
      return { path };
    },
    'edits.discard': async ({ model: name, draft }) => {
      const model = await models.find(name);
      model.mustWrite();
      await model.drafts.discard(draft);
      tell({ type: 'ledger', model: model.id });
      return {};
    },
    'edits.commit': async ({ model: modelName, draft: draftId, reason, tag }) => {
      const model = await models.recorded(modelName);
      const draft = await model.drafts.find(draftId);
      const by = preferences.by(reason);
      if (by.reason === '')
        throw new EmendError('bad-input', 'A commit needs a reason.', 'Say why in a sentence; it is what the log shows.', {
          field: 'reason',
        });
      const name = tag?.trim() ?? '';
      const { ledger } = model;
      // before anything is recorded
      if (name !== '') ledger.history.check({ kind: 'tag', body: { name, version: ledger.history.current.id }, seq: ledger.head.seq + 1 });
      if (name !== '') mustReadUnlikeOthers(model.ledger, name);
      return {
        job: jobs.start('edits.commit', `Commit to ${model.name}`, model.id, async (control) => {
          const entry = await model.exclusively(() => commitDraft(parts, model, draft, by, name, control));
          tell({ type: 'ledger', model: model.id });
          tell({ type: 'library' });
          return { entry: entry.seq, version: entry.body.version };
        }),
      };
    },
    'edits.form': async ({ model: name }) => ({ form: await (await models.find(name)).form.load() }),
    'edits.saveForm': async ({ model: name, form }) => {
      return { kept: await (await models.find(name)).form.save(form) };
    },
  };
}

function inForceProblems(model: Model, facts: readonly Fact[]): FactProblem[] {
  const known = model.factsInForce();
  const byQuestion = new Map([...known].reverse().map((one) => [questionOf(one), one]));
  return facts.flatMap((fact, index): FactProblem[] => {
    const before = byQuestion.get(questionOf(fact));
    if (!before || fact.subject.trim() === '') return [];
    if (sameText(before.target) === sameText(fact.target))
      return [
        {
          index,
          field: 'target',
          severity: 'warning',
          message: `Entry ${before.entry} wrote this very fact already, and it is in force.`,
          hint: 'Leave it out, unless that edit was weak.',
        },
      ];
    return [
      {
        index,
        field: 'target',
        severity: 'warning',
        message: `Entry ${before.entry} wrote ${JSON.stringify(before.target)} here, and it is in force.`,
        hint: 'To change it, revert that entry first; an edit on top of an edit holds less well.',
      },
    ];
  });
}

function cutProblem(cut: CutFact, fact: Fact, index: number): FactProblem[] {
  if (!('problem' in cut)) return [];
  const unfinished = [fact.subject, fact.prompt, fact.target].some((text) => text.trim() === '') || fact.prompt.split('{}').length !== 2;
  return unfinished ? [] : [{ index, field: cut.problem.field, severity: 'error', message: cut.problem.message, hint: cut.problem.hint }];
}

function rolesOf(cut: CutFact) {
  if ('problem' in cut) return null;
  const { subjectFirst, subjectLast, targetStart } = cut;
  const role = (at: number) =>
    at === subjectLast ? 'subject-last' : at >= subjectFirst && at < subjectLast ? 'subject' : at >= targetStart ? 'target' : 'prompt';
  return { tokens: cut.tokens.map((text, at) => ({ text, role: role(at) as 'prompt' | 'subject' | 'subject-last' | 'target' })) };
}

/** What a row of a table that is no fact yet has of one. */
function unfinished(row: Readonly<Record<string, unknown>>): Fact[] {
  const parsed = v.safeParse(FactSchema, { subject: '', prompt: '', target: '', ...row });
  return parsed.success ? [parsed.output] : []; // its texts may be too long to be mended in a form
}

function factOf({ fact, paraphrases, neighbors, sameSubject, generationPrompts }: CheckRecord): Fact {
  const plain = ({ prompt, target }: CheckRecord['neighbors'][number]) => (target === undefined ? { prompt } : { prompt, target });
  return {
    ...fact,
    paraphrases: [...paraphrases],
    neighbors: neighbors.map(plain),
    ...(sameSubject.length > 0 && { sameSubject: sameSubject.map(plain) }),
    generationPrompts: [...generationPrompts],
  };
}
