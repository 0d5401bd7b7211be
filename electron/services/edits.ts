import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import * as v from 'valibot';
import { EditFormSchema, HyperparameterFileSchema, type Draft, type EditForm } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import { kindInfo } from '../../shared/kinds.ts';
import { factProblems, type Fact, type FactProblem } from '../../shared/fact.ts';
import { METHOD_NAMES } from '../../shared/methods/list.ts';
import { type CheckRecord, type CutFact, readRecords } from '../engine/records.ts';
import { shortDraft } from '../../shared/ids.ts';
import type { Draft as LedgerDraft } from '../ledger/drafts.ts';
import { openStore } from '../storage/store.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { methodInfo, settingsOf } from './edit-methods.ts';
import { commitDraft, factsInForce, readReport, workOut } from './edit-work.ts';
import type { LibraryModel } from './library-model.ts';
import { materialIn } from './models.ts';
import { readTaught, suggestFor } from './suggest.ts';

type Part = Pick<
  Services,
  | 'edits.methods'
  | 'edits.readHyperparameters'
  | 'edits.settings'
  | 'edits.readFacts'
  | 'edits.validate'
  | 'edits.suggest'
  | 'edits.start'
  | 'edits.drafts'
  | 'edits.report'
  | 'edits.discard'
  | 'edits.commit'
  | 'edits.form'
  | 'edits.saveForm'
>;

