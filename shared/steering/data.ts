import * as v from 'valibot';

const text = v.pipe(v.string(), v.nonEmpty('expected some text'), v.maxLength(100_000, 'expected at most 100000 characters'));
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** A text of one of two kinds. Texts of one group are a pair, or answers to one question; a group is never divided. */
export const ExampleSchema = v.strictObject({ text, label: v.boolean(), group: natural });
export type SteeringExample = v.InferOutput<typeof ExampleSchema>;

/** A question with answers to choose from. Answers stand behind the prompt as they are, with their space in front. */
export const QuestionSchema = v.pipe(
  v.strictObject({
    prompt: text,
    true: v.pipe(v.array(text), v.minLength(1, 'expected a right answer')),
    false: v.pipe(v.array(text), v.minLength(1, 'expected a wrong answer')),
    /** Which of the right answers is the best. */
    best: natural,
  }),
  v.check((question) => question.best < question.true.length, 'expected the best answer to be one of the right ones'),
);
export type SteeringQuestion = v.InferOutput<typeof QuestionSchema>;

export const SteeringExampleList = v.pipe(v.array(ExampleSchema), v.maxLength(20_000, 'expected at most 20000 texts'));
export const SteeringQuestionList = v.pipe(v.array(QuestionSchema), v.maxLength(5_000, 'expected at most 5000 questions'));

/** What a steering is fitted on, and what it is measured by. */
export const SteeringDataSchema = v.strictObject({
  /** In words: a file, a built-in set, a table. */
  source: v.string(),
  examples: SteeringExampleList,
  questions: SteeringQuestionList,
});
export type SteeringData = v.InferOutput<typeof SteeringDataSchema>;
