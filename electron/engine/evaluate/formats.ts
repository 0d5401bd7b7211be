import * as v from 'valibot';
import { countSlots, FactSchema, SUBJECT_SLOT, type Fact } from '../../../shared/fact.ts';
import { emptyRecord, recordOf, type CheckRecord, type Question } from './records.ts';
import { given } from '../../../shared/given.ts';

/** What makes records of one published format: how to know it, its fields, and their meaning. */
export interface RecordFormat {
  readonly name: 'CounterFact' | 'zsRE' | 'EasyEdit' | 'Emend';
  /** Whether a record of unknown origin is of this format, by the fields it has. */
  fits(record: object): boolean;
  /** Reads one record; an issue has the path of the field. */
  read(record: unknown, index: number): { record: CheckRecord } | { field: string; message: string };
}

/** A format from its schema and its conversion; a conversion may refuse a record by throwing {@link Refusal}. */
function format<S extends v.GenericSchema>(
  name: RecordFormat['name'],
  marks: string[],
  schema: S,
  convert: (fields: v.InferOutput<S>, index: number) => CheckRecord,
): RecordFormat {
  return {
    name,
    fits: (record) => marks.every((mark) => mark in record),
    read(record, index) {
      const parsed = v.safeParse(schema, record);
      if (!parsed.success) return { field: v.getDotPath(parsed.issues[0]) ?? '(record)', message: parsed.issues[0].message };
      try {
        return { record: convert(parsed.output, index) };
      } catch (error) {
        if (error instanceof Refusal) return { field: error.field, message: error.message };
        throw error;
      }
    },
  };
}

class Refusal extends Error {
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

const texts = v.optional(v.array(v.string()), []);
const caseId = v.optional(v.union([v.string(), v.number()]));
const answer = v.object({ str: v.string(), id: v.optional(v.string()) });

/** kmeng01/memit dsets/counterfact.py; multi_counterfact.json has the same records. */
const counterFact = format(
  'CounterFact',
  ['requested_rewrite'],
  v.object({
    case_id: caseId,
    requested_rewrite: v.object({
      prompt: v.string(),
      subject: v.string(),
      relation_id: v.optional(v.string()),
      target_new: answer,
      target_true: answer,
    }),
    paraphrase_prompts: texts,
    neighborhood_prompts: texts,
    attribute_prompts: texts,
    generation_prompts: texts,
  }),
  (fields, index) => {
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
      paraphrases: fields.paraphrase_prompts,
      attributePrompts: fields.attribute_prompts,
      generationPrompts: fields.generation_prompts,
      neighbors: fields.neighborhood_prompts.map((one) => ({ prompt: one, target: previous.str })),
    };
  },
);

/**
 * kmeng01/memit dsets/zsre.py: the target is answers[0], and a neighbour is the question of `loc` with "?" and its answer. The published
 * code
 * asks that answer token by token, each with the right tokens before it; that is the token accuracy of the answer as one row, which is how
 * it is scored here.
 */
const zsre = format(
  'zsRE',
  ['src', 'rephrase', 'loc'],
  v.object({
    case_id: caseId,
    subject: v.string(),
    src: v.string(),
    rephrase: v.string(),
    answers: v.pipe(v.array(v.string()), v.minLength(1)),
    loc: v.pipe(v.string(), v.includes('nq question: ')),
    loc_ans: v.string(),
    portability: v.optional(v.record(v.string(), v.string())),
  }),
  (fields, index) => {
    const question = fields.portability?.['New Question'];
    const reply = fields.portability?.['New Answer'];
    return {
      ...emptyRecord,
      id: String(fields.case_id ?? index),
      fact: { subject: fields.subject, prompt: withSlot(fields.src, fields.subject, 'src'), target: fields.answers[0]! },
      paraphrases: [fields.rephrase],
      neighbors: [{ prompt: `${fields.loc}?`, target: fields.loc_ans }],
      portability: question !== undefined && reply !== undefined ? [{ prompt: question, target: reply }] : [],
    };
  },
);