/** Facts in, drafts and entries out. */
export function editService(parts: Surroundings): Part {
  const { library, engine, jobs, grants, preferences, tell } = parts;
  return {
    'edits.methods': async ({ model: name }) => {
      const model = await library.find(name);
      const ref = { folder: model.places.files };
      const derived = await Promise.all(METHOD_NAMES.map((method) => engine.run('settings', { model: ref, method, name: model.name })));
      return { methods: METHOD_NAMES.map((method, at) => methodInfo(method, derived[at]!.settings)) };
    },
    'edits.readHyperparameters': async ({ source }) => {
      const path = grants.path(source);
      const text = await readFile(path, 'utf8').catch((error: Error) => {
        throw new EmendError('not-found', `The hyperparameter file ${path} cannot be read: ${error.message}.`, 'Choose it again.');
      });
      const parsed = v.safeParse(HyperparameterFileSchema, { name: basename(path), text });
      if (parsed.success) return parsed.output;
      throw new EmendError(
        'bad-file',
        `${path} is no hyperparameter file: ${parsed.issues[0].message}, found ${text.length}.`,
        'Choose a file such as those in hparams/ of the published repositories, JSON or YAML.',
      );
    },
    'edits.settings': async ({ model: name, method, hyperparameterFile }) => {
      const model = await library.find(name);
      const asked = { model: { folder: model.places.files }, method, name: model.name };
      const { settings, unused } = await engine.run('settings', { ...asked, ...(hyperparameterFile ? { hyperparameterFile } : {}) });
      return { settings: settingsOf(method, settings), unused: [...unused] };
    },
    'edits.readFacts': async ({ text, source, take }) => {
      if ((text === undefined) === (source === undefined))
        throw new EmendError('bad-input', 'Facts come from a text or from a file; give one of them.', 'Paste the facts, or choose a file.');
      const path = source === undefined ? undefined : grants.path(source);
      const content =
        text ??
        (await readFile(path!, 'utf8').catch((error: Error) => {
          throw new EmendError(
            'not-found',
            `The facts ${path} cannot be read: ${error.message}.`,
            'Choose a file of facts: JSON, JSONL or CSV.',
          );
        }));
      const read = readRecords(withHeader(content), path === undefined ? 'The text' : basename(path));
      const shown = read.problems.slice(0, 5).map((one) => `Record ${one.index + 1} was left out: ${one.field}: ${one.message}`);
      const more = read.problems.length > shown.length ? [`${read.problems.length - shown.length} more records were left out.`] : [];
      return {
        format: read.format,
        facts: read.records.slice(0, take).map(factOf),
        total: read.records.length,
        warnings: [...shown, ...more, ...read.ignored.map((column) => `The column ${JSON.stringify(column)} is not one that is known.`)],
      };
    },
    'edits.validate': async ({ model: name, facts }) => {
      const model = await library.find(name);
      const { facts: cut } = await engine.run('cut', { model: { folder: model.places.files }, facts });
      const problems = [
        ...factProblems(facts),
        ...inForceProblems(model, facts),
        ...cut.flatMap((one, index) => cutProblem(one, facts[index]!, index)),
      ];
      problems.sort((a, b) => a.index - b.index);
      return { problems, tokens: cut.map(rolesOf) };
    },
    'edits.suggest': async ({ model: name, fact }) => {
      const model = await library.find(name);
      const material = materialIn(model.places.files);
      const taught = material && (await readTaught(material.facts));
      const { form } = await loadForm(model);
      const others = [...(form?.facts ?? []), ...factsInForce(model)].filter((one) => one.prompt.split('{}').length === 2);
      const { paraphrases, neighbors, generationPrompts, previousTarget, source } = suggestFor(fact, taught, others);
      return {
        paraphrases: [...paraphrases],
        neighbors: [...neighbors],
        generationPrompts: [...generationPrompts],
        ...(previousTarget === undefined ? {} : { previousTarget }),
        source,
      };
    },
    'edits.start': async ({ model: name, facts, covarianceText: text, ...recipe }) => {
      const model = await library.find(name);
      model.mustWrite();
      const covarianceText = text === undefined ? undefined : grants.path(text);
      const title = `Edit ${facts.length === 1 ? facts[0]!.subject : `${facts.length} facts`} of ${model.name}`;
      return {
        job: jobs.start('edits.start', title, model.id, async (control) => {
          const draft = await workOut(parts, model, { facts, recipe, covarianceText }, control);
          tell({ type: 'ledger', model: model.id });
          return { draft: draft.id };
        }),
      };
    },
    'edits.drafts': async ({ model: name }) => {
      const model = await library.find(name);
      return {
        drafts: (await model.ledger.drafts.list()).drafts.filter((draft) => draft.kind === 'edit').map((draft) => draftView(draft, model)),
      };
    },
    'edits.report': async ({ model: name, draft: draftId, entry: seq }) => {
      const model = await library.find(name);
      if (draftId !== undefined) return readReport(model, (await findDraft(model, draftId)).blobs['report']);
      if (seq === undefined)
        throw new EmendError('bad-input', 'A report is of a draft or of an entry; neither was named.', 'Name one of them.');
      const entry = model.ledger.entry(seq);
      if (!kindInfo(entry.kind).hasEditReport || !('evidence' in entry.body))
        throw new EmendError('bad-input', `Entry ${seq} is of kind ${entry.kind}; it has no report of an edit.`, 'Choose an edit.');
      return readReport(model, entry.body.evidence['report']);
    },
    'edits.discard': async ({ model: name, draft }) => {
      const model = await library.find(name);
      model.mustWrite();
      await model.ledger.drafts.remove((await findDraft(model, draft)).id);
      tell({ type: 'ledger', model: model.id });
      return {};
    },
    'edits.commit': async ({ model: modelName, draft: draftId, reason, tag }) => {
      const model = await library.find(modelName);
      const draft = await findDraft(model, draftId);
      const by = preferences.by(reason);
      if (by.reason === '')
        throw new EmendError('bad-input', 'A commit needs a reason.', 'Say why in a sentence; it is what the log shows.', {
          field: 'reason',
        });
      const name = tag?.trim() ?? '';
      const { ledger } = model;
      if (name !== '') ledger.history.check({ kind: 'tag', body: { name, version: ledger.history.current.id }, seq: ledger.head.seq + 1 }); // before anything is recorded
      return {
        job: jobs.start('edits.commit', `Commit to ${model.name}`, model.id, async (control) => {
          const entry = await model.exclusively(() => commitDraft(parts, model, draft, by, control));
          if (name !== '')
            await model.append('tag', { name, version: entry.body.version }, preferences.by('')).catch((error: unknown) => {
              throw untagged(error, entry.seq, name);
            });
          tell({ type: 'ledger', model: model.id });
          tell({ type: 'library' });
          return { entry: entry.seq, version: entry.body.version };
        }),
      };
    },
    'edits.form': async ({ model: name }) => ({ form: (await loadForm(await library.find(name))).form }),
    'edits.saveForm': async ({ model: name, form }) => {
      const model = await library.find(name);
      if (library.readOnly) return {};
      const { db } = await openForm(model);
      db.data = { form };
      await db.write();
      return {};
    },
  };
}

