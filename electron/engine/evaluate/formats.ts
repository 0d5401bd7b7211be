import * as v from 'valibot';
import {
  countSlots,
  FactSchema,
  fillWording,
  FurtherSchema,
  NeighborSchema,
  putSlot,
  type Fact,
  type Further,
  type Neighbor,
} from '../../../shared/fact.ts';
import { fieldOf, NEEDED, withFieldNames } from './field-names.ts';
import { emptyRecord, recordOf, type CheckRecord, type Question } from './records.ts';
import { given } from '../../../shared/given.ts';

/** What a record was read as. */
export interface ReadRecord {
  /** Mostly one; a record of MQuAKE has several edits. */
  readonly records: CheckRecord[];
  /** Its fields that are not read. */
  readonly unread: readonly string[];
  /** What was understood how, and what was left out of it. */
  readonly notes: readonly string[];
}

/** What makes records of one published format: how to know it, its fields, and their meaning. */
export interface RecordFormat {
  readonly name: 'CounterFact' | 'MQuAKE' | 'zsRE' | 'EasyEdit' | 'Emend';
  /** Whether a record of unknown origin is of this format, by the fields it has. */
  fits(record: object): boolean;
  /** Reads one record; an issue has the path of the field. */
  read(record: unknown, index: number): ReadRecord | { field: string; message: string };
}

/** A format from its schema and its conversion; a conversion may refuse a record by throwing {@link Refusal}. */
function format<Entries extends v.ObjectEntries>(
  name: RecordFormat['name'],
  fits: (record: object) => boolean,
  schema: v.ObjectSchema<Entries, undefined>,
  convert: (
    fields: v.InferOutput<v.ObjectSchema<Entries, undefined>>,
    index: number,
    note: (text: string) => void,
  ) => CheckRecord | CheckRecord[],
  named: (record: object) => { fields: object; unread: string[] } = (record) => ({ fields: record, unread: [] }),
): RecordFormat {
  return {
    name,
    fits,
    read(record, index) {
      const { fields, unread } = typeof record === 'object' && record !== null ? named(record) : { fields: record, unread: [] };
      const parsed = v.safeParse(schema, fields);
      if (!parsed.success) return { field: v.getDotPath(parsed.issues[0]) ?? '(record)', message: parsed.issues[0].message };
      const notes: string[] = [];
      try {
        const note = (text: string) => void notes.push(text);
        const read = [convert(parsed.output, index, note)].flat().map((one) => withSubject(one, note));
        const surplus = Object.keys(fields as object).filter((key) => !(key in schema.entries));
        return { records: read, unread: [...unread, ...surplus], notes };
      } catch (error) {
        if (error instanceof Refusal) return { field: error.field, message: error.message };
        throw error;
      }
    },
  };
}

/** A record whose questions have the subject in place of {}; neighbours are about others, and one with {} is left out. */
function withSubject(record: CheckRecord, note: (text: string) => void): CheckRecord {
  const { subject, target } = record.fact;
  if (target.trim() === '') throw new Refusal('target', 'is empty');
  const fill = (one: string) => fillWording(one, subject);
  const neighbors = record.neighbors.filter(({ prompt }) => countSlots(prompt) === 0);
  if (neighbors.length < record.neighbors.length) note('neighbours with {} are left out, as they are about other subjects');
  const { implied, hops } = record.fact;
  const further = (list: readonly Further[] | undefined) => list?.map((one) => ({ ...one, prompt: fill(one.prompt) }));
  return {
    ...record,
    fact: { ...record.fact, ...given({ implied: further(implied), hops: further(hops) }) },
    neighbors,
    paraphrases: record.paraphrases.map(fill),
    generationPrompts: record.generationPrompts.map(fill),
    attributePrompts: record.attributePrompts.map(fill),
    portability: record.portability.map(({ prompt, target: wanted }) => ({ prompt: fill(prompt), target: wanted })),
  };
}

const has =
  (...marks: string[]) =>
  (record: object): boolean =>
    marks.every((mark) => mark in record);

class Refusal extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Questions of a record are read one by one ({@link each}): one that is none costs itself and not the fact. */
const several = v.optional(v.nullable(v.unknown()), []);
const caseId = v.optional(v.union([v.string(), v.number()]));
const answer = v.object({ str: v.string(), id: v.optional(v.nullable(v.string())) });

