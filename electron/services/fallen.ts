import { fillPrompt } from '../../shared/fact.ts';
import type { Fallen } from '../../shared/fallen.ts';
import { given } from '../../shared/given.ts';
import { kindInfo } from '../../shared/kinds.ts';
import type { RecordReport } from '../engine/records.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readCheckReport } from './evidence/blobs.ts';
import { readReport } from './library-record.ts';

/**
 * Facts that were found not to hold when an entry was made: of a check those that it measured, of a revert those of the edits above the one
 * taken out, of a revert with re-application those that were worked out anew, of an edit its own and those of earlier edits that it felled.
 * Empty where nothing was measured.
 * @throws EmendError what reading a report throws
 */
export async function fallenAt(ledger: Ledger, seq: number): Promise<Fallen[]> {
  const { kind, body } = ledger.entry(seq);
  const ref = 'evidence' in body ? body.evidence['report'] : undefined;
  if (kindInfo(kind).report === 'edit') return ref ? ofEdit(ledger, seq) : [];
  if (ref && ('later' in body || 'suite' in body)) {
    const { records } = await readCheckReport(ledger.blobs, ref);
    const entries = 'later' in body ? body.later.flatMap((entry) => Array<number>(factsWritten(ledger, entry)).fill(entry)) : [];
    return records.flatMap((record, at) => (holds(record) ? [] : [fallen(record.fact, record.answer, entries[at])]));
  }
  return kindInfo(kind).version === 'takes out'
    ? (await Promise.all(madeAnewWith(ledger, seq).map((one) => ofEdit(ledger, one)))).flat()
    : [];
}

async function ofEdit(ledger: Ledger, seq: number): Promise<Fallen[]> {
  const { body } = ledger.entry(seq);
  const { facts, earlier } = await readReport(ledger, 'evidence' in body ? body.evidence['report'] : undefined);
  const own = facts.filter(({ rewrite }) => !rewrite.good).map(({ fact, answerAfter }) => fallen(fact, answerAfter, seq));
  return [...own, ...(earlier?.fell ?? [])];
}

/** Entries that an act re-applied which goes on from this revert. */
function madeAnewWith(ledger: Ledger, seq: number): number[] {
  const act = ledger.entries.findLast(
    ({ seq: first, body }) => first <= seq && 'until' in body && body.until !== undefined && body.until >= seq,
  );
  const until = act && 'until' in act.body ? (act.body.until ?? 0) : 0;
  return ledger.entries
    .filter(({ seq: one, body }) => one > seq && one <= until && 'reapplies' in body && body.reapplies !== undefined)
    .map((one) => one.seq);
}

function factsWritten(ledger: Ledger, seq: number): number {
  const { body } = ledger.entry(seq);
  return 'facts' in body && 'factSet' in body ? body.facts.length : 0;
}

/** Whether a fact's prompt is answered with its target. */
export function holds({ measures, rewrite }: RecordReport): boolean {
  return measures.exactMatch === undefined ? (rewrite.wanted?.correct ?? false) : measures.exactMatch === 1;
}

/** A fact that does not hold, as it is told. */
export function fallen(
  fact: { subject: string; prompt: string; target: string },
  says: string | undefined,
  entry: number | undefined,
): Fallen {
  const { subject, prompt, target } = fact;
  return { ...given({ entry }), subject, target, prompt: fillPrompt(prompt, subject).text, ...given({ says: says?.trim() }) };
}
