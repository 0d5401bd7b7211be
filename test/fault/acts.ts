import type { Ledger } from '../../electron/ledger/ledger.ts';
import { partsOf } from '../../electron/ledger/versions.ts';
import { BY, commit, importBody } from '../unit/ledger/samples.ts';

/** One act on a ledger; each may come after any others. */
export type Act = (ledger: Ledger) => Promise<unknown>;

const current = (ledger: Ledger): string => ledger.history.current.id;

/** Imports if nothing is imported yet. */
export const begin: Act = async (ledger) => {
  if (ledger.history.isEmpty) await ledger.append('import', importBody(), BY);
};

export const edit =
  (n: number): Act =>
  (ledger) =>
    commit(ledger, n);
export const note: Act = (ledger) => ledger.append('note', { version: current(ledger) }, BY);
export const checkpoint: Act = (ledger) => ledger.checkpoint();

/** Each name once. */
export const tag: Act = (ledger) => ledger.append('tag', { name: `version at ${ledger.head.seq}`, version: current(ledger) }, BY);

/** Takes out the edit that has been in force longest, if there is one. */
export const revert: Act = async (ledger) => {
  const first = partsOf(ledger.history.current)[0];
  if (first) await ledger.append('revert', { parent: current(ledger), entry: first.entry, changed: [], checks: [], evidence: {} }, BY);
};

/** Back to the base, if not there already. */
export const rollback: Act = async (ledger) => {
  const base = ledger.history.find('base');
  if (base.id !== current(ledger)) await ledger.append('rollback', { parent: current(ledger), version: base.id, changed: [] }, BY);
};

export const draft: Act = (ledger) =>
  ledger.drafts.save({ kind: 'edit', parent: current(ledger), facts: [], blobs: {}, content: { text: 'half a form' } }, new Date(0));

/** Every kind of act that writes, some of them twice. */
export const every: readonly Act[] = [begin, edit(1), edit(2), draft, tag, edit(3), revert, checkpoint, note, rollback, edit(1)];
