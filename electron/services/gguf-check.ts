import type { Follow } from '../../shared/progress.ts';
import type { InBoth } from '../../shared/contract/checks.ts';
import type { FactReport, PromptOutcome } from '../../shared/contract/edits.ts';
import { counted } from '../../shared/counted.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Fact } from '../../shared/fact.ts';
import { shortId } from '../../shared/ids.ts';
import { beginsWith, recordOf, type CheckRecord, type CheckReport } from '../engine/records.ts';
import type { Jobs } from '../engine/jobs.ts';
import { factsFor } from './checks.ts';
import { checksOf, factReports } from './edit-report.ts';
import { firstOf, type FactSet, type FactReader } from './facts.ts';
import type { Model, ModelVersion } from './model.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { apart, asides } from './telling.ts';
import { setApart } from '../../shared/told.ts';
import { GGUF_PLAN, WholeJob } from './whole-job.ts';

/** Whether an edit holds where people run the model: a GGUF file in llama.cpp, with the adapter that Emend exports. */
export function ggufCheckService({ models, engine, jobs, grants, preferences }: Surroundings): Pick<Services, 'checks.gguf'> {
  return {
    'checks.gguf': async ({ model: name, version: asked, gguf, source, take }) => {
      const model = await models.find(name);
      const version = model.at(asked);
      mustBeAnEdit(version);
      const file = grants.path(gguf);
      const given = source === undefined ? undefined : grants.path(source);
      return {
        job: jobs.start('checks.gguf', `Check ${model.name} in llama.cpp`, model.id, async (control) => {
          const { set, facts } = await factsToAsk(
            engine,
            model,
            version,
            { source: given, take, isRecorded: models.recordOf(model) !== undefined },
            control,
          );
          const told = asides(facts).filter(({ what }) => what === 'told');
          const records = [...set.records, ...told.map(({ record }) => record)];
          const whole = new WholeJob(control, GGUF_PLAN);
          const [base, ref] = [await model.at('base').ref(whole.at('prepare')), await version.ref(whole.at('prepare'))];
          const options = { generation: false as const };
          // What may be missing is looked for first.
          const asked = { model: base, deltas: version.deltas(), gguf: file, records };
          const inLlama = await engine.apart({ rights: { programs: true } }, (apart) => apart.run('ggufCheck', asked, whole.at('gguf')));
          const before = await engine.run('check', { model: base, records, options }, whole.at('before'));
          const after = await engine.run('check', { model: ref, records, options, baseline: base }, whole.at('after'));
          const side = (was: CheckReport, now: CheckReport) => {
            const { thresholds } = preferences.settings;
            const [first, second] = [apart(was, facts.length, told), apart(now, facts.length, told)];
            return {
              checks: checksOf(second.own, first.own, thresholds),
              facts: factReports(facts, first.own, second.own, thresholds, { before: first.beside, after: second.beside }),
            };
          };
          const [emend, inFile] = [side(before, after), side(inLlama.before, inLlama.after)];
          return {
            version: version.id,
            facts: { source: set.source, count: facts.length },
            warnings: [...set.warnings, ...remarks(inLlama, emend.facts, inFile.facts)],
            report: {
              file: { ...inLlama.file },
              runtime: inLlama.runtime,
              emend,
              gguf: inFile,
              prompts: facts.map((_, at) => inBoth(emend.facts[at]!, inFile.facts[at]!)),
            },
          };
        }),
      };
    },
  };
}

/** @throws EmendError 'bad-input' for a version without an edit, 'unsupported' for one that is steered */
function mustBeAnEdit({ id, isBase, isSteered, deltas }: ModelVersion): void {
  if (isSteered)
    throw new EmendError(
      'unsupported',
      `Version ${shortId(id)} is steered while it runs, which an adapter does not say.`,
      'Choose a version that is not steered.',
    );
  if (isBase || deltas().length === 0)
    throw new EmendError(
      'bad-input',
      `Version ${shortId(id)} has no edit, so that there is no adapter to lay over the file.`,
      'Choose a version with an edit, or commit the draft first.',
    );
}

