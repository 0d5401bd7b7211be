import type { Draft } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import { counted, shortDraft } from './format/ids.ts';
import { factsLine } from './show/facts.ts';

/**
 * The draft whose id begins so; the only one that can be committed when nothing is named.
 * @throws EmendError 'not-found' or 'bad-input', listing the drafts there are
 */
export function draftCalled(drafts: readonly Draft[], wanted: string | undefined): Draft {
  const ready = drafts.filter(({ stale }) => !stale);
  const fitting = wanted === undefined ? ready : drafts.filter(({ id }) => id.startsWith(wanted.toLowerCase()));
  if (fitting.length === 1) return fitting[0]!;
  const listed = drafts.map((draft) => `${shortDraft(draft.id)} (${draft.stale ? 'outdated: ' : ''}${factsLine(draft.facts)})`).join('; ');
  if (drafts.length === 0) throw new EmendError('not-found', 'There is no draft.', 'Work one out with: emend edit <model> …');
  if (wanted !== undefined)
    throw new EmendError(
      fitting.length === 0 ? 'not-found' : 'bad-input',
      `${fitting.length === 0 ? 'No draft has' : `${fitting.length} drafts have`} an id that begins with ` +
        `${JSON.stringify(wanted)}. There are: ${listed}.`,
      'Give the beginning of one of these ids.',
    );
  if (fitting.length === 0)
    throw new EmendError(
      'bad-input',
      `No draft fits the current version any more. There are: ${listed}.`,
      'Work the edit out again on the current version with: emend edit <model> …',
    );
  throw new EmendError(
    'bad-input',
    `There are ${counted(fitting.length, 'draft')}: ${listed}.`,
    'Say which one, by the beginning of its id.',
  );
}
