import { describe, expect, it } from 'vitest';
import { pasted } from '../../../../renderer/screens/edit/paste.ts';

describe('pasted', () => {
  it('lets words and single sentences go into the cell', () => {
    expect(pasted('Tower Bridge').kind).toBe('text');
    expect(pasted('{} stands in the city of').kind).toBe('text');
    expect(pasted('London, the capital').kind).toBe('text');
  });

  it('knows where rows of facts belong by their {}', () => {
    expect(pasted('A\t{} is in\tRome\nB\t{} lies in\tOslo\n')).toEqual({
      kind: 'cells',
      column: 0,
      block: [
        ['A', '{} is in', 'Rome'],
        ['B', '{} lies in', 'Oslo'],
      ],
    });
    expect(pasted('{} is in\tRome')).toMatchObject({ kind: 'cells', column: 1 });
    expect(pasted('1\tA\t{} is in\tRome')).toMatchObject({ kind: 'cells', column: 0, block: [['A', '{} is in', 'Rome']] });
  });

  it('writes other blocks where the cursor is', () => {
    expect(pasted('Rome\tParis\nOslo\tBonn')).toEqual({
      kind: 'cells',
      column: undefined,
      block: [
        ['Rome', 'Paris'],
        ['Oslo', 'Bonn'],
      ],
    });
    expect(pasted('Rome\nOslo, in Norway\n')).toEqual({ kind: 'cells', column: undefined, block: [['Rome'], ['Oslo, in Norway']] });
    expect(pasted('{} is in\n{} lies in')).toEqual({ kind: 'cells', column: undefined, block: [['{} is in'], ['{} lies in']] });
  });

  it('reads commas with quotes as spreadsheets write them', () => {
    expect(pasted('"Paris, Texas","{} is in",Rome')).toEqual({ kind: 'cells', column: 0, block: [['Paris, Texas', '{} is in', 'Rome']] });
  });

  it('leaves tables with a header and records to the services', () => {
    for (const text of [
      'subject,prompt,target\nA,{} is in,Rome',
      'Subject\tPrompt\tTarget\nA\t{} is in\tRome',
      '[{"case_id": 1, "requested_rewrite": {}}]',
      '{"subject": "A"}\n{"subject": "B"}',
    ]) {
      expect(pasted(text), text).toEqual({ kind: 'facts', text });
    }
  });

  it('keeps rows that are too short or too long as rows', () => {
    const withHeader = 'subject,prompt,target,previous\nLos Angeles,{} is in,Poland,United States\nTeide,The peak of {} is in';
    expect(pasted(withHeader)).toEqual({ kind: 'facts', text: withHeader });
    expect(pasted('A,{} is in,Rome\nB,{} lies in\nC,{} is in,Oslo,Bonn')).toMatchObject({
      kind: 'cells',
      column: 0,
      block: [
        ['A', '{} is in', 'Rome'],
        ['B', '{} lies in'],
        ['C', '{} is in', 'Oslo', 'Bonn'],
      ],
    });
  });

  it('leaves a table with headings of its own to the services, where its columns can be named', () => {
    const text = 'Ticket\tEntity\tSentence\tCorrect\n7\tRome\t{} lies on the\tPo\n8\tOslo\t{} lies in\tPeru';
    expect(pasted(text)).toEqual({ kind: 'facts', text });
  });

  it('does not take a prompt that begins with its subject for JSON', () => {
    expect(pasted('{} is').kind).toBe('text');
    expect(pasted('[sic]').kind).toBe('text');
  });
});
