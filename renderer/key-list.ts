import { COMMANDS } from '../shared/commands.ts';
import { SCREENS } from '../shared/screens.ts';

/** A key that does something in some place. */
export interface ListedKey {
  /** Names that belong to one line, such as up and down; joined by + they are pressed together. Mod is Command on a Mac, else Ctrl. */
  readonly keys: readonly string[];
  readonly does: string;
}

/** Keys of the table of facts, by what they do there; the table does each of them, and no other. */
export const GRID_KEYS = {
  below: { keys: ['Enter'], does: 'The row below; a new one behind the last' },
  above: { keys: ['Shift+Enter'], does: 'The row above' },
  up: { keys: ['ArrowUp'], does: 'A cell up; from the first row, its heading' },
  down: { keys: ['ArrowDown'], does: 'A cell down' },
  left: { keys: ['ArrowLeft'], does: 'The cell before, at the beginning of the text' },
  right: { keys: ['ArrowRight'], does: 'The next cell, at the end of the text' },
  pageUp: { keys: ['PageUp'], does: 'A page up' },
  pageDown: { keys: ['PageDown'], does: 'A page down' },
  first: { keys: ['Mod+Home'], does: 'The first row' },
  last: { keys: ['Mod+End'], does: 'The last row' },
  extendUp: { keys: ['Shift+ArrowUp'], does: 'Select up to the row above' },
  extendDown: { keys: ['Shift+ArrowDown'], does: 'Select up to the row below' },
  extendFirst: { keys: ['Mod+Shift+Home'], does: 'Select up to the first row' },
  extendLast: { keys: ['Mod+Shift+End'], does: 'Select up to the last row' },
  all: { keys: ['Mod+A'], does: 'Select the text of the cell, then all rows' },
  besideUp: { keys: ['Mod+ArrowUp'], does: 'Up, and what is selected stays' },
  besideDown: { keys: ['Mod+ArrowDown'], does: 'Down, and what is selected stays' },
  toggle: { keys: ['Mod+.'], does: 'Select this row too, or no longer' },
  duplicate: { keys: ['Mod+D'], does: 'Duplicate the selected facts' },
  remove: { keys: ['Mod+Delete'], does: 'Remove the selected facts' },
  find: { keys: ['Mod+F'], does: 'Find in the facts' },
  escape: { keys: ['Escape'], does: 'Take back what was typed, then select one row alone' },
} as const satisfies Readonly<Record<string, ListedKey>>;
export type GridKey = keyof typeof GRID_KEYS;

/** Keys of the headings of the table, which are one stop of Tab together. */
export const HEAD_KEYS = {
  left: { keys: ['ArrowLeft'], does: 'The heading before' },
  right: { keys: ['ArrowRight'], does: 'The next heading' },
  down: { keys: ['ArrowDown'], does: 'The first row' },
  wider: { keys: ['Shift+ArrowRight'], does: 'Make the column wider' },
  narrower: { keys: ['Shift+ArrowLeft'], does: 'Make the column narrower' },
  asItComes: { keys: ['Shift+Home'], does: 'Make the column as wide as it comes' },
} as const satisfies Readonly<Record<string, ListedKey>>;
export type HeadKey = keyof typeof HEAD_KEYS;

/** Keys of the form around the table. */
export const FORM_KEYS = {
  undo: { keys: ['Mod+Z'], does: 'Undo' },
  redo: { keys: ['Mod+Shift+Z', 'Mod+Y'], does: 'Redo' },
  workOut: { keys: ['Mod+Enter'], does: 'Work out the edit' },
} as const satisfies Readonly<Record<string, ListedKey>>;
export type FormKey = keyof typeof FORM_KEYS;

/** Every key of the page, by where it works. What is not written here does not exist; a test looks through the page for others. */
export const KEY_GROUPS: readonly { readonly title: string; readonly keys: readonly ListedKey[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      ...[...SCREENS, ...COMMANDS].flatMap(({ keys, label }) => (keys.length === 0 ? [] : [{ keys, does: label }])),
      { keys: ['Escape'], does: 'Close a dialog, a panel, an explanation' },
    ],
  },
  {
    title: 'In lists, tables and figures',
    keys: [
      { keys: ['ArrowUp', 'ArrowDown'], does: 'The one before, the next one' },
      { keys: ['ArrowLeft', 'ArrowRight'], does: 'The tab or cell before, the next one' },
      { keys: ['PageUp', 'PageDown'], does: 'A page up or down' },
      { keys: ['Home', 'End'], does: 'The first, the last' },
      { keys: ['Enter', ' '], does: 'Open what is selected' },
      { keys: ['j', 'k'], does: 'The next, the one before, in the log and the timeline' },
      { keys: ['/'], does: 'Search, in the log' },
    ],
  },
  {
    title: 'In the table of facts',
    keys: [
      { keys: ['Tab'], does: 'The next cell' },
      ...Object.values(GRID_KEYS),
      { keys: ['Mod+C'], does: 'Copy the selected rows, with tabs' },
      { keys: ['Mod+X'], does: 'Cut the selected rows; pasted here again, they keep what checks them' },
    ],
  },
  {
    title: 'On a heading of that table',
    keys: [{ keys: ['Enter', ' '], does: 'Sort by the column, then the other way, then as given' }, ...Object.values(HEAD_KEYS)],
  },
  {
    title: 'In the form of facts',
    keys: [
      ...Object.values(FORM_KEYS),
      { keys: ['Enter', 'Shift+Enter'], does: 'While finding: the next match, the one before' },
      { keys: ['Enter'], does: 'In a wording or neighbour: the next one, or a new one' },
    ],
  },
  {
    title: 'On the edge of a panel',
    keys: [
      { keys: ['ArrowLeft', 'ArrowRight'], does: 'Move it' },
      { keys: ['ArrowUp', 'ArrowDown'], does: 'Move it, where the panel lies below' },
      { keys: ['Home', 'End'], does: 'As small or as large as it goes' },
      { keys: ['Enter'], does: 'As large as it comes' },
    ],
  },
  {
    title: 'While writing',
    keys: [
      { keys: ['Enter'], does: 'Ask' },
      { keys: ['Shift+Enter'], does: 'New line' },
      { keys: ['Mod+Enter'], does: 'Finish the form' },
    ],
  },
];
