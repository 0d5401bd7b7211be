import type { FactTokens } from '../../electron/engine/edit/types.ts';
import { Random } from './random.ts';

/**
 * Facts as random tokens, with the lengths that CounterFact has under GPT-2's tokenizer: a prompt of 8 to 12 tokens with a subject of
 * 2 or 3 in its first half, a target of 1 or 2, and the five contexts of about 10 tokens that MEMIT puts in front (shared by all facts).
 */
export function makeFacts(count: number, vocabulary: number, seed = 7): FactTokens[] {
  const random = new Random(seed);
  const tokens = (n: number) => Array.from({ length: n }, () => random.whole(256, vocabulary - 2));
  const contexts = [[], ...Array.from({ length: 5 }, () => tokens(random.whole(9, 11)))];
  return Array.from({ length: count }, () => {
    const before = tokens(random.whole(0, 5));
    const subject = tokens(random.whole(2, 3));
    const after = tokens(random.whole(4, 6));
    const target = tokens(random.whole(1, 4) === 1 ? 2 : 1);
    const prompt = [...before, ...subject, ...after];
    const rows = contexts.map((context) => ({
      // The last target token predicts nothing.
      ids: [...context, ...prompt, ...target.slice(0, -1)],
      subjectLast: context.length + before.length + subject.length - 1,
      targetStart: context.length + prompt.length - 1,
    }));
    return { rows, target, kl: { ids: [...subject, ...tokens(2)], subjectLast: subject.length - 1 } };
  });
}

/** Texts of equal length for the covariance. */
export function makeTexts(tokens: number, length: number, vocabulary: number, seed = 11): number[][] {
  const random = new Random(seed);
  return Array.from({ length: Math.ceil(tokens / length) }, () => Array.from({ length }, () => random.whole(256, vocabulary - 2)));
}
