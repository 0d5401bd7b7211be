import { describe, expect, it } from 'vitest';
import { findCells, isInOrder, replaced, shownBy, sortedBy } from '../../../../renderer/screens/edit/order.ts';
import { problemsOf } from '../../../../renderer/screens/edit/problems.ts';
import { factsOf, fillShown, row, tabbed, wholeFacts, type Row } from '../../../../renderer/screens/edit/rows.ts';
import type { Fact } from '../../../../shared/fact.ts';

const fact = (subject: string, target = 'Rome', more: Partial<Fact> = {}): Fact => ({ subject, prompt: '{} is in', target, ...more });
const subjects = (rows: readonly Row[]) => rows.map((one) => one.fact.subject);
const plain = () => 'ready' as const;

describe('rows sorted by a column', () => {
  it('stand as people sort, empty ones last in both directions', () => {
    const rows = [row(fact('bridge 10')), row(), row(fact('Bridge 2')), row(fact('álamo'))];
    expect(subjects(shownBy(rows, sortedBy(rows, 'subject', false, plain)))).toEqual(['álamo', 'Bridge 2', 'bridge 10', '']);
    expect(subjects(shownBy(rows, sortedBy(rows, 'subject', true, plain)))).toEqual(['bridge 10', 'Bridge 2', 'álamo', '']);
  });

  it('sort by what needs a look, and by how many neighbours there are', () => {
    const rows = [row(fact('A')), row(fact('B', 'Oslo', { neighbors: ['n', 'o'] })), row({ ...fact('C'), prompt: 'no slot' })];
    const problems = problemsOf(rows, () => undefined);
    const standing = ({ id }: Row) => problems.get(id)!.standing;
    expect(subjects(shownBy(rows, sortedBy(rows, 'standing', false, standing)))).toEqual(['C', 'A', 'B']);
    expect(subjects(shownBy(rows, sortedBy(rows, 'neighbors', true, standing)))).toEqual(['B', 'A', 'C']);
  });

  it('leave a row red that was, and its number: the facts themselves stay in their order', () => {
    const rows = [row(fact('Big Ben', 'Rome')), row(fact('Zoo')), row(fact('Big Ben', 'Oslo'))];
    const before = problemsOf(rows, () => undefined);
    const sort = sortedBy(rows, 'target', false, plain);
    expect(shownBy(rows, sort)[0]).toBe(rows[2]);
    expect(problemsOf(rows, () => undefined)).toEqual(before);
    expect(before.get(rows[2]!.id)).toMatchObject({
      standing: 'error',
      problems: [{ message: expect.stringContaining('contradicts fact 1') }],
    });
  });

  it('stay where they are while one types, and say then that they are not sorted any more', () => {
    const rows = [row(fact('B')), row(fact('A'))];
    const sort = sortedBy(rows, 'subject', false, plain);
    expect(isInOrder(shownBy(rows, sort), sort, plain)).toBe(true);
    const typed = [rows[0]!, { ...rows[1]!, fact: fact('Z') }];
    expect(subjects(shownBy(typed, sort))).toEqual(['Z', 'B']);
    expect(isInOrder(shownBy(typed, sort), sort, plain)).toBe(false);
  });

  it('have a copy behind its row, and new rows at the end', () => {
    const [b, a, c] = [row(fact('B')), row(fact('A')), row(fact('C'))];
    const sort = sortedBy([b, a, c], 'subject', false, plain);
    expect(subjects(shownBy([b, row(fact('B copy')), a, c, row(fact('new'))], sort))).toEqual(['A', 'B', 'B copy', 'C', 'new']);
  });
});

describe('blocks of cells', () => {
  it('are written over the rows as they are shown, and the facts keep their order', () => {
    const [b, a] = [row(fact('B')), row(fact('A'))];
    const written = fillShown([b, a], [a, b], [['A1'], ['B1'], ['new']], 0, 0);
    expect(subjects(written)).toEqual(['B1', 'A1', 'new']);
    expect(written.slice(0, 2).map(({ id }) => id)).toEqual([b.id, a.id]);
  });

  it('are copied with tabs, and what has a tab or a line of its own in quotes', () => {
    expect(tabbed([row(fact('A', 'Oslo', { previousTarget: 'Rome' })), row(fact('B\nC', 'x\ty'))])).toBe(
      'A\t{} is in\tOslo\tRome\n"B\nC"\t{} is in\t"x\ty"\t',
    );
  });
});

it('finds cells by a part of their text, row by row as shown', () => {
  const rows = [row(fact('Rome Street', 'Oslo')), row(fact('A', 'Rome'))];
  expect(findCells([rows[1]!, rows[0]!], ' rome')).toEqual([
    { id: rows[1]!.id, cell: 'target' },
    { id: rows[0]!.id, cell: 'subject' },
  ]);
  expect(findCells(rows, '  ')).toEqual([]);
});

describe('what is found', () => {
  it('is replaced in the cells that are named alone, as it is written and whatever it means elsewhere', () => {
    const rows = [row(fact('Rome (old)', 'Rome')), row(fact('Rome', 'rome, Rome', { neighbors: ['Rome is'] })), row(fact('Oslo', 'Bonn'))];
    const put = (words: string, by: string, cells = findCells(rows, words)) =>
      replaced(rows, cells, words, by).map(({ fact: one }) => [one.subject, one.target]);
    expect(put('rome', '$&1')).toEqual([
      ['$&1 (old)', '$&1'],
      ['$&1', '$&1, $&1'],
      ['Oslo', 'Bonn'],
    ]);
    expect(put('(old)', 'x')[0]).toEqual(['Rome x', 'Rome']);
    expect(put('rome', 'Bonn', [{ id: rows[1]!.id, cell: 'target' }])).toEqual([
      ['Rome (old)', 'Rome'],
      ['Rome', 'Bonn, Bonn'],
      ['Oslo', 'Bonn'],
    ]);
    const after = replaced(rows, findCells(rows, 'rome'), 'rome', 'Bonn');
    expect([after[1]!.id, after[1]!.fact.neighbors, after[2]]).toEqual([rows[1]!.id, ['Rome is'], rows[2]]);
    expect(replaced(rows, [], ' ', 'x')).toBe(rows);
  });

  it('is cut and pasted with what checks it, and text of other programs is none of it', () => {
    const whole = fact('A', 'Oslo', { paraphrases: ['p'], neighbors: [{ prompt: 'n', target: 'x' }], sameSubject: ['s'], follows: ['f'] });
    expect(factsOf(wholeFacts([row(whole), row(fact('B'))]))).toEqual([whole, fact('B')]);
    for (const text of ['', 'A\tB', '[]', '[{"subject": 1}]', '{}']) expect(factsOf(text)).toBeUndefined();
  });
});
