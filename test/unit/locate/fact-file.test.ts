import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FactFile, type FactFileHeader } from '../../../electron/engine/locate/fact-file.ts';

const header: FactFileHeader = { model: 'abc', samples: 2, seed: 1, level: 3, window: 2, kinds: ['hidden'], deviation: 0.0621 };
const fact = (subject: string) => ({ prompt: '{} is in', subject, target: 'Paris' });
const traced = (subject: string) => ({
  ...fact(subject),
  tokens: [0, 1] as [number, number],
  high: 0.9,
  low: 0.1,
  scores: { hidden: [[0.25]] },
});

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emend-facts-'));
  path = join(folder, 'facts.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function written(...subjects: string[]): Promise<string> {
  const file = await FactFile.open(path, header);
  for (const subject of subjects) await file.add(traced(subject));
  await file.close();
  return readFileSync(path, 'utf8');
}

it('gives back what an earlier run kept', async () => {
  await written('Louvre');
  const file = await FactFile.open(path, header);
  expect(file.find(fact('Louvre'))).toEqual(traced('Louvre'));
  expect(file.find(fact('Orsay'))).toBeUndefined();
  await file.add({ ...fact('Orsay'), answer: ' Rome' });
  await file.close();
  const again = await FactFile.open(path, header);
  expect(again.find(fact('Orsay'))).toEqual({ ...fact('Orsay'), answer: ' Rome' });
  await again.close();
});

it('drops a last line that was torn anywhere, the first line too, and goes on', async () => {
  const text = await written('Louvre');
  for (let length = 0; length < text.length; length++) {
    writeFileSync(path, text.slice(0, length));
    expect(await written('Louvre'), `cut at ${length}`).toBe(text);
  }
});

it('refuses the traces of another model or of other settings by name, and leaves them', async () => {
  const text = await written('Louvre');
  await expect(FactFile.open(path, { ...header, level: 2, kinds: ['mlp'] })).rejects.toMatchObject({
    code: 'bad-input',
    message: `${path} holds traces with level 3, kinds ["hidden"]; asked for were level 2, kinds ["mlp"].`,
  });
  await expect(FactFile.open(path, { ...header, model: 'def' })).rejects.toThrow('another model or version');
  expect(readFileSync(path, 'utf8')).toBe(text);
});

it('refuses any other file by its line, and leaves it', async () => {
  const text = await written('Louvre');
  const cases: [string, RegExp][] = [
    ['a text of mine', /line 1: no trace of facts/],
    ['a text of mine\n', /line 1: no JSON/],
    ['{"format":"other"}\n', /line 1: no description/],
    [`${text}{"subject":"x"}\n`, /line 3/],
    [`${text}{\n${text}`, /line 3: no JSON/],
  ];
  for (const [content, message] of cases) {
    writeFileSync(path, content);
    await expect(FactFile.open(path, header)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(message) as string,
    });
    expect(readFileSync(path, 'utf8')).toBe(content);
  }
});
