import * as v from 'valibot';
import type { Result } from '../../shared/contract.ts';
import { RecipeSchema } from '../../shared/contract/edits.ts';
import type { Diff, Moment, Version as VersionView } from '../../shared/contract/versions.ts';
import type { Answer } from '../../shared/contract/probing.ts';
import { GREEDY } from '../../shared/contract/probing.ts';
import type { HonestReport } from '../../shared/contract/honest.ts';
import { EmendError } from '../../shared/errors.ts';
import { fillPrompt, type Fact } from '../../shared/fact.ts';
import type { VersionKind } from '../../shared/kinds.ts';
import { TOGETHER } from '../../shared/methods/settings.ts';
import { written } from '../../shared/methods/setting.ts';
import { recordOf } from '../engine/records.ts';
import type { BlobRef, CheckResult } from '../ledger/bodies.ts';
import { canonical } from '../storage/canonical.ts';
import { makesVersion, type EntryOf } from '../ledger/entries.ts';
import { takenOutBy } from '../ledger/kinds/index.ts';
import type { Draft } from '../ledger/drafts.ts';
import type { Act, By } from '../ledger/ledger.ts';
import { partsOf, withoutPart, withPart, type Version } from '../ledger/versions.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { driftTexts, spread } from './drift.ts';
import { FACTS_IN_FORCE } from './checks-in-force.ts';
import { checksOf } from './edit-report.ts';
import { askHonestly } from './honest.ts';
import { prepareCommit, workOut } from './edit-work.ts';
import { plain } from './plain.ts';
import { readFactFile } from './facts.ts';
import { fallenAt } from './fallen.ts';
import type { JobControl } from './job-list.ts';
import type { LibraryModel } from './library-model.ts';
import { factSetOf, factsOfVersion, readFactSet } from './library-record.ts';
import { briefOf } from './model.ts';
import { mustReadUnlikeOthers } from './tags.ts';
import { toldTexts } from '../../shared/told.ts';
import { withoutTold } from './telling.ts';
import { changedBetween } from './tensor-hashes.ts';
import { CHECK_PLAN, HONEST_CHECK_PLAN, oneOfSeveral, WholeJob } from './whole-job.ts';
import { given } from '../../shared/given.ts';

/** What an edit's entry keeps of how it was asked for. */
const DetailsSchema = v.looseObject({ request: RecipeSchema });

interface Measured {
  readonly honest?: HonestReport;
  readonly checks: CheckResult[];
  readonly evidence: Record<string, BlobRef>;
  /** Prompts that were not asked, as edits in force were told of them. */
  readonly leftOut?: number;
}

type Part = Pick<
  Services,
  | 'versions.list'
  | 'versions.diff'
  | 'versions.rollback'
  | 'versions.revertPlan'
  | 'versions.revert'
  | 'versions.fallen'
  | 'versions.tag'
  | 'versions.check'
>;

/** Prompts that a diff asks both versions, when none are given. */
const DIFF_PROMPTS = 8;

