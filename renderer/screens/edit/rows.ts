import Papa from 'papaparse';
import * as v from 'valibot';
import type { EditForm, HyperparameterFile } from '../../../shared/contract/edits.ts';
import { type Choices, DEFAULT_METHOD, type EditMethodName } from '../../../shared/methods/list.ts';
import { FactSchema, type Fact } from '../../../shared/fact.ts';
import { given } from '../../../shared/given.ts';

/** The cells of a row that are typed into, from left to right. */
export const CELLS = ['subject', 'prompt', 'target', 'previousTarget'] as const;
export type Cell = (typeof CELLS)[number];
/** What rows can be sorted by. */
export type SortKey = Cell | 'paraphrases' | 'neighbors' | 'standing';

/**
 * A row of the form. Its id stays while the fact in it changes; equal facts are the same object, so what is known of one can hang on it.
 */
export interface Row {
  readonly id: number;
  readonly fact: Fact;
}

/** All that undo takes back. */
export interface Sheet {
  readonly rows: readonly Row[];
  readonly method: EditMethodName;
  readonly choices: Choices;
  readonly hyperparameterFile: HyperparameterFile | undefined;
  /** Whether fluency is measured too. */
  readonly fluency: boolean;
  /** Whether the facts are asked as people ask, too. */
  readonly honest: boolean;
}

export const BLANK: Fact = { subject: '', prompt: '', target: '' };

let lastId = 0;

/** A new row; ids are never used twice. */
export function row(fact: Fact = BLANK): Row {
  return { id: ++lastId, fact };
}

export function sheetOf(form: EditForm | null): Sheet {
  const rows = (form?.facts ?? []).map((fact) => row(fact));
  return {
    rows: rows.length > 0 ? rows : [row()],
    method: form?.method ?? DEFAULT_METHOD,
    choices: form?.choices ?? {},
    hyperparameterFile: form?.hyperparameterFile,
    fluency: form?.fluency ?? false,
    honest: form?.honest ?? false,
  };
}

/** The form to keep; null when nothing was filled in. */
export function formOf({ rows, method, choices, hyperparameterFile, fluency, honest }: Sheet): EditForm | null {
  const facts = filled(rows).map(({ fact }) => fact);
  if (facts.length === 0 && Object.keys(choices).length === 0 && hyperparameterFile === undefined) return null;
  return { facts, method, choices, fluency, ...(honest && { honest }), ...given({ hyperparameterFile }) };
}

/** Whether nothing at all was written into a row; such rows take no part in an edit. */
export function isBlank({ fact }: Row): boolean {
  return (
    CELLS.every((cell) => (fact[cell] ?? '').trim() === '') && (fact.paraphrases ?? []).length === 0 && (fact.neighbors ?? []).length === 0
  );
}

export function filled(rows: readonly Row[]): Row[] {
  return rows.filter((one) => !isBlank(one));
}

/** A fact with other fields; a field set to undefined, and an empty previous target, are taken out. */
export function withFields(fact: Fact, fields: { readonly [F in keyof Fact]?: Fact[F] | undefined }): Fact {
  const merged = Object.entries({ ...fact, ...fields }).filter(
    ([name, value]) => value !== undefined && !(name === 'previousTarget' && value === ''),
  );
  return Object.fromEntries(merged) as Fact;
}

export function setFact(rows: readonly Row[], id: number, fact: Fact): Row[] {
  return rows.map((one) => (one.id === id ? { id, fact } : one));
}

/** Rows with new ones after the row `after`, at the end when there is none. Blank rows at the end make place. */
export function addRows(rows: readonly Row[], facts: readonly Fact[], after?: number): Row[] {
  const at = after === undefined ? -1 : rows.findIndex((one) => one.id === after);
  const added = facts.map((fact) => row(fact));
  if (at >= 0) return [...rows.slice(0, at + 1), ...added, ...rows.slice(at + 1)];
  let end = rows.length;
  while (end > 0 && isBlank(rows[end - 1]!)) end--;
  return [...rows.slice(0, end), ...added];
}

/** Rows without some; the table never becomes empty. */
export function removeRows(rows: readonly Row[], ids: ReadonlySet<number>): Row[] {
  const rest = rows.filter((one) => !ids.has(one.id));
  return rest.length > 0 ? rest : [row()];
}

/** The cells of rows as spreadsheets copy them: a line each, tabs between. */
export function tabbed(rows: readonly Row[]): string {
  return Papa.unparse(
    rows.map(({ fact }) => CELLS.map((cell) => fact[cell] ?? '')),
    { delimiter: '\t', newline: '\n' },
  );
}

/** What rows are on the clipboard as for this table, beside the text that other programs paste. */
export const WHOLE_FACTS = 'application/x-emend-facts+json';

/** Facts of rows with all that checks them. */
export function wholeFacts(rows: readonly Row[]): string {
  return JSON.stringify(rows.map(({ fact }) => fact));
}

/** The facts of rows that were copied from such a table; undefined where there are none. */
export function factsOf(copied: string): readonly Fact[] | undefined {
  if (copied === '') return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.array(FactSchema), v.minLength(1)), copied);
  return parsed.success ? parsed.output : undefined;
}

/** A block of cells written over the rows as they are shown, which may be in another order than the rows themselves. */
export function fillShown(
  rows: readonly Row[],
  shown: readonly Row[],
  block: readonly (readonly string[])[],
  atRow: number,
  atColumn: number,
): Row[] {
  const written = fillCells(shown, block, atRow, atColumn);
  const byId = new Map(written.map((one) => [one.id, one]));
  return [...rows.map(({ id }) => byId.get(id)!), ...written.slice(shown.length)];
}

/**
 * Writes a block of cells over the table, its left upper corner at a cell; rows are added as needed and columns beyond the last are left
 * out.
 */
export function fillCells(rows: readonly Row[], block: readonly (readonly string[])[], atRow: number, atColumn: number): Row[] {
  const filledRows = [...rows];
  block.forEach((cells, down) => {
    const old = filledRows[atRow + down];
    const fields = Object.fromEntries(
      cells.flatMap((text, right) => (CELLS[atColumn + right] === undefined ? [] : [[CELLS[atColumn + right]!, text.trim()]])),
    ) as Partial<Record<Cell, string>>;
    if (old) filledRows[atRow + down] = { id: old.id, fact: withFields(old.fact, fields) };
    else filledRows.push(row(withFields(BLANK, fields)));
  });
  return filledRows;
}
