import { describe, expect, it } from 'vitest';
import { earlierFacts, earlierOutcome, EARLIER_MEASURED } from '../../../electron/services/earlier.ts';
import type { CheckReport, RecordReport } from '../../../electron/engine/records.ts';
import type { ModelVersion } from '../../../electron/services/model.ts';

const fact = (n: number) => ({ subject: `subject ${n}`, prompt: '{} is in', target: 'Rome', entry: n });
/** A version whose edits wrote so many facts, the later before the earlier. */
const version = (count: number) => ({ written: () => Array.from({ length: count }, (_, n) => fact(count - n)) }) as unknown as ModelVersion;
const report = (holds: readonly boolean[]): CheckReport => ({
  records: holds.map(
    (one, at) =>
      ({ fact: fact(at + 1), measures: { exactMatch: Number(one) }, answer: one ? ' Rome' : ' Paris' }) as unknown as RecordReport,
  ),
  summary: {},
  S: undefined,
});

describe('facts of earlier edits', () => {
  it('are asked again, less those that the new facts replace', () => {
    const { records, inForce } = earlierFacts(version(3), [{ subject: 'subject 2', prompt: '{} is in', target: 'Oslo' }]);
    expect(inForce).toBe(2);
    expect(records.map((record) => record.fact.subject)).toEqual(['subject 1', 'subject 3']);
  });

  it('of very many some are taken, evenly, and both numbers are told', () => {
    const earlier = earlierFacts(version(3 * EARLIER_MEASURED), []);
    expect(earlier.inForce).toBe(3 * EARLIER_MEASURED);
    expect(earlier.records).toHaveLength(EARLIER_MEASURED);
  });

  it('that held and do not any more are named with their entries; one that did not hold before is no loss', () => {
    const earlier = earlierFacts(version(3), []);
    expect(earlierOutcome(earlier, report([true, true, false]), report([true, false, false]))).toEqual({
      inForce: 3,
      measured: 3,
      held: 2,
      fell: [{ entry: 2, subject: 'subject 2', prompt: 'subject 2 is in', target: 'Rome', says: 'Paris' }],
    });
  });

  it('are not spoken of where there are none', () => {
    expect(earlierOutcome(earlierFacts(version(0), []), report([]), report([]))).toBeUndefined();
  });
});
