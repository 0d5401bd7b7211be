import { Random } from '../../../electron/engine/runtime/sampling.ts';
import type { FactTokens } from '../../../electron/engine/edit/types.ts';
import type { TargetSettings } from '../../../electron/engine/edit/target.ts';

/** A search short enough for tests; nothing stops early. */
export const SEARCH: TargetSettings = { steps: 8, learningRate: 0.3, weightDecay: 0.5, klFactor: 0.0625, clamp: 2, stopBelow: -Infinity };

/**
 * Made-up facts as token rows of different lengths: behind each context the subject, a relation and the target without its last token.
 * @param contexts token rows in front; the first is the plain prompt's (empty)
 */
export function someFacts(
  count: number,
  contexts: readonly (readonly number[])[] = [[], [3, 1, 4], [1, 5]],
  seed = 2,
  vocabulary = 23,
): FactTokens[] {
  const random = new Random(seed);
  const tokens = (n: number) => Array.from({ length: n }, () => 1 + Math.floor(random.next() * (vocabulary - 1)));
  return Array.from({ length: count }, (_, i) => {
    const [subject, relation, target] = [tokens(1 + (i % 3)), tokens(2 + (i % 2)), tokens(1 + ((i + 1) % 2))];
    const rows = contexts.map((context) => {
      const prompt = [...context, ...subject, ...relation];
      return { ids: [...prompt, ...target.slice(0, -1)], subjectLast: context.length + subject.length - 1, targetStart: prompt.length - 1 };
    });
    return { rows, target, kl: { ids: [...subject, 7, 9], subjectLast: subject.length - 1 } };
  });
}