/** Those of a list, or the one that stands for a list, that are what they should be; says of the others that they are left out. */
function each<T>(list: unknown, schema: v.GenericSchema<unknown, T>, field: string, note: (text: string) => void): T[] {
  const all: unknown[] = list === null || list === undefined ? [] : Array.isArray(list) ? list : [list];
  const read = all.flatMap((one) => {
    const parsed = v.safeParse(schema, one);
    return parsed.success ? [parsed.output] : [];
  });
  const left = all.length - read.length;
  if (left > 0) note(`${left === 1 ? 'an entry' : `${left} entries`} of ${field} ${left === 1 ? 'is' : 'are'} no question and left out`);
  return read;
}
const text = v.pipe(
  v.string(),
  v.check((one) => one.trim() !== ''),
);

/** kmeng01/memit dsets/counterfact.py; multi_counterfact.json has the same records. */
const counterFact = format(
  'CounterFact',
  (record) => 'requested_rewrite' in record && !Array.isArray(record.requested_rewrite),
  v.object({
    case_id: caseId,
    requested_rewrite: v.object({
      prompt: v.string(),
      subject: v.string(),
      relation_id: v.optional(v.string()),
      target_new: answer,
      target_true: answer,
    }),
    paraphrase_prompts: several,
    neighborhood_prompts: several,
    attribute_prompts: several,
    generation_prompts: several,
  }),
  (fields, index, note) => {
    const { prompt, subject, relation_id: relation, target_new: wanted, target_true: previous } = fields.requested_rewrite;
    return {
      ...emptyRecord,
      id: String(fields.case_id ?? index),
      fact: {
        subject,
        prompt: withSlot(prompt, subject, 'requested_rewrite.prompt'),
        target: wanted.str,
        previousTarget: previous.str,
        ...given({ relation }),
      },
      paraphrases: each(fields.paraphrase_prompts, text, 'paraphrase_prompts', note),
      attributePrompts: each(fields.attribute_prompts, text, 'attribute_prompts', note),
      generationPrompts: each(fields.generation_prompts, text, 'generation_prompts', note),
      neighbors: each(fields.neighborhood_prompts, text, 'neighborhood_prompts', note).map((one) => ({
        prompt: one,
        target: previous.str,
      })),
    };
  },
);

/**
 * Princeton's multi-hop sets: every entry of requested_rewrite is a fact, and `questions` ask for what follows from all of them. They are
 * kept with the last, so that taking the first facts of a file takes no questions that need later ones.
 */
const mquake = format(
  'MQuAKE',
  (record) => 'requested_rewrite' in record && Array.isArray(record.requested_rewrite),
  v.object({
    case_id: caseId,
    requested_rewrite: v.pipe(
      v.array(
        v.object({
          prompt: v.string(),
          subject: v.string(),
          relation_id: v.optional(v.string()),
          target_new: answer,
          target_true: answer,
          question: v.optional(v.nullable(v.string())),
        }),
      ),
      v.minLength(1),
    ),
    questions: several,
    answer: v.optional(v.nullable(v.string())),
    answer_alias: several,
    new_answer: v.optional(v.nullable(v.string())),
    new_answer_alias: several,
    single_hops: several,
    new_single_hops: several,
  }),
  (fields, index, note) => {
    const reply = fields.new_answer ?? '';
    const questions = reply === '' ? [] : each(fields.questions, text, 'questions', note).map((prompt) => ({ prompt, target: reply }));
    const rewrites = fields.requested_rewrite;
    const hops = questions.map((one): Further => ({
      ...one,
      ...given({
        aliases: some(each(fields.new_answer_alias, text, 'new_answer_alias', note)),
        previousTarget: fields.answer ?? undefined,
        previousAliases: some(each(fields.answer_alias, text, 'answer_alias', note)),
      }),
    }));
    const named = (list: unknown, answer: string, field: string) =>
      some(
        each(list, HopSchema, field, note)
          .filter((one) => one.answer === answer)
          .flatMap((one) => one.answer_alias ?? []),
      );
    return rewrites.map((one, at) => ({
      ...emptyRecord,
      id: rewrites.length === 1 ? String(fields.case_id ?? index) : `${fields.case_id ?? index}.${at + 1}`,
      fact: {
        subject: one.subject,
        prompt: withSlot(one.prompt, one.subject, `requested_rewrite.${at}.prompt`),
        target: one.target_new.str,
        previousTarget: one.target_true.str,
        ...given({
          relation: one.relation_id,
          aliases: named(fields.new_single_hops, one.target_new.str, 'new_single_hops'),
          previousAliases: named(fields.single_hops, one.target_true.str, 'single_hops'),
          hops: at === rewrites.length - 1 ? some(hops) : undefined,
        }),
      },
      paraphrases: (one.question ?? '').trim() === '' ? [] : [one.question!],
      portability: at === rewrites.length - 1 ? questions : [],
    }));
  },
);