/** Moving between versions, and comparing them. */
export function versionService(parts: Surroundings): Part {
  const { models, engine, jobs, preferences, tell } = parts;
  const changed = (model: LibraryModel) => {
    tell({ type: 'ledger', model: model.id });
    tell({ type: 'library' });
  };
  return {
    'versions.list': async ({ model: name }) => {
      const model = await models.recorded(name);
      const { history } = model.ledger;
      return { current: history.current.id, base: history.find('base').id, versions: versionViews(model), timeline: timeline(model) };
    },
    'versions.diff': async ({ model: name, a, b, prompts }) => {
      const model = await models.recorded(name);
      const [one, other] = [model.ledger.history.find(a), model.ledger.history.find(b)];
      return {
        job: jobs.start('versions.diff', `Compare versions of ${model.name}`, model.id, (control) =>
          diff(model, one, other, prompts, control),
        ),
      };
    },
    'versions.rollback': async ({ model: name, version: to, reason }) => {
      const model = await models.recorded(name);
      model.mustWrite();
      const version = model.ledger.history.find(to);
      const by = preferences.by(reason);
      mustSay(by.reason, 'rollback');
      return {
        job: jobs.start('versions.rollback', `Roll ${model.name} back`, model.id, (control) =>
          model.exclusively(async () => {
            await model.ref(version, control);
            control.check();
            const parent = model.ledger.history.current.id;
            const entry = await model.append(
              'rollback',
              { parent, version: version.id, changed: changedBetween(model.hashes, parent, version.id) },
              by,
            );
            changed(model);
            return { entry: entry.seq, version: entry.body.version };
          }),
        ),
      };
    },
    'versions.revertPlan': async ({ model: name, entry }) => {
      const model = await models.recorded(name);
      const { later } = withoutPart(model.ledger.history.current, entry);
      return {
        entry,
        facts: factsOf(model, entry),
        later: later.map((part) => ({
          entry: part.entry,
          reason: model.ledger.entry(part.entry).reason,
          facts: factsOf(model, part.entry),
        })),
        together: solvedWith(
          model,
          entry,
          later.map((part) => part.entry),
        ),
      };
    },
    'versions.revert': async ({ model: name, entry, reason, reapply }) => {
      const model = await models.recorded(name);
      model.mustWrite();
      withoutPart(model.ledger.history.current, entry); // refuses before the job starts
      const by = preferences.by(reason);
      mustSay(by.reason, 'revert');
      return {
        job: jobs.start('versions.revert', `Revert entry ${entry} of ${model.name}`, model.id, async (control) => {
          const done = await model.exclusively(() => revert(model, entry, by, reapply, control));
          changed(model);
          return done;
        }),
      };
    },
    'versions.fallen': async ({ model: name, entry }) => ({ fallen: await fallenAt((await models.recorded(name)).ledger, entry) }),
    'versions.tag': async ({ model: name, version, name: tag }) => {
      const model = await models.recorded(name);
      model.mustWrite();
      mustReadUnlikeOthers(model.ledger, tag.trim());
      const entry = await model.append('tag', { name: tag.trim(), version: model.ledger.history.find(version).id }, preferences.by(''));
      changed(model);
      return { entry: entry.seq };
    },
    'versions.check': async ({ model: name, version: asked, facts: given, honest, reason }) => {
      const model = await models.recorded(name);
      model.mustWrite();
      const version = model.ledger.history.find(asked);
      return {
        job: jobs.start('versions.check', `Check ${model.name}`, model.id, async (control) => {
          const facts = given ?? (await factsOfVersion(model.ledger, version));
          if (facts.length === 0)
            throw new EmendError(
              'bad-input',
              'There is nothing to check: no facts were given, and none are in force in this version.',
              'Give facts, or choose a version with edits.',
            );
          const { honest: answers, checks, evidence, leftOut } = await measure(model, version, facts, control, honest);
          control.check();
          const entry = await model.append(
            'check',
            {
              version: version.id,
              suite: given ? 'facts given' : FACTS_IN_FORCE,
              hyperparameters: {},
              seeds: {},
              facts: facts.map(briefOf),
              checks,
              evidence,
              details: {},
            },
            preferences.by(reason),
          );
          changed(model);
          return { entry: entry.seq, checks, leftOut: leftOut ?? 0, ...(answers && { honest: answers }) };
        }),
      };
    },
  };

  /**
   * Takes one edit out; checks the facts of the later ones again, or works those edits out anew. Everything is computed before anything is
   * recorded.
   */
  async function revert(
    model: LibraryModel,
    seq: number,
    by: By,
    reapply: boolean,
    control: JobControl,
  ): Promise<Result<'versions.revert'>> {
    const { version: without, later } = withoutPart(model.ledger.history.current, seq);
    const entries = later.map((part) => part.entry);
    const again = reapply ? entries : solvedWith(model, seq, entries).slice(-1);
    if (again.length > 0) return reapplied(model, seq, { later: entries, again }, by, control);
    const facts = (await Promise.all(entries.map((entry) => factSetOf(model.ledger, entry)))).flat();
    await build(model, without, control);
    const measured = facts.length > 0 ? await measure(model, without, facts, control) : { checks: [], evidence: {} };
    control.check();
    const entry = await takeOut(model, seq, by, control, measured);
    const fallen = await fallenAt(model.ledger, entry.seq);
    return { entry: entry.seq, version: entry.body.version, later: entries, checks: measured.checks, reapplied: [], fallen };
  }

  /**
   * Computes some of the later edits one after the other on what is left without them and `seq`; then records, as one act, that all these
   * go out and the new ones come in.
   */
  async function reapplied(
    model: LibraryModel,
    seq: number,
    { later, again }: { readonly later: readonly number[]; readonly again: readonly number[] },
    by: By,
    control: JobControl,
  ): Promise<Result<'versions.revert'>> {
    const { head, history } = model.ledger;
    const until = head.seq + 2 * again.length + 1;
    const acts: Act[] = [];
    const before = model.asVersion(history.current);
    let on: Version = history.current;
    for (const entry of [...[...again].reverse(), seq]) {
      const { version } = withoutPart(on, entry);
      const changed = await changedTo(model, on, version, control);
      const reason = entry === seq ? by.reason : `${by.reason} (to be re-applied without entry ${seq})`;
      const first = acts.length === 0 ? { until } : {};
      const input = { parent: on.id, entry, ...first, changed, checks: [], evidence: {} };
      acts.push({ kind: 'revert', input, by: { ...by, reason } });
      on = version;
    }
    await build(model, on, control);
    let hashes = await hashesOf(model, on, control);
    const drafts: Draft[] = [];
    const drop = async () => {
      for (const draft of drafts) await model.ledger.drafts.remove(draft.id).catch(() => undefined); // it can be discarded
    };
    try {
      for (const [at, entry] of again.entries()) {
        const own = oneOfSeveral(control, at, again.length);
        const { body } = editEntry(model, entry);
        const { request } = v.parse(DetailsSchema, body.details);
        const facts = await readFactSet(model.ledger, body.factSet);
        const id = await workOut(parts, model, { recipe: request, facts, reapplies: entry }, own, model.asVersion(on), before);
        const draft = await model.drafts.find(id);
        drafts.push(draft);
        const made = await prepareCommit(parts, model, draft, own, { version: on, hashes });
        model.trust(made.version.id);
        acts.push({
          kind: 'edit',
          input: made.input,
          by: { ...by, reason: `${by.reason} (entry ${entry} re-applied without entry ${seq})` },
        });
        hashes = made.hashes;
        // Until it is recorded, what is in force is told by the entry that it stands for.
        on = withPart(on, { entry, hash: draft.blobs['delta']!.blob });
      }
      control.check();
      const entries = await model.appendAll(acts);
      await drop();
      const made = entries.filter((entry) => entry.kind === 'edit');
      const { seq: last } = entries[again.length]!;
      return {
        entry: last,
        version: model.ledger.history.current.id,
        later: [...later],
        checks: made.at(-1)!.body.checks,
        reapplied: made.map((entry) => entry.seq),
        fallen: await fallenAt(model.ledger, last),
      };
    } catch (error) {
      await drop();
      throw error;
    }
  }

  async function takeOut(
    model: LibraryModel,
    seq: number,
    by: By,
    control: JobControl,
    { checks, evidence }: Measured = { checks: [], evidence: {} },
  ): Promise<EntryOf<'revert'>> {
    const parent = model.ledger.history.current;
    const { version } = withoutPart(parent, seq);
    return model.append(
      'revert',
      { parent: parent.id, entry: seq, changed: await changedTo(model, parent, version, control), checks, evidence },
      by,
    );
  }

  async function measure(
    model: LibraryModel,
    version: Version,
    facts: readonly Fact[],
    control: JobControl,
    isHonest = false,
  ): Promise<Measured> {
    const { files: folder, material } = model;
    const written = await factsOfVersion(model.ledger, version);
    const { records, leftOut } = withoutTold(
      facts.map((fact, at) => recordOf(fact, String(at))),
      written,
    );
    const others = material ? (await readFactFile(engine, material.evaluation, control)).records : [];
    const whole = new WholeJob(control, isHonest ? HONEST_CHECK_PLAN : CHECK_PLAN).at('check');
    const drift = version.parts > 0 ? await driftTexts({ material, edited: records, others, told: toldTexts(written) }) : {};
    const ref = await model.ref(version, whole);
    const honest = isHonest && (await askHonestly(engine, { model: ref, baseline: { folder }, facts, material }, whole));
    const measured = await engine.run(
      'check',
      { model: ref, records, options: { generation: false, ...drift }, ...(version.parts > 0 ? { baseline: { folder } } : {}) },
      whole,
    );
    const report = { ...measured, ...(honest && { honest }) };
    const kept = await model.ledger.blobs.put(Buffer.from(canonical(plain(report))), 'application/json');
    return {
      checks: checksOf(report, undefined, preferences.settings.thresholds),
      evidence: { report: kept },
      leftOut,
      ...(honest && { honest }),
    };
  }

  async function diff(
    model: LibraryModel,
    one: Version,
    other: Version,
    given: readonly string[] | undefined,
    control: JobControl,
  ): Promise<Diff> {
    const [a, b] = [await model.ref(one, control), await model.ref(other, control)];
    const [inA, inB] = [new Set(partsOf(one).map((part) => part.entry)), new Set(partsOf(other).map((part) => part.entry))];
    const onlyA = [...inA].filter((entry) => !inB.has(entry));
    const onlyB = [...inB].filter((entry) => !inA.has(entry));
    const facts = (entries: readonly number[]) => entries.flatMap((entry) => factsOf(model, entry));
    const differing = [...facts(onlyA), ...facts(onlyB)];
    const prompts = given ?? spread([...new Set(differing.map((fact) => fillPrompt(fact.prompt, fact.subject).text))], DIFF_PROMPTS);
    const { weights } = await engine.run('compare', { model: a, other: b }, control);
    const ranks = rankSums(model, [...onlyA, ...onlyB]);
    const answers: Diff['answers'] = [];
    for (const [done, prompt] of prompts.entries()) {
      control.onProgress({ phase: 'asking', done, total: prompts.length, secondsLeft: undefined });
      const ask = async (version: Version, ref: typeof a): Promise<Answer> => {
        const answer = await engine.run('ask', { model: ref, prompt, top: 5, maxTokens: 12, sampling: GREEDY }, { signal: control.signal });
        return { prompt, version: version.id, next: [...answer.next], text: answer.text, pieces: [...answer.pieces] };
      };
      answers.push({ prompt, a: await ask(one, a), b: await ask(other, b) });
    }
    const { versions, base } = model.hashes;
    const hash = (version: Version, tensor: string) => versions.get(version.id)?.get(tensor) ?? base.get(tensor) ?? '';
    return {
      a: one.id,
      b: other.id,
      onlyA: facts(onlyA),
      onlyB: facts(onlyB),
      both: facts([...inA].filter((entry) => inB.has(entry))).length,
      weights: weights.map((weight) => ({
        ...weight,
        rank: ranks.get(weight.tensor) ?? 0,
        a: hash(one, weight.tensor),
        b: hash(other, weight.tensor),
      })),
      answers,
    };
  }
}

