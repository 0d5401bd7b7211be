import Papa from 'papaparse';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { ExampleSchema, QuestionSchema, type SteeringExample, type SteeringQuestion } from '../../../shared/steering/data.ts';

/** Examples and questions as they were read, and what was left out. */
export interface ReadSteeringData {
  /** In words, for people. */
  readonly format: string;
  readonly examples: readonly SteeringExample[];
  readonly questions: readonly SteeringQuestion[];
  readonly problems: readonly string[];
}

/** What one record comes to. */
interface Taken {
  readonly examples?: readonly { readonly text: string; readonly label: boolean; readonly group?: number }[];
  readonly questions?: readonly SteeringQuestion[];
}

/** A form of records: how one is told, and what it comes to. */
interface Form {
  readonly name: string;
  readonly schema: v.GenericSchema<never, unknown>;
  readonly take: (record: never) => Taken;
}

const line = v.pipe(v.string(), v.trim(), v.nonEmpty('expected some text'));
const answers = v.pipe(
  v.union([
    v.array(line),
    v.pipe(
      line,
      v.transform((cell) =>
        cell
          .split(';')
          .map((one) => one.trim())
          .filter((one) => one !== ''),
      ),
    ),
  ]),
  v.minLength(1),
);
const label = v.union([
  v.boolean(),
  v.pipe(
    v.picklist([0, 1]),
    v.transform((one) => one === 1),
  ),
  v.pipe(
    v.picklist(['0', '1', 'false', 'true']),
    v.transform((one) => one === '1' || one === 'true'),
  ),
]);
const targets = v.object({ choices: v.array(line), labels: v.array(v.picklist([0, 1])) });

/** A form's parts, its types kept together. */
function form<T>(name: string, schema: v.GenericSchema<unknown, T>, take: (record: T) => Taken): Form {
  return { name, schema: schema as never, take: take as never };
}

/** As honest_llama joins a question and an answer. */
function asked(question: string, right: readonly string[], wrong: readonly string[], best = 0): Taken {
  const prompt = `Q: ${question} A:`;
  const behind = (some: readonly string[]) => some.map((one) => ` ${one}`);
  const example = (one: string, is: boolean) => ({ text: `${prompt} ${one}`, label: is });
  return {
    examples: [...right.map((one) => example(one, true)), ...wrong.map((one) => example(one, false))],
    questions: [{ prompt, true: behind(right), false: behind(wrong), best }],
  };
}

const FORMS: readonly Form[] = [
  form('pairs', v.object({ positive: line, negative: line }), ({ positive, negative }) => ({
    examples: [
      { text: positive, label: true },
      { text: negative, label: false },
    ],
  })),
  form(
    'TruthfulQA, multiple choice',
    v.object({ question: line, mc2_targets: targets }),
    ({ question, mc2_targets: { choices, labels } }) =>
      asked(
        question,
        choices.filter((_, i) => labels[i] === 1),
        choices.filter((_, i) => labels[i] === 0),
      ),
  ),
  form(
    'TruthfulQA',
    v.object({ question: line, best_answer: line, correct_answers: answers, incorrect_answers: answers }),
    ({ question, best_answer: best, correct_answers: right, incorrect_answers: wrong }) =>
      asked(question, right.includes(best) ? right : [best, ...right], wrong, Math.max(0, right.indexOf(best))),
  ),
  form('questions', v.object({ prompt: line, true: answers, false: answers }), ({ prompt, true: right, false: wrong }) => ({
    examples: [
      ...right.map((one) => ({ text: `${prompt} ${one}`, label: true })),
      ...wrong.map((one) => ({ text: `${prompt} ${one}`, label: false })),
    ],
    questions: [{ prompt, true: right.map((one) => ` ${one}`), false: wrong.map((one) => ` ${one}`), best: 0 }],
  })),
  form(
    'labelled texts',
    v.object({
      text: line,
      label,
      group: v.optional(v.union([v.pipe(v.number(), v.safeInteger()), v.pipe(line, v.toNumber(), v.safeInteger())])),
    }),
    ({ text, label: is, group }) => ({ examples: [{ text, label: is, ...(group === undefined ? {} : { group }) }] }),
  ),
];

/** Stimuli of representation-engineering: pairs with labels, or all texts in a row. */
const RepeSchema = v.object({ data: v.union([v.array(v.array(line)), v.array(line)]), labels: v.array(v.array(label)) });