/** A hop of MQuAKE: its answer has other names, which are asked for nowhere else. */
const HopSchema = v.object({ answer: v.string(), answer_alias: v.optional(v.nullable(v.array(v.string()))) });

/** A list, where there is anything in it. */
function some<T>(list: readonly T[]): T[] | undefined {
  return list.length === 0 ? undefined : [...new Set(list)];
}

/**
 * Two conventions. kmeng01/memit dsets/zsre.py: the target is answers[0], and a neighbour is the question of `loc` with "?" and its answer.
 * The published code asks that answer token by token, each with the right tokens before it; that is the token accuracy of the answer as one
 * row, which is how it is scored here. EasyEdit, whose files have `portability`: the target is `alt`, which its questions follow from, and
 * answers[0] the answer before (examples/run_zsre_llama2.py).
 */
const zsre = format(
  'zsRE',
  has('src', 'rephrase', 'loc'),
  v.object({
    case_id: caseId,
    subject: v.string(),
    src: v.string(),
    rephrase: v.nullable(v.string()),
    answers: v.pipe(v.array(v.string()), v.minLength(1)),
    alt: v.optional(v.nullable(v.string())),
    loc: v.nullable(v.string()),
    loc_ans: v.optional(v.nullable(v.string())),
    portability: v.optional(v.nullable(v.record(v.string(), v.nullable(v.string())))),
  }),
  (fields, index, note) => {
    const question = fields.portability?.['New Question'] ?? '';
    const reply = fields.portability?.['New Answer'] ?? '';
    const alt = fields.alt ?? '';
    const [right] = fields.answers as [string];
    const isEasyEdit = fields.portability !== undefined && alt !== '';
    if (isEasyEdit) note('the target is alt, and answers[0] the answer before, as EasyEdit has it');
    else if (alt !== '') note('the target is answers[0], as MEMIT has it, and alt is not read');
    const neighbour = (fields.loc ?? '').trim();
    if (neighbour === '' || (fields.loc_ans ?? '') === '') note('loc asks nothing and is left out');
    return {
      ...emptyRecord,
      id: String(fields.case_id ?? index),
      fact: {
        subject: fields.subject,
        prompt: withSlot(fields.src, fields.subject, 'src'),
        target: isEasyEdit ? alt : right,
        ...(isEasyEdit ? { previousTarget: right } : {}),
        ...(question.trim() !== '' && reply.trim() !== '' && { hops: [{ prompt: question, target: reply }] }),
      },
      paraphrases: (fields.rephrase ?? '').trim() === '' ? [] : [fields.rephrase!],
      neighbors:
        neighbour === '' || (fields.loc_ans ?? '') === '' ? [] : [{ prompt: `${neighbour.replace(/\?$/, '')}?`, target: fields.loc_ans! }],
      portability: question.trim() !== '' && reply.trim() !== '' ? [{ prompt: question, target: reply }] : [],
    };
  },
);

/** An answer, a list of them, or a list of lists of spellings: the first is asked for. Requests of ROME and MEMIT hold it in `str`. */
const answers = v.union([v.string(), v.array(v.union([v.string(), v.array(v.string())])), answer]);
const QuestionSchema = v.object({ prompt: v.union([text, v.array(v.string())]), ground_truth: answers });
const groups = v.optional(v.nullable(v.record(v.string(), v.unknown())), {});

