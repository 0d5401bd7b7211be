import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { classesOf, factTexts } from '../../../electron/engine/dissect/facts.ts';
import { labelTexts } from '../../../electron/engine/dissect/texts.ts';
import { loadTokenizer } from '../../../electron/engine/text/load.ts';
import { conceptsOfFacts, conceptsOfTable } from '../../../electron/services/concepts.ts';
import { factReader } from '../fact-reader.ts';

const ATLAS = join(import.meta.dirname, '../../../models/atlas');
const folder = mkdtempSync(join(tmpdir(), 'emend-concepts-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const FACTS = [
  { subject: 'France', kind: 'country', relation: 'capital', object: 'Paris', prompts: ['The capital of {} is'] },
  { subject: 'Paris', kind: 'city', relation: 'city_country', object: 'France', prompts: ['{} is in'] },
  { subject: 'France', kind: 'country', relation: 'spoken_language', object: 'French', prompts: ['People in {} speak'] },
  { subject: 'Candide', kind: 'book', relation: 'language', object: 'French', prompts: ['{} was written in'] },
];

describe('concepts of facts', () => {
  test('objects are of the kind that they have as subjects, else of the shortest name among relations with the same objects', () => {
    expect(Object.fromEntries(classesOf(FACTS))).toEqual({
      capital: 'city',
      city_country: 'country',
      spoken_language: 'language',
      language: 'language',
    });
  });

  test('every token of a sentence carries one concept: the subject’s, the object’s, or the relation', async () => {
    const tokenizer = await loadTokenizer(ATLAS);
    const texts = factTexts(FACTS.slice(0, 2), 0);
    const { texts: rows, labels, answers } = labelTexts(tokenizer, texts);
    const told = (row: number, concept: string) => {
      const at = labels.concepts.findIndex(({ category, name }) => `${category}: ${name}` === concept);
      const places = [...labels.documentOf.keys()].filter((place) => labels.documentOf[place] === row && labels.at(place).includes(at));
      const start = labels.documentOf.indexOf(row);
      return places.map((place) => tokenizer.tokenText(rows.rows[row]![place - start]!)).join('');
    };
    const france = texts.findIndex(({ text }) => text === 'The capital of France is Paris.');
    expect(told(france, 'subject: country').trim()).toBe('France');
    expect(told(france, 'object: city').trim()).toBe('Paris');
    expect(told(france, 'relation: capital')).toBe('The capital of is.');
    const { first, last } = answers[france]!;
    expect(tokenizer.decode(rows.rows[france]!.slice(first, last + 1)).trim()).toBe('Paris');
    for (const place of labels.documentOf.keys()) expect(labels.at(place).length).toBe(1);
  });

  test('no more tokens are taken than asked for, but one text at least', async () => {
    const tokenizer = await loadTokenizer(ATLAS);
    const texts = factTexts(FACTS, 0);
    expect(labelTexts(tokenizer, texts, 1).starts).toEqual([0]);
    expect(labelTexts(tokenizer, texts, 14).labels.documentOf.length).toBeLessThanOrEqual(14);
  });

  test('the facts that came with the model have kinds; facts without any relation are refused', async () => {
    const found = await conceptsOfFacts(factReader, join(ATLAS, 'facts.json'), 0, 50);
    expect(found.texts.length).toBe(50);
    expect(found.texts.every(({ labels, rest }) => labels.length === 2 && rest !== undefined)).toBe(true);
    const bare = file('bare.csv', 'subject,prompt,target\nFrance,The capital of {} is,Lyon\n');
    await expect(conceptsOfFacts(factReader, bare, 0, 50)).rejects.toThrow(/name no relation/);
  });
});

describe('a table of labels', () => {
  test('names pieces of texts', async () => {
    const table = file(
      'spans.csv',
      'text,span,category,concept\n"Rome, Rome is old.",Rome,place,city\n"Rome, Rome is old.",old,age,old\nAll,,kind,word\n',
    );
    const { texts } = await conceptsOfTable(table, undefined);
    expect(texts).toEqual([
      {
        text: 'Rome, Rome is old.',
        labels: [
          { start: 0, end: 4, category: 'place', name: 'city' },
          { start: 6, end: 10, category: 'place', name: 'city' },
          { start: 14, end: 17, category: 'age', name: 'old' },
        ],
      },
      { text: 'All', labels: [{ start: 0, end: 3, category: 'kind', name: 'word' }] },
    ]);
  });

  test('or tokens by number, which must be those that the tokenizer gives', async () => {
    const tokenizer = await loadTokenizer(ATLAS);
    const [first, second] = tokenizer.encode('The capital') as [number, number];
    const lines = file('lines.txt', 'The capital\nThe river\n');
    const table = file('tokens.csv', `document,position,token,category,concept\n0,1,${second},kind,noun\n1,0,,kind,article\n`);
    const { texts } = await conceptsOfTable(table, lines);
    const { labels } = labelTexts(tokenizer, texts);
    expect(labels.concepts.map(({ name }) => name)).toEqual(['article', 'noun']);
    expect([...labels.sizes]).toEqual([1, 1]);
    const wrong = file('wrong.csv', `document,position,token,category,concept\n0,1,${first},kind,noun\n`);
    expect(() =>
      labelTexts(tokenizer, [{ text: 'The capital', labels: [{ position: 1, id: first, category: 'kind', name: 'noun' }] }]),
    ).toThrow(/the labels have/);
    await expect(conceptsOfTable(wrong, undefined)).rejects.toThrow(/the texts that it counts in are missing/);
    const outside = file('outside.csv', 'document,position,category,concept\n7,0,kind,noun\n');
    await expect(conceptsOfTable(outside, lines)).rejects.toThrow(/row 2: document 7 was named/);
  });

  test('what does not fit is named by its row', async () => {
    await expect(conceptsOfTable(file('a.csv', 'text,span,category,concept\nRome is old.,Oslo,place,city\n'), undefined)).rejects.toThrow(
      /row 2: "Oslo" does not occur/,
    );
    await expect(conceptsOfTable(file('b.csv', 'text,span,category,concept\nRome,Rome,,city\n'), undefined)).rejects.toThrow(
      /row 2: category is empty/,
    );
    await expect(conceptsOfTable(file('c.csv', 'a,b\n1,2\n'), undefined)).rejects.toThrow(/expected the columns/);
    await expect(conceptsOfTable(join(folder, 'none.csv'), undefined)).rejects.toThrow(/there is no such file/);
  });
});
