import { EmendError } from '../../../shared/errors.ts';
import { Random } from '../runtime/sampling.ts';
import type { Example, Split } from './method.ts';

/** A pair of texts that differ in what is to be steered. */
export interface Pair {
  readonly positive: readonly number[];
  readonly negative: readonly number[];
}

/** The examples of some groups as pairs. @throws EmendError 'bad-input' for a group that is none */
export function pairsOf(examples: readonly Example[], groups: readonly number[]): Pair[] {
  const byGroup = new Map<number, Example[]>();
  for (const one of examples) byGroup.set(one.group, [...(byGroup.get(one.group) ?? []), one]);
  return groups.map((group) => {
    const of = (label: boolean) => (byGroup.get(group) ?? []).filter((one) => one.label === label);
    const [positive, negative] = [of(true), of(false)];
    if (positive.length !== 1 || negative.length !== 1)
      throw new EmendError(
        'bad-input',
        `Group ${group + 1} of the examples has ${positive.length} texts of the first kind and ${negative.length} of the second; ` +
          'expected one of each.',
        'Give pairs, or use a method that takes labelled texts.',
      );
    return { positive: positive[0]!.ids, negative: negative[0]!.ids };
  });
}

/**
 * Groups in random parts. Whole groups, so that no wording of a question is on both sides.
 * @param shares of all groups: of validation, and of the test
 */
export function splitOf(groups: readonly number[], shares: { readonly validation: number; readonly test: number }, seed: number): Split {
  const order = shuffled(groups, seed);
  const part = (share: number) => (share === 0 ? 0 : Math.max(1, Math.round(share * groups.length)));
  const [test, validation] = [part(shares.test), part(shares.validation)];
  const sorted = (some: readonly number[]) => [...some].sort((a, b) => a - b);
  return {
    test: sorted(order.slice(0, test)),
    validation: sorted(order.slice(test, test + validation)),
    train: sorted(order.slice(test + validation)),
  };
}

/** The same items in random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const dice = new Random(seed);
  const order = [...items];
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(dice.next() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}