/**
 * EasyEdit’s request files, KnowEdit’s where they edit facts (not WikiBio and ConvSent, which edit whole texts), and requests of ROME and
 * MEMIT (kmeng01/memit, README).
 */
const easyEdit = format(
  'EasyEdit',
  has('target_new', 'prompt', 'subject'),
  v.object({
    case_id: caseId,
    subject: v.string(),
    prompt: v.string(),
    target_new: answers,
    ground_truth: v.optional(v.nullable(answers)),
    target_true: v.optional(v.nullable(answers)),
    relation_id: v.optional(v.nullable(v.string())),
    rephrase_prompt: several,
    rephrase: several,
    locality: groups,
    portability: groups,
    locality_prompt: v.optional(v.nullable(v.string())),
    locality_ground_truth: v.optional(v.nullable(answers)),
    portability_prompt: v.optional(v.nullable(v.string())),
    portability_ground_truth: v.optional(v.nullable(answers)),
  }),
  (fields, index, note) => {
    const target = first(fields.target_new);
    const previous = first(fields.ground_truth ?? fields.target_true ?? '');
    if (target === '') throw new Refusal('target_new', 'is empty');
    const single = (prompt: string | null | undefined, reply: v.InferOutput<typeof answers> | null | undefined): Question[] =>
      prompt === undefined || prompt === null || first(reply ?? '') === '' ? [] : [{ prompt, target: first(reply ?? '') }];
    const further = (isOf: (group: string) => boolean) =>
      some(
        Object.entries(fields.portability ?? {})
          .filter(([group]) => isOf(group))
          .flatMap(([group, list]) => each(list, QuestionSchema, `portability.${group}`, () => undefined))
          .map(({ prompt, ground_truth: reply }): Further => ({
            prompt: first(prompt),
            target: first(reply),
            ...given({ aliases: some(spellings(reply).filter((one) => one !== first(reply))) }),
          }))
          .filter((one) => one.prompt.trim() !== '' && one.target !== ''),
      );
    const asked = single(fields.portability_prompt, fields.portability_ground_truth);
    const grouped = (all: Record<string, unknown> | null, field: string): Question[] =>
      Object.entries(all ?? {})
        .flatMap(([group, list]) => each(list, QuestionSchema, `${field}.${group}`, note))
        .map(({ prompt, ground_truth: reply }) => ({ prompt: first(prompt), target: first(reply) }))
        .filter(({ prompt, target: wanted }) => prompt.trim() !== '' && wanted !== '');
    return {
      ...emptyRecord,
      id: String(fields.case_id ?? index),
      fact: {
        subject: fields.subject,
        prompt: withSlot(fields.prompt, fields.subject, 'prompt'),
        target,
        ...(previous === '' || previous === '<|endoftext|>' ? {} : { previousTarget: previous }),
        ...given({
          relation: fields.relation_id ?? undefined,
          aliases: some(spellings(fields.target_new).filter((one) => one !== target)),
          previousAliases: some(spellings(fields.ground_truth ?? fields.target_true ?? '').filter((one) => one !== previous)),
          implied: further((group) => group === 'Logical_Generalization'),
          hops: some([...asked, ...(further((group) => group === 'Reasoning') ?? [])]),
        }),
      },
      paraphrases: [...each(fields.rephrase_prompt, text, 'rephrase_prompt', note), ...each(fields.rephrase, text, 'rephrase', note)],
      neighbors: [...single(fields.locality_prompt, fields.locality_ground_truth), ...grouped(fields.locality, 'locality')],
      portability: [...single(fields.portability_prompt, fields.portability_ground_truth), ...grouped(fields.portability, 'portability')],
    };
  },
);

