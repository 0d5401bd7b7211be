import type { Report } from '../../../shared/progress.ts';
import type { SteeringQuestion } from '../../../shared/steering/data.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Generator } from '../decoder/generate.ts';
import { ScoreSession } from '../decoder/score.ts';
import { greedy } from '../runtime/sampling.ts';
import type { Mean, SteeringMeasures } from '../steer/report.ts';
import { rowWithTarget } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { generationEntropy } from './fluency.ts';
import { multipleChoice, type MultipleChoice } from './multiple-choice.ts';
import { textShifts } from './text-shift.ts';

/** What steering is measured on. */
export interface SteeringMaterial {
  readonly questions: readonly SteeringQuestion[];
  /** Whether answers are scored by all their tokens, or by the first alone. */
  readonly answers: 'whole' | 'first token';
  /** Ordinary texts, for what it costs. */
  readonly texts: readonly string[];
  /** Prompts to write on from, and words to look for in what was written. */
  readonly prompts: readonly string[];
  readonly words: readonly string[];
  readonly maxTokens: number;
}

/** Mean with its standard error, s/√n; undefined of nothing. */
export function meanOf(values: readonly number[]): Mean | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  const spread = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, error: count < 2 ? undefined : Math.sqrt(spread / (count - 1) / count), count };
}

/** The three scores of each question. @param before put in front of every prompt: the plain way of asking for the same */
export async function choicesOf(
  decoder: Decoder,
  tokenizer: Tokenizer,
  { questions, answers }: Pick<SteeringMaterial, 'questions' | 'answers'>,
  report: Report,
  before = '',
): Promise<MultipleChoice[]> {
  const rows = questions.flatMap(({ prompt, true: right, false: wrong }) =>
    [...right, ...wrong].map((answer) => {
      const { ids, targetStart } = rowWithTarget(tokenizer, `${before}${prompt}`, answer);
      return { ids: answers === 'whole' ? ids : ids.slice(0, targetStart + 1), from: targetStart };
    }),
  );
  if (rows.length === 0) return [];
  const session = await ScoreSession.create(decoder, { prepack: false });
  try {
    const scores = await session.score(rows, (done) => {
      report.check();
      report.progress('questions', done, rows.length);
    });
    let at = 0;
    const sums = (some: readonly string[]) => some.map(() => scores[at++]!.reduce((sum, { logProbability }) => sum + logProbability, 0));
    return questions.map(({ true: right, false: wrong, best }) => multipleChoice({ true: sums(right), false: sums(wrong), best }));
  } finally {
    await session.release();
  }
}

/** What is written after each prompt, greedily. */
export async function writtenAfter(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompts: readonly string[],
  maxTokens: number,
  report: Report,
): Promise<string[]> {
  if (prompts.length === 0) return [];
  const generator = await Generator.create(decoder, { prepack: false });
  try {
    report.progress('writing', 0, prompts.length);
    const rows = prompts.map((prompt) => tokenizer.encode(prompt));
    const made = await generator.continue(rows, { maxTokens, sampling: greedy, stopAt: tokenizer.eosIds, check: () => report.check() });
    report.progress('writing', prompts.length, prompts.length);
    return made.map((ids) => tokenizer.continuation(ids));
  } finally {
    await generator.release();
  }
}

/** Measures one form of a model. @param base the model as it was; left out, nothing is said of cost */
export async function measureSteering(
  decoder: Decoder,
  base: Decoder | undefined,
  tokenizer: Tokenizer,
  material: SteeringMaterial,
  report: Report,
  before = '',
): Promise<{ measures: SteeringMeasures; written: string[] }> {
  const choices = await choicesOf(decoder, tokenizer, material, report, before);
  const written = await writtenAfter(
    decoder,
    tokenizer,
    material.prompts.map((prompt) => `${before}${prompt}`),
    material.maxTokens,
    report,
  );
  const rows = material.texts.map((text) => tokenizer.encode(text)).filter(({ length }) => length > 1);
  const shifts = base === undefined || before !== '' ? [] : await textShifts(base, decoder, rows, report);
  const words = material.words.map((word) => word.toLowerCase());
  const hasWord = (text: string) => words.some((word) => text.toLowerCase().includes(word));
  const measures = {
    MC1: meanOf(choices.map(({ MC1 }) => MC1)),
    MC2: meanOf(choices.map(({ MC2 }) => MC2)),
    MC3: meanOf(choices.map(({ MC3 }) => MC3)),
    words: words.length === 0 ? undefined : meanOf(written.map((text) => Number(hasWord(text)))),
    fluency: meanOf(written.map(generationEntropy)),
    crossEntropy: meanOf(shifts.map(({ after }) => after)),
    kl: meanOf(shifts.map(({ kl }) => kl)),
  };
  return { measures: Object.fromEntries(Object.entries(measures).filter(([, value]) => value !== undefined)), written };
}