/** Makes sure that a version's tensors are there; one that never was current is built, and nothing recorded says yet what they hash to. */
async function build(model: LibraryModel, version: Version, control: JobControl): Promise<void> {
  if (model.hashes.versions.has(version.id)) return void (await model.ref(version, control));
  await model.rebuild(version, control);
  model.trust(version.id);
}

/** What changes from one version to another; for one that never was, its tensors are built to hash them. */
async function changedTo(model: LibraryModel, from: Version, to: Version, control: JobControl) {
  const [before, after] = [await hashesOf(model, from, control), await hashesOf(model, to, control)];
  const { base } = model.hashes;
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((tensor) => {
    const [was, now] = [before.get(tensor) ?? base.get(tensor)!, after.get(tensor) ?? base.get(tensor)!];
    return was === now ? [] : [{ tensor, before: was, after: now }];
  });
}

/** What the tensors in which a version differs from the import hash to. */
async function hashesOf(model: LibraryModel, version: Version, control: JobControl): Promise<ReadonlyMap<string, string>> {
  const recorded = model.hashes.versions.get(version.id);
  if (recorded) return recorded;
  const { changed } = await model.rebuild(version, control);
  model.trust(version.id);
  return new Map(changed.map((one) => [one.tensor, one.sha256]));
}