/** An answer, a list of them, or a list of lists of spellings: the first is asked for. */
const answers = v.union([v.string(), v.array(v.union([v.string(), v.array(v.string())]))]);
const questions = v.optional(
  v.nullable(v.record(v.string(), v.array(v.object({ prompt: v.union([v.string(), v.array(v.string())]), ground_truth: answers })))),
  {},
);
const oneOrMore = v.optional(v.nullable(v.union([v.string(), v.array(v.string())])), []);

/** EasyEdit’s request files, and KnowEdit’s where they edit facts (not WikiBio and ConvSent, which edit whole texts). */
const easyEdit = format(
  'EasyEdit',
  ['target_new', 'prompt', 'subject'],
  v.object({
    case_id: caseId,
    subject: v.string(),
    prompt: v.string(),
    target_new: answers,
    ground_truth: v.optional(v.nullable(answers)),
    rephrase_prompt: oneOrMore,
    rephrase: oneOrMore,
    locality: questions,
    portability: questions,
    locality_prompt: v.optional(v.string()),
    locality_ground_truth: v.optional(v.string()),
    portability_prompt: v.optional(v.string()),
    portability_ground_truth: v.optional(v.string()),
  }),
  (fields, index) => {
    const target = first(fields.target_new);
    const previous = first(fields.ground_truth ?? '');
    if (target === '') throw new Refusal('target_new', 'is empty');
    const single = (prompt: string | undefined, reply: string | undefined): Question[] =>
      prompt === undefined || reply === undefined ? [] : [{ prompt, target: reply }];
    return {
      ...emptyRecord,
      id: String(fields.case_id ?? index),
      fact: {
        subject: fields.subject,
        prompt: withSlot(fields.prompt, fields.subject, 'prompt'),
        target,
        ...(previous === '' || previous === '<|endoftext|>' ? {} : { previousTarget: previous }),
      },
      paraphrases: [fields.rephrase_prompt ?? [], fields.rephrase ?? []].flat(),
      neighbors: [...single(fields.locality_prompt, fields.locality_ground_truth), ...asked(fields.locality ?? {})],
      portability: [...single(fields.portability_prompt, fields.portability_ground_truth), ...asked(fields.portability ?? {})],
    };
  },
);

/** Records in the words of Emend: see shared/fact.ts. */
const ownFacts = format(
  'Emend',
  ['subject', 'prompt', 'target'],
  v.object({ ...FactSchema.entries, id: caseId }),
  ({ id, ...fields }, index) => {
    const fact: Fact = { ...fields, prompt: withSlot(fields.prompt, fields.subject, 'prompt') };
    return recordOf(fact, String(id ?? index));
  },
);

export const recordFormats: readonly RecordFormat[] = [counterFact, zsre, easyEdit, ownFacts];

/**
 * The prompt with one {} for the subject. Published prompts may have the subject itself; where it stands several times the last one becomes
 * the slot, as the answer follows it (the published code replaces all, and then refuses the record when it edits).
 */
function withSlot(prompt: string, subject: string, field: string): string {
  if (subject.trim() === '') throw new Refusal('subject', 'is empty');
  const slots = countSlots(prompt);
  if (slots === 1) return prompt;
  const at = prompt.lastIndexOf(subject);
  if (slots > 1) throw new Refusal(field, `has ${slots} places {} for the subject; expected one`);
  if (at < 0) throw new Refusal(field, `has neither {} nor the subject ${JSON.stringify(subject)}`);
  return prompt.slice(0, at) + SUBJECT_SLOT + prompt.slice(at + subject.length);
}

function first(value: v.InferOutput<typeof answers>): string {
  const one = typeof value === 'string' ? value : (value[0] ?? '');
  return typeof one === 'string' ? one : (one[0] ?? '');
}

function asked(groups: Record<string, { prompt: string | string[]; ground_truth: v.InferOutput<typeof answers> }[]>): Question[] {
  return Object.values(groups)
    .flat()
    .map(({ prompt, ground_truth: reply }) => ({ prompt: first(prompt), target: first(reply) }))
    .filter(({ target }) => target !== '');
}
