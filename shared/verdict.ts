import * as v from 'valibot';

/** What vouches for a record. */
export const ProverSchema = v.object({
  /**
   * 'anchor': the signed file beside this computer's key. 'checkpoint': a signed statement that lies in the record's own folder.
   * 'given': something that a person brought from elsewhere: an export, a checkpoint, a digest. 'key': whoever has the key that was given.
   */
  what: v.picklist(['anchor', 'checkpoint', 'given', 'key']),
  /** Of what was given: what it is, such as "the export /backup/atlas". */
  name: v.exactOptional(v.string()),
  /** Id of the key that signed. */
  key: v.exactOptional(v.string()),
  /** When, ISO 8601. */
  time: v.exactOptional(v.string()),
});
export type Prover = v.InferOutput<typeof ProverSchema>;

/** How far a record is proven, apart from whether it is damaged. */
export const ProofSchema = v.object({
  /** Every entry up to this one is as it was signed; 0 when none is. */
  upTo: v.number(),
  by: v.exactOptional(ProverSchema),
  /** Whether what proves it would know of entries that were cut off. */
  end: v.boolean(),
  /** The entry from which on the record has an anchor. */
  since: v.exactOptional(v.number()),
  /** Why its end is not proven. */
  why: v.exactOptional(v.string()),
});
export type Proof = v.InferOutput<typeof ProofSchema>;

/** What verifying a record or an export comes to. */
export const VerdictSchema = v.object({
  ...ProofSchema.entries,
  /** How many entries the record has. */
  entries: v.number(),
  problems: v.number(),
  /** What could not be looked at, in words: neither sound nor damaged. */
  unchecked: v.array(v.string()),
});
export type Verdict = v.InferOutput<typeof VerdictSchema>;

export type VerdictState = 'damaged' | 'whole' | 'partly' | 'proven';

export function stateOf({ problems, upTo, end }: Verdict): VerdictState {
  if (problems > 0) return 'damaged';
  if (upTo === 0) return 'whole';
  return end ? 'proven' : 'partly';
}

/** Whether a person may rely on it without another word. */
export function isProven(verdict: Verdict): boolean {
  return stateOf(verdict) === 'proven' && verdict.unchecked.length === 0;
}

/** The verdict as a sentence; the same wherever it is told. */
export function verdictWords(verdict: Verdict): string {
  const { upTo, by, end, since, why, problems, unchecked } = verdict;
  const state = stateOf(verdict);
  if (state === 'damaged') return `Damaged: ${problems} ${problems === 1 ? 'problem' : 'problems'} found.`;
  const proven = state === 'whole' ? '' : `; proven up to entry ${upTo}${end ? ', its end,' : ''} by ${proverWords(by)}`;
  const anchored = since === undefined || since === 1 ? '' : `; anchored from entry ${since} on`;
  const open = end ? '' : `; end not proven${why === undefined ? '' : `: ${why}`}`;
  const rest = unchecked.length === 0 ? '' : ` Not all could be checked: ${unchecked.join(' ')}`;
  return `Whole in itself${proven}${anchored}${sentence(open)}${rest}`;
}

/** The same in two or three words, for a badge. */
export function verdictLabel(verdict: Verdict): string {
  const state = stateOf(verdict);
  if (state === 'damaged') return 'Damaged';
  if (verdict.unchecked.length > 0) return 'Not all checked';
  return state === 'whole' ? 'Whole in itself' : `Proven up to entry ${verdict.upTo}`;
}

function proverWords(by: Prover | undefined): string {
  if (by === undefined) return 'nobody';
  const { what, name, key, time } = by;
  const who = {
    anchor: 'the anchor of this computer',
    checkpoint: 'its own checkpoint',
    given: name ?? 'what was given',
    key: 'the key that was given',
  }[what];
  const signed = [key === undefined ? '' : `key ${key}`, time === undefined ? '' : `${time.slice(0, 16).replace('T', ' ')} UTC`];
  const said = signed.filter((part) => part !== '').join(', ');
  return said === '' ? who : `${who} (${said})`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