const SAID = 'pairs (positive, negative), labelled texts (text, label, group), TruthfulQA, or questions (prompt, true, false)';

/**
 * Reads what a steering is fitted on: CSV or TSV with a header, JSON, JSONL; pairs (repeng's form too), labelled texts, TruthfulQA as CSV
 * or as
 * on the Hub, RepE's data and labels.
 * @param source for messages: a file's name
 * @throws EmendError 'bad-file', 'bad-input' saying what was expected and what was found
 */
export function readSteeringData(text: string, source: string): ReadSteeringData {
  const parsed = parse(text.trim(), source);
  const repe = v.safeParse(RepeSchema, parsed);
  if (repe.success) return ofRepe(repe.output);
  const records = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed];
  const known = FORMS.find(({ schema }) => records.some((record) => v.is(schema, record)));
  if (!known) {
    const found =
      typeof records[0] === 'object' && records[0] !== null ? Object.keys(records[0]).slice(0, 8).join(', ') : typeof records[0];
    throw new EmendError('bad-input', `${source}: expected ${SAID}; found records with ${found}.`, 'Name the fields or columns so.');
  }
  const examples: SteeringExample[] = [];
  const questions: SteeringQuestion[] = [];
  const problems: string[] = [];
  records.forEach((record, at) => {
    const result = v.safeParse(known.schema, record);
    if (!result.success) {
      problems.push(`Record ${at + 1} was left out: ${v.getDotPath(result.issues[0]) ?? 'the record'}: ${result.issues[0].message}.`);
      return;
    }
    const taken = known.take(result.output as never);
    for (const { group = at, ...example } of taken.examples ?? []) examples.push({ ...example, group });
    questions.push(...(taken.questions ?? []));
  });
  return checked({ format: known.name, examples, questions, problems }, source);
}

function ofRepe({ data, labels }: v.InferOutput<typeof RepeSchema>): ReadSteeringData {
  const rows = data.every((row) => typeof row === 'string') ? labels.map((some, i) => data.slice(2 * i, 2 * i + some.length)) : data;
  const examples = labels.flatMap((some, group) =>
    some.flatMap((is, at): SteeringExample[] => {
      const text = rows[group]?.[at];
      return typeof text === 'string' ? [{ text, label: is, group }] : [];
    }),
  );
  return { format: 'RepE data and labels', examples, questions: [], problems: [] };
}

/** What is too long or empty is said, not cut. */
function checked(read: ReadSteeringData, source: string): ReadSteeringData {
  const problems = [...read.problems];
  const fits =
    <S extends v.GenericSchema>(schema: S, what: string) =>
    (one: unknown, at: number): boolean => {
      const result = v.safeParse(schema, one);
      if (!result.success) problems.push(`${what} ${at + 1} was left out: ${result.issues[0].message}.`);
      return result.success;
    };
  const examples = read.examples.filter(fits(ExampleSchema, 'Text'));
  const questions = read.questions.filter(fits(QuestionSchema, 'Question'));
  if (examples.length === 0)
    throw new EmendError('bad-input', `${source} holds no text to fit on. ${problems[0] ?? ''}`.trim(), `Expected ${SAID}.`);
  return { ...read, examples, questions, problems };
}

function parse(text: string, source: string): unknown {
  if (text.startsWith('[') || text.startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {
      return jsonLines(text, source);
    }
  }
  const table = Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: 'greedy',
    delimitersToGuess: [',', '\t', ';'],
    transformHeader: (name) => name.trim().toLowerCase().replaceAll(/\s+/g, '_'),
  });
  const broken = table.errors.find((error) => error.type === 'Quotes');
  if (broken)
    throw new EmendError('bad-file', `${source}: row ${(broken.row ?? 0) + 1}: ${broken.message}.`, 'Close every quotation mark.');
  return table.data;
}

function jsonLines(text: string, source: string): unknown[] {
  return text.split(/\r?\n/).flatMap((one, at) => {
    if (one.trim() === '') return [];
    try {
      return [JSON.parse(one) as unknown];
    } catch (error) {
      throw new EmendError(
        'bad-file',
        `${source}, line ${at + 1} is not JSON: ${(error as Error).message}`,
        'Write one record on each line.',
      );
    }
  });
}