/** The facts with all that they are checked by; those of the record tell too what the edit was told of. */
async function factsToAsk(
  engine: FactReader,
  model: Model,
  version: ModelVersion,
  { source, take, isRecorded }: { source: string | undefined; take: number | undefined; isRecorded: boolean },
  follow: Pick<Follow, 'signal'>,
): Promise<{ set: FactSet; facts: Fact[] }> {
  const written = await version.facts();
  if (source === undefined && isRecorded) {
    const facts = setApart(written);
    const all = { source: "the version's edits", records: facts.map((fact, at) => recordOf(fact, String(at))), warnings: [] };
    return { set: firstOf(all, take), facts: facts.slice(0, take) };
  }
  const set = firstOf(await factsFor(engine, model, written, { source, facts: undefined }, follow), take);
  return { set, facts: set.records.map(factOf) };
}

function factOf({ fact, paraphrases, neighbors, sameSubject }: CheckRecord): Fact {
  return { ...fact, paraphrases: [...paraphrases], neighbors: [...neighbors], sameSubject: [...sameSubject] };
}

/** Every prompt of a fact, as it is in Emend and in the file. */
export function inBoth(emend: FactReport, gguf: FactReport): InBoth[] {
  const rows = (kind: InBoth['kind'], told: boolean, list: (report: FactReport) => readonly PromptOutcome[] | undefined) =>
    (list(emend) ?? []).map((one, at): InBoth => {
      const other = list(gguf)![at]!;
      return { kind, told, emend: one, gguf: other, holds: HOLDS[`${isHeld(one)} ${isHeld(other)}`] };
    });
  return [
    ...rows('edited', false, ({ rewrite }) => [rewrite]),
    ...rows('wording', false, ({ paraphrases }) => paraphrases),
    ...rows('wording', true, ({ told }) => told?.paraphrases),
    ...rows('neighbour', false, ({ neighbors }) => neighbors),
    ...rows('neighbour', true, ({ told }) => told && [...told.neighbors, ...(told.apart ?? [])]),
    ...rows('same subject', false, ({ sameSubject }) => sameSubject),
    ...rows('same subject', true, ({ told }) => told?.sameSubject),
  ];
}

const HOLDS = { 'true true': 'both', 'true false': 'emend', 'false true': 'gguf', 'false false': 'neither' } as const;

/** A neighbour that is shaken answers as before. */
function isHeld({ fate, good }: PromptOutcome): boolean {
  return fate === undefined ? good : fate !== 'lost';
}

/** What a person should know before they read figures of the edit as figures of the file. */
export function remarks(
  { file, texts, cutOtherwise }: Jobs['ggufCheck']['result'],
  emend: readonly FactReport[],
  gguf: readonly FactReport[],
): string[] {
  const others = (facts: readonly FactReport[]) => facts.flatMap(({ neighbors, sameSubject = [] }) => [...neighbors, ...sameSubject]);
  const [own, inFile] = [others(emend), others(gguf)];
  const knows = ({ expected, says }: PromptOutcome) =>
    expected !== undefined && says !== undefined && beginsWith(says.before.text, expected);
  const known = own.filter(knows);
  const forgotten = own.filter((one, at) => knows(one) && !knows(inFile[at]!));
  return [
    ...(cutOtherwise === 0
      ? []
      : [
          `llama.cpp cuts ${cutOtherwise} of ${counted(texts, 'text')} into other tokens than Emend: the tokenizer in ${file.name} is ` +
            'not quite that of the model, and answers may differ for that alone.',
        ]),
    ...(forgotten.length === 0
      ? []
      : [
          `The imported model answers ${counted(known.length, 'neighbour')} as expected, ${file.name} (${file.type}) without the adapter ` +
            `${known.length - forgotten.length} of these: that is not the edit's doing. A neighbour counts as kept when the file answers ` +
            'it with the adapter as without.',
        ]),
  ];
}