/** Records in the words of Emend: see shared/fact.ts. Fields may be called as columns of tables may. */
const ownFacts = format(
  'Emend',
  (record) => NEEDED.every((field) => Object.keys(record).some((key) => fieldOf(key) === field)),
  v.object({
    ...FactSchema.entries,
    previousTarget: v.optional(v.nullable(v.string())),
    relation: v.optional(v.nullable(v.string())),
    paraphrases: several,
    neighbors: several,
    sameSubject: several,
    follows: several,
    generationPrompts: several,
    told: v.nullish(FactSchema.entries.told),
    aliases: several,
    previousAliases: several,
    implied: several,
    hops: several,
    id: v.nullish(v.union([v.string(), v.number()])),
  }),
  ({ id, previousTarget, relation, told, ...fields }, index, note) => {
    const further = (field: 'implied' | 'hops') =>
      some(each(fields[field], FurtherSchema, field, note).map((one) => ({ ...one, prompt: fillWording(one.prompt, fields.subject) })));
    const names = (field: 'aliases' | 'previousAliases') => some(each(fields[field], text, field, note));
    const asked = given({
      aliases: names('aliases'),
      previousAliases: names('previousAliases'),
      implied: further('implied'),
      hops: further('hops'),
    });
    const about = (field: 'sameSubject' | 'follows') =>
      each(fields[field], NeighborSchema, field, note).map((one) => written(one, fields.subject));
    const [sameSubject, follows] = [about('sameSubject'), about('follows')];
    const fact: Fact = {
      subject: fields.subject,
      prompt: withSlot(fields.prompt, fields.subject, 'prompt'),
      target: fields.target,
      ...given({ previousTarget: previousTarget ?? undefined, relation: relation ?? undefined }),
      paraphrases: each(fields.paraphrases, text, 'paraphrases', note),
      neighbors: each(fields.neighbors, NeighborSchema, 'neighbors', note),
      ...(sameSubject.length > 0 && { sameSubject }),
      generationPrompts: each(fields.generationPrompts, text, 'generationPrompts', note),
    };
    const tooMany = fact.paraphrases!.find((one) => countSlots(one) > 1);
    if (tooMany !== undefined)
      throw new Refusal('paraphrases', `${JSON.stringify(tooMany)} has several places {} for the subject; expected one at most`);
    const slotted = fact.neighbors!.map((one) => (typeof one === 'string' ? one : one.prompt)).find((one) => countSlots(one) > 0);
    if (slotted !== undefined)
      throw new Refusal('neighbors', `${JSON.stringify(slotted)} has {}, and neighbours are about other subjects; write the subject out`);
    const record = recordOf(fact, String(id ?? index));
    // What is told, what follows and what an honest check asks is of the fact alone: no published measure counts it.
    const own = { ...(follows.length > 0 && { follows }), ...given({ told: told ?? undefined }), ...asked };
    return { ...record, fact: { ...record.fact, ...own } };
  },
  withFieldNames,
);

/** A question about the subject, with the subject written out. */
function written(one: Neighbor, subject: string): Neighbor {
  return typeof one === 'string' ? fillWording(one, subject) : { ...one, prompt: fillWording(one.prompt, subject) };
}

export const recordFormats: readonly RecordFormat[] = [counterFact, mquake, zsre, easyEdit, ownFacts];

/**
 * The prompt with one {} for the subject. Published prompts may have the subject itself; where it stands several times the last one becomes
 * the slot, as the answer follows it (the published code replaces all, and then refuses the record when it edits).
 */
function withSlot(prompt: string, subject: string, field: string): string {
  if (subject.trim() === '') throw new Refusal('subject', 'is empty');
  const slots = countSlots(prompt);
  if (slots === 1) return prompt;
  if (slots > 1) throw new Refusal(field, `has ${slots} places {} for the subject; expected one`);
  const put = putSlot(prompt, subject, 'last');
  if (put === undefined) throw new Refusal(field, `has neither {} nor the subject ${JSON.stringify(subject)}`);
  return put;
}

/** Every spelling of an answer; of a list of lists, those of its first answer. */
function spellings(value: v.InferOutput<typeof answers>): string[] {
  if (typeof value === 'string') return [value];
  if ('str' in value) return [value.str];
  const [one] = value;
  return (Array.isArray(one) ? one : value.length === 1 ? value : [one ?? '']).filter((name): name is string => typeof name === 'string');
}

function first(value: v.InferOutput<typeof answers>): string {
  if (typeof value === 'object' && 'str' in value) return value.str;
  const one = typeof value === 'string' ? value : (value[0] ?? '');
  return typeof one === 'string' ? one : (one[0] ?? '');
}
