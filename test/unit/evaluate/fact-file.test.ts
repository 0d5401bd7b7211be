import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readFacts } from '../../../electron/engine/evaluate/fact-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'emend-facts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fact = (at: number) => ({ subject: `Zürich ${at}`, prompt: 'The mayor of {} is', target: 'Ada' });
const facts = Array.from({ length: 100 }, (_, at) => fact(at));
const subjects = facts.map(({ subject }) => subject);
const FILES: Readonly<Record<string, string>> = {
  'list.json': JSON.stringify(facts),
  'indented.json': JSON.stringify(facts, null, 2),
  'lines.jsonl': facts.map((one) => JSON.stringify(one)).join('\n'),
  'table.csv': ['subject,prompt,target', ...facts.map(({ subject, prompt, target }) => `"${subject}",${prompt},${target}`)].join('\r\n'),
  'sheet.tsv': ['subject\tprompt\ttarget', ...facts.map(({ subject, prompt, target }) => [subject, prompt, target].join('\t'))].join('\n'),
};

function file(name: string, content: string | Buffer): { from: { file: string }; name: string } {
  writeFileSync(join(folder, name), content);
  return { from: { file: join(folder, name) }, name };
}

describe.each(Object.entries(FILES))('%s', (name, content) => {
  const length = Buffer.byteLength(content);

  it('is read from its beginning wherever it is cut, with every record that ends there', async () => {
    const source = file(name, content);
    for (let bytes = length - 1; bytes > length - 300; bytes -= 7) {
      const read = await readFacts({ ...source, extent: { bytes, records: 1000 } });
      expect(read.records.map((record) => record.fact.subject)).toEqual(subjects.slice(0, read.total));
      expect(read).toMatchObject({ isWhole: false, wrong: 0 });
      expect(read.total).toBeGreaterThan(90);
    }
    expect(await readFacts({ ...source, extent: { bytes: length, records: 1000 } })).toMatchObject({ isWhole: true, total: 100 });
  });

  it('is read no further than so many records, of which no more are handed over than wanted', async () => {
    const read = await readFacts({ ...file(name, content), most: 3, extent: { bytes: length, records: 10 } });
    expect(read.records.map((record) => record.fact.subject)).toEqual(subjects.slice(0, 3));
    expect(read).toMatchObject({ isWhole: false, total: 10 });
    expect(await readFacts({ ...file(name, content), extent: { bytes: length, records: 100 } })).toMatchObject({
      isWhole: true,
      total: 100,
    });
  });
});

it('a list that stands in an object has no beginning that could be read, and the way out is named', async () => {
  const source = file('set.json', JSON.stringify({ facts }));
  expect((await readFacts(source)).total).toBe(100);
  await expect(readFacts({ ...source, extent: { bytes: 1000, records: 1000 } })).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('set.json') as string,
    hint: expect.stringContaining('jq') as string,
  });
});

it('another encoding than UTF-8 has no beginning that could be read', async () => {
  const source = file('wide.csv', Buffer.from(`\uFEFF${FILES['table.csv']}`, 'utf16le'));
  expect((await readFacts(source)).total).toBe(100);
  await expect(readFacts({ ...source, extent: { bytes: 1000, records: 1000 } })).rejects.toMatchObject({
    code: 'bad-input',
    hint: /UTF-8/,
  });
});

it('a quotation mark that nothing closes is told by its row, however much follows', async () => {
  const open = `subject,prompt,target\nRome,{} is,a\nOslo,"{} is,${'x'.repeat(3_000_000)}`;
  await expect(readFacts(file('open.csv', open))).rejects.toMatchObject({ code: 'bad-file', message: expect.stringMatching(/row 3/) });
  await expect(readFacts({ ...file('open.csv', open), extent: { bytes: 2_900_000, records: 10 } })).rejects.toThrow(/row 3/);
});

it('a text that is longer than any that Emend takes is told by row, field and length, and the others are read', async () => {
  const long = 'x'.repeat(1_000_001);
  const rows = ['subject,prompt,target,neighbors', 'Rome,{} is,a,', `Oslo,${long} {} is,b,`, `Bern,{} is,c,q|${long}`];
  const read = await readFacts({ ...file('long.csv', rows.join('\n')), takesWrong: true });
  expect(read.records.map((record) => record.fact.subject)).toEqual(['Rome', 'Bern']);
  expect(read.problems.map(({ place, field, message }) => `${place}, ${field}: ${message}`)).toEqual([
    'Row 3, prompt: expected at most 1000000 characters, found 1000007',
  ]);
  expect(read.notes).toEqual(['an entry of neighbors is no question and left out (record 3)']);
  const published = {
    case_id: 1,
    requested_rewrite: { subject: 'Rome', prompt: `${long} {}`, target_new: { str: 'a' }, target_true: { str: 'b' } },
  };
  const [problem] = (
    await readFacts(
      file(
        'long.json',
        JSON.stringify([{ ...published }, { ...published, requested_rewrite: { ...published.requested_rewrite, prompt: '{} is' } }]),
      ),
    )
  ).problems;
  expect(problem).toMatchObject({ place: 'Record 1', field: 'prompt', message: expect.stringMatching(/^expected at most/) as string });
});

it('rows without a header are known by their places, where they may be', async () => {
  const text = facts.map(({ subject, prompt, target }) => [subject, prompt, target].join('\t')).join('\n');
  expect((await readFacts({ from: { text }, name: 'The text', mayLackHeader: true })).total).toBe(100);
  await expect(readFacts({ from: { text }, name: 'The text' })).rejects.toThrow(/no column/);
});
