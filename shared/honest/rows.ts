import type { HonestAnswer, HonestReport } from '../contract/honest.ts';
import type { HonestMeasureName } from '../measures.ts';
import { probeNames } from './index.ts';

/** How often what is looked for was given to one kind of question: the mean over the facts, 0 to 1. */
export interface HonestRow {
  readonly probe: HonestMeasureName;
  /** Facts that gave material for it. */
  readonly facts: number;
  /** The old answer on the version before; undefined where nobody knows the old answer. */
  readonly before: number | undefined;
  /** The new answer on the version before, which was told the fact in front. */
  readonly context: number;
  /** The new answer on the edited version. */
  readonly after: number;
}

/** A row for every kind of question that was asked. */
export function honestRows({ facts }: Pick<HonestReport, 'facts'>): HonestRow[] {
  return probeNames.flatMap((probe): HonestRow[] => {
    const asked = facts.map(({ answers }) => answers.filter((one) => one.probe === probe)).filter(({ length }) => length > 0);
    const over = (of: (one: HonestAnswer) => boolean | undefined) => {
      const shares = asked.flatMap((answers) => mean(answers.flatMap((one) => of(one) ?? []).map(Number)) ?? []);
      return mean(shares);
    };
    const [context, after] = [over((one) => one.context.given), over((one) => one.after.given)];
    if (context === undefined || after === undefined) return [];
    return [{ probe, facts: asked.length, before: over((one) => one.before?.given), context, after }];
  });
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
