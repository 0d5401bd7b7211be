import { describe, expect, it } from 'vitest';
import { record, redo, settle, startHistory, undo } from '../../../../renderer/screens/edit/history.ts';
import { addRows, fillCells, formOf, removeRows, row, sheetOf, withFields } from '../../../../renderer/screens/edit/rows.ts';

const fact = (subject: string) => ({ subject, prompt: '{} is in', target: 'Rome' });

describe('history', () => {
  it('undoes typing in one cell as one step, and the next cell as another', () => {
    let history = startHistory('');
    for (const text of ['T', 'To', 'Tow']) history = record(history, text, 'cell 1');
    history = record(history, 'Tow|R', 'cell 2');
    history = undo(history);
    expect(history.present).toBe('Tow');
    history = undo(history);
    expect(history.present).toBe('');
    expect(undo(history)).toBe(history);
    expect(redo(redo(history)).present).toBe('Tow|R');
  });

  it('drops what was undone when something new is done', () => {
    const history = record(undo(record(startHistory(1), 2)), 3);
    expect(redo(history).present).toBe(3);
    expect(undo(history).present).toBe(1);
  });

  it('undoes typing by itself after an undo or a pause, though it is in the same cell', () => {
    const typed = record(startHistory('a'), 'ab', 'cell');
    expect(undo(record(settle(typed), 'abc', 'cell')).present).toBe('ab');
    expect(undo(record(redo(undo(typed)), 'abc', 'cell')).present).toBe('ab');
  });
});

describe('rows', () => {
  it('begins with one blank row, and keeps nothing of it', () => {
    const sheet = sheetOf(null);
    expect(sheet.rows).toHaveLength(1);
    expect(formOf(sheet)).toBeNull();
  });

  it('gives back the form that was kept, without blank rows', () => {
    const form = { facts: [fact('A'), fact('B')], method: 'rome' as const, choices: { steps: 5 }, fluency: true };
    const sheet = sheetOf(form);
    expect(formOf({ ...sheet, rows: addRows([...sheet.rows, row()], [fact('C')]) })).toEqual({
      ...form,
      facts: [fact('A'), fact('B'), fact('C')],
    });
  });

  it('adds after a row, or in place of the blank ones at the end', () => {
    const rows = [row(fact('A')), row(fact('B')), row(), row()];
    expect(addRows(rows, [fact('C')], rows[0]!.id).map((one) => one.fact.subject)).toEqual(['A', 'C', 'B', '', '']);
    expect(addRows(rows, [fact('C')]).map((one) => one.fact.subject)).toEqual(['A', 'B', 'C']);
  });

  it('never becomes empty', () => {
    const only = row(fact('A'));
    expect(removeRows([only], new Set([only.id])).map((one) => one.fact.subject)).toEqual(['']);
  });

  it('writes a block over cells from where it was pasted, keeps the rest of the fact, and grows', () => {
    const first = row({ ...fact('A'), paraphrases: ['Where is A?'] });
    const rows = fillCells(
      [first],
      [
        ['Paris', 'Rome'],
        ['Oslo', '', 'too far right'],
      ],
      0,
      2,
    );
    expect(rows[0]).toEqual({
      id: first.id,
      fact: { subject: 'A', prompt: '{} is in', target: 'Paris', previousTarget: 'Rome', paraphrases: ['Where is A?'] },
    });
    expect(rows[1]!.fact).toEqual({ subject: '', prompt: '', target: 'Oslo' });
  });

  it('leaves an empty previous target out: it would count as an answer', () => {
    expect(withFields({ ...fact('A'), previousTarget: 'x' }, { previousTarget: '' })).toEqual(fact('A'));
  });
});