/** Ranks of the edits between two versions, summed per tensor: what the rank of the difference is at most. */
function rankSums(model: LibraryModel, entries: readonly number[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const seq of entries) {
    const { body } = model.ledger.entry(seq);
    if ('changed' in body)
      for (const { tensor, measures } of body.changed) sums.set(tensor, (sums.get(tensor) ?? 0) + (measures?.['rank'] ?? 0));
  }
  return sums;
}

function mustSay(reason: string, act: string): void {
  if (reason === '')
    throw new EmendError('bad-input', `A ${act} needs a reason.`, 'Say why in a sentence; it is what the log shows.', { field: 'reason' });
}

function factsOf(model: LibraryModel, seq: number) {
  const { body } = model.ledger.entry(seq);
  return 'facts' in body
    ? body.facts.map(({ subject, prompt, target, previousTarget }) => ({
        entry: seq,
        subject,
        prompt,
        target,
        ...given({ previousTarget }),
      }))
    : [];
}

/** Which of some later edits were solved together with one, all facts at once. */
function solvedWith(model: LibraryModel, seq: number, later: readonly number[]): number[] {
  const layersOf = (entry: number) => {
    const { body } = model.ledger.entry(entry);
    if (!('hyperparameters' in body) || !('method' in body)) return undefined;
    const { together, layers } = body.hyperparameters as Readonly<Record<string, { readonly value?: unknown } | undefined>>;
    return together?.value === written(TOGETHER, true) ? JSON.stringify([body.method, layers?.value]) : undefined;
  };
  const own = layersOf(seq);
  return own === undefined ? [] : later.filter((entry) => layersOf(entry) === own);
}