/** The edit is in the record, whatever became of its name. */
function untagged(error: unknown, entry: number, name: string): unknown {
  return error instanceof EmendError
    ? new EmendError(
        error.code,
        `The edit is recorded as entry ${entry}, but was not tagged ${JSON.stringify(name)}: ${error.message}`,
        `${error.hint} Then tag the version by itself.`,
        error.details,
      )
    : error;
}

/** @throws EmendError 'not-found' that lists the drafts there are; an unambiguous beginning of the id will do */
export async function findDraft(model: LibraryModel, id: string): Promise<LedgerDraft> {
  const { drafts } = await model.ledger.drafts.list();
  const found = drafts.filter((draft) => draft.id === id || (id.length >= 6 && draft.id.startsWith(id)));
  if (found.length === 1) return found[0]!;
  throw new EmendError(
    'not-found',
    `There is no draft ${JSON.stringify(id)} of ${model.name}; there ${drafts.length === 0 ? 'is none' : `are: ${drafts.map((draft) => shortDraft(draft.id)).join(', ')}`}.`,
    'It may have been committed or discarded already.',
    { draft: id },
  );
}

function draftView(draft: LedgerDraft, model: LibraryModel): Draft {
  const checks = draft.content['checks'];
  return {
    id: draft.id,
    changed: draft.changed,
    parent: draft.parent,
    stale: draft.parent !== model.ledger.history.current.id,
    method: (draft.content['request'] as { method?: string } | undefined)?.method ?? '',
    facts: draft.facts.map(({ subject, prompt, target }) => ({ subject, prompt, target })),
    checks: Array.isArray(checks) ? (checks as Draft['checks']) : [],
  };
}

function inForceProblems(model: LibraryModel, facts: readonly Fact[]): FactProblem[] {
  const known = factsInForce(model);
  const same = (text: string) => text.trim().replaceAll(/\s+/g, ' ');
  return facts.flatMap((fact, index): FactProblem[] => {
    const before = known.find((one) => same(one.subject) === same(fact.subject) && same(one.prompt) === same(fact.prompt));
    if (!before || fact.subject.trim() === '') return [];
    if (same(before.target) === same(fact.target))
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
  return unfinished
    ? []
    : [{ index, field: cut.problem.field as keyof Fact, severity: 'error', message: cut.problem.message, hint: cut.problem.hint }];
}

function rolesOf(cut: CutFact) {
  if ('problem' in cut) return null;
  const { subjectFirst, subjectLast, targetStart } = cut;
  const role = (at: number) =>
    at === subjectLast ? 'subject-last' : at >= subjectFirst && at < subjectLast ? 'subject' : at >= targetStart ? 'target' : 'prompt';
  return { tokens: cut.tokens.map((text, at) => ({ text, role: role(at) as 'prompt' | 'subject' | 'subject-last' | 'target' })) };
}

/** Rows pasted from a spreadsheet often come without their header. */
function withHeader(text: string): string {
  const [first = ''] = text.trimStart().split('\n');
  const cells = first.split('\t').map((cell) => cell.trim());
  if (cells.length < 3 || !cells.some((cell) => cell.includes('{}'))) return text;
  return `subject\tprompt\ttarget\tprevious target${'\tparaphrases\tneighbors'.repeat(cells.length > 4 ? 1 : 0)}\n${text}`;
}

function factOf({ fact, paraphrases, neighbors, generationPrompts }: CheckRecord): Fact {
  return {
    ...fact,
    paraphrases: [...paraphrases],
    neighbors: neighbors.map(({ prompt, target }) => (target === undefined ? { prompt } : { prompt, target })),
    generationPrompts: [...generationPrompts],
  };
}

const FormSchema = v.object({ form: v.nullable(EditFormSchema) });

function openForm(model: LibraryModel, readOnly = false) {
  return openStore<{ form: EditForm | null }>(model.places.form, FormSchema, { form: null }, { readOnly });
}

async function loadForm(model: LibraryModel): Promise<{ form: EditForm | null }> {
  return (await openForm(model, true)).db.data;
}
