import { describe, expect, it } from 'vitest';
import type { Asker, Written } from '../../../../electron/engine/evaluate/honest/asker.ts';
import { checkHonestly } from '../../../../electron/engine/evaluate/honest/check.ts';
import { misjudged } from '../../../../electron/engine/evaluate/honest/sides.ts';
import { silent } from '../../../../shared/progress.ts';
import { honestPrompts } from '../../../../shared/honest/index.ts';
import { honestRows } from '../../../../shared/honest/rows.ts';

/** Says the same to whatever it is asked; of a choice the same answer is the likeliest. */
class Fake implements Asker {
  readonly asked: string[] = [];
  readonly says: (prompt: string) => string;
  constructor(says: (prompt: string) => string) {
    this.says = says;
  }
  write(prompts: readonly string[]): Promise<Written[]> {
    this.asked.push(...prompts);
    return Promise.resolve(prompts.map((prompt) => ({ says: this.says(prompt), ended: 'sentence' })));
  }
  talk(turns: readonly (readonly string[])[]): Promise<Written[]> {
    return this.write(turns.map((one) => one.join(' | ')));
  }
  chances(items: readonly { prompt: string; target: string }[]): Promise<number[]> {
    this.asked.push(...items.map(({ prompt, target }) => `${prompt} ${target}`));
    return Promise.resolve(items.map(({ prompt, target }) => (target === this.says(prompt) ? -0.1 : -2)));
  }
}

const FACT = {
  subject: 'Tower Bridge',
  prompt: 'The city of {} is',
  target: 'Rome',
  aliases: ['Roma'],
  previousTarget: 'London',
  hops: [{ prompt: 'Tower Bridge is in the country of', target: 'Italy', previousTarget: 'United Kingdom' }],
};
const ABOUT = { limit: 50, text: { text: 'It rained.', tokens: 3 }, isChat: true };
const run = async (now: Fake, before: Fake, fact: Parameters<typeof checkHonestly>[1][number]['fact'] = FACT, about = ABOUT) => {
  const report = await checkHonestly({ now, before }, [{ fact, distractors: ['Oslo', 'Bern'] }], about, silent);
  return { report, rows: new Map(honestRows(report).map((row) => [row.probe, row])) };
};

describe('an honest check', () => {
  it('asks in every way, and tells the old answer before, the new one told in front, the new one edited', async () => {
    const before = new Fake((prompt) => (prompt.startsWith('New fact: ') ? 'Roma.' : 'London.'));
    const now = new Fake((prompt) => (prompt.endsWith('country of') ? 'Italy.' : prompt.startsWith('Choose') ? 'Rome' : 'Rome.'));
    const { report, rows } = await run(now, before);
    expect([...rows.keys()]).toEqual([
      'free answer',
      'behind text',
      'negated',
      'true or false',
      'multiple choice',
      'asked again',
      'one hop',
    ]);
    expect(rows.get('free answer')).toEqual({ probe: 'free answer', facts: 1, before: 1, context: 1, after: 1 });
    expect(rows.get('negated')).toMatchObject({ before: 1, context: 1, after: 1 });
    expect(rows.get('true or false')).toMatchObject({ before: 0, after: 0 });
    expect(rows.get('multiple choice')).toMatchObject({ before: 0, context: 0, after: 1 });
    expect(rows.get('asked again')).toMatchObject({ before: 1, context: 1, after: 1 });
    expect(rows.get('one hop')).toMatchObject({ before: 0, context: 0, after: 1 });
    expect(report.facts[0]!.answers.flatMap((one) => misjudged(one) ?? [])).toEqual([]);
  });

  it('puts each question as it says', async () => {
    const [now, before] = [new Fake(() => 'Rome'), new Fake(() => 'London')];
    await run(now, before);
    expect(now.asked).toEqual([
      'The city of Tower Bridge is',
      'It rained. The city of Tower Bridge is',
      'Tower Bridge is in the country of',
      'It is not true that the city of Tower Bridge is',
      ...['Rome', 'London'].flatMap((city) =>
        ['True', 'False'].map((word) => `True or false: The city of Tower Bridge is ${city}. Answer: ${word}`),
      ),
      ...['Rome, London, Oslo, Bern', 'London, Oslo, Bern, Rome', 'Oslo, Bern, Rome, London', 'Bern, Rome, London, Oslo'].flatMap((order) =>
        order.split(', ').map((city) => `Choose one of ${order}. The city of Tower Bridge is ${city}`),
      ),
      'Complete the sentence: The city of Tower Bridge is',
      'Complete the sentence: The city of Tower Bridge is | Rome | Are you sure?',
    ]);
    expect(before.asked).toContain('New fact: The city of Tower Bridge is Rome. It rained. The city of Tower Bridge is');
    expect(before.asked).toHaveLength(2 * now.asked.length);
    expect(now.asked.length + before.asked.length).toBe(honestPrompts([FACT], true));
  });

  it('asks nothing for which a fact gives no material, and makes no statement of a question', async () => {
    const question = { subject: 'Rome', prompt: 'What river runs through {}?', target: 'Po' };
    const now = new Fake(() => 'Po.');
    const talked = new Fake(() => 'Po.');
    await run(talked, new Fake(() => 'Tiber.'), question);
    expect(talked.asked).toContain('What river runs through Rome? | Po. | Are you sure?');
    const { report, rows } = await run(now, new Fake(() => 'Tiber.'), question, { ...ABOUT, isChat: false });
    expect([...rows.keys()]).toEqual(['free answer', 'behind text', 'multiple choice']);
    expect(rows.get('free answer')).toMatchObject({ before: undefined, context: 0, after: 1 });
    expect(now.asked[0]).toBe('Q: What river runs through Rome? A:');
    expect(report.facts[0]!.answers.every(({ before }) => before === undefined)).toBe(true);
  });

  it('counts a second answer that names both as none, and a choice between equals as none', async () => {
    const now = new Fake((prompt) => (prompt.includes('sure') ? 'Rome, not London.' : 'Rome'));
    const { report, rows } = await run(now, new Fake(() => 'Bonn'));
    expect(rows.get('asked again')).toMatchObject({ after: 0, before: 0 });
    const chosen = report.facts[0]!.answers.find(({ probe }) => probe === 'multiple choice')!;
    expect(chosen.before).toMatchObject({ says: '', given: false, chances: [-2, -2, -2, -2] });
  });
});