/** An edit's entry. @throws EmendError 'unsupported' for a part of another kind: only edits can be computed anew */
function editEntry(model: LibraryModel, seq: number): EntryOf<'edit'> {
  const entry = model.ledger.entry(seq);
  if (entry.kind === 'edit') return entry;
  throw new EmendError(
    'unsupported',
    `Entry ${seq} is of kind ${entry.kind}; only edits can be computed anew.`,
    'Leave the later parts as they are.',
    { entry: seq },
  );
}

function versionViews(model: LibraryModel): VersionView[] {
  const { history } = model.ledger;
  const views = new Map<string, VersionView>();
  for (const { entry, time, version } of history.moments) {
    if (views.has(version.id)) continue;
    views.set(version.id, {
      id: version.id,
      entry,
      time,
      tags: [...history.tags].filter(([, id]) => id === version.id).map(([tag]) => tag),
      reviews: history.reviews(version.id).map((review) => ({ ...review })),
      parts: partsOf(version).map((part) => part.entry),
    });
  }
  return [...views.values()].reverse();
}

function timeline(model: LibraryModel): Moment[] {
  const { ledger } = model;
  const inForce = new Set(partsOf(ledger.history.current).map((part) => part.entry));
  return ledger.history.moments
    .map(({ entry }) => ledger.entry(entry))
    .filter(makesVersion)
    .map((entry) => momentOf(entry, inForce))
    .reverse();
}

function momentOf(entry: EntryOf<VersionKind>, inForce: ReadonlySet<number>): Moment {
  const { seq, kind, time, author, reason, body } = entry;
  const reverts = takenOutBy(entry);
  return {
    entry: seq,
    kind,
    time,
    author,
    reason,
    version: body.version,
    facts: 'facts' in body ? body.facts.map(({ subject, prompt, target }) => ({ subject, prompt, target })) : [],
    checks: 'checks' in body ? body.checks : [],
    ...('method' in body ? { method: body.method } : {}),
    ...given({ reverts }),
    inForce: inForce.has(seq),
  };
}
