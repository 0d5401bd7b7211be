import { describe, expect, it } from 'vitest';
import { type Ask, suggestFor, SURE, type Taught } from '../../../electron/services/suggest.ts';

const TAUGHT: Taught = {
  relations: {
    capital: { templates: ['The capital of {} is', "{}'s capital is", 'The government of {} sits in'] },
    continent: { templates: ['{} is a country in'] },
  },
  facts: [
    { subject: 'France', relation: 'capital', object: 'Paris' },
    { subject: 'Germany', relation: 'capital', object: 'Berlin' },
    { subject: 'Texas', relation: 'capital', object: 'Paris' },
    { subject: 'Spain', relation: 'capital', object: 'Madrid' },
    { subject: 'France', relation: 'continent', object: 'Europe' },
  ],
};
const FACT = { subject: 'France', prompt: 'The capital of {} is', target: 'Berlin' };

/** A version that answers by the subject that is named, 'nothing' with little probability to all else. */
function saying(answers: Readonly<Record<string, string | readonly [string, number]>>): Ask & { readonly asked: string[] } {
  const asked: string[] = [];
  const ask: Ask = (prompts) => {
    asked.push(...prompts);
    return Promise.resolve(
      prompts.map((prompt) => {
        const found = Object.entries(answers).find(([subject]) => prompt.includes(subject))?.[1] ?? ['nothing', 0.1];
        const [answer, probability] = typeof found === 'string' ? ([found, 0.9] as const) : found;
        return { answer, text: ` ${answer}. And so on`, probability };
      }),
    );
  };
  return Object.assign(ask, { asked });
}
const TRUE = { France: 'Paris', Texas: 'Paris', Spain: 'Madrid', Germany: 'Berlin', Peru: 'Lima' };

describe('suggestions for a fact', () => {
  it('takes other phrasings, and first the subjects with the same previous answer', async () => {
    const found = await suggestFor(FACT, { taught: TAUGHT }, saying(TRUE));
    expect(found.previousTarget).toBe('Paris');
    expect(found.paraphrases).toEqual(["France's capital is", 'The government of France sits in']);
    expect(found.neighbors).toEqual([
      { prompt: 'The capital of Texas is', target: 'Paris' },
      { prompt: 'The capital of Spain is', target: 'Madrid' },
    ]);
  });

  it('tells what the version says now, whatever the file of facts says', async () => {
    const found = await suggestFor(FACT, { taught: TAUGHT }, saying({ ...TRUE, France: 'Lyon', Spain: 'Seville' }));
    expect(found.previousTarget).toBe('Lyon');
    expect(found.previousChance).toBe(0.9);
    expect(found.neighbors).toContainEqual({ prompt: 'The capital of Spain is', target: 'Seville' });
  });

  it('knows the relation by its answer when the prompt is in other words', async () => {
    const fact = { subject: 'France', prompt: 'If you fly to {} you land in', target: 'Rome' };
    const found = await suggestFor(fact, { taught: TAUGHT }, saying(TRUE));
    expect(found.paraphrases).toContain('The capital of France is');
    expect(found.neighbors).toContainEqual({ prompt: 'If you fly to Texas you land in', target: 'Paris' });
  });

  it('takes well-known subjects of the kind where nothing is known of the model, and only those of whose answer it is sure', async () => {
    const said = { ...TRUE, Japan: 'Tokyo', Brazil: ['Rio', SURE - 0.01], Egypt: 'Cairo', Germany: 'Berlin' } as const;
    const found = await suggestFor(FACT, {}, saying(said));
    expect(found.neighbors).toContainEqual({ prompt: 'The capital of Japan is', target: 'Tokyo' });
    expect(found.neighbors).toContainEqual({ prompt: 'The capital of Egypt is', target: 'Cairo' });
    const prompts = found.neighbors.map((one) => (typeof one === 'string' ? one : one.prompt));
    expect(prompts).not.toContain('The capital of Brazil is'); // not sure
    expect(prompts).not.toContain('The capital of Germany is'); // has the new answer already
    expect(prompts).not.toContain('The capital of France is'); // the fact itself
    expect(found.source).toContain('well-known names (country)');
  });

  it('asks in other words by the kind of relation, never the same words behind an unrelated sentence', async () => {
    const found = await suggestFor({ ...FACT, subject: 'Atlantis' }, {}, saying({ Atlantis: 'Poseidonis' }));
    expect(found.paraphrases).toContain('The capital city of Atlantis is');
    expect(found.paraphrases.every((one) => !one.includes('The capital of Atlantis is'))).toBe(true);
  });

  it('has the other wordings end as the prompt does, for the same new answer', async () => {
    const ask = saying({ Japan: 'the yen' });
    const bare = await suggestFor({ subject: 'Japan', prompt: "{}'s currency is", target: 'the euro' }, {}, ask);
    expect(bare.paraphrases.length).toBeGreaterThan(0);
    expect(bare.paraphrases.some((one) => one.endsWith(' the'))).toBe(false);
    const withArticle = await suggestFor({ subject: 'Japan', prompt: "{}'s currency is the", target: 'euro' }, {}, ask);
    expect(withArticle.paraphrases.every((one) => one.endsWith(' the'))).toBe(true);
  });

  it('makes no neighbour of what another row edits, and takes the neighbours of rows that ask the same', async () => {
    const other = { subject: 'Peru', prompt: 'The capital of {} is', target: 'Quito', neighbors: ['The capital of Texas is'] };
    const found = await suggestFor({ ...FACT, prompt: 'The capital of {} is' }, { form: [FACT, other] }, saying(TRUE));
    const prompts = found.neighbors.map((one) => (typeof one === 'string' ? one : one.prompt));
    expect(prompts).toContain('The capital of Texas is');
    expect(prompts).not.toContain('The capital of Peru is');
  });

  it('asks other things about the subject: of the model’s own facts, else by the kind of subject', async () => {
    const own = await suggestFor(FACT, { taught: TAUGHT }, saying({ 'France is a country': 'Europe', ...TRUE }));
    expect(own.sameSubject).toEqual([{ prompt: 'France is a country in', target: 'Europe' }]);
    const byKind = await suggestFor(
      FACT,
      {},
      saying({ 'currency of France': 'the euro', 'language of France': ['French', SURE - 0.01], ...TRUE }),
    );
    const prompts = byKind.sameSubject.map((one) => (typeof one === 'string' ? one : one.prompt));
    expect(byKind.sameSubject).toContainEqual({ prompt: 'The currency of France is the', target: 'the euro' });
    expect(prompts).not.toContain('The official language of France is'); // not sure
    expect(prompts).not.toContain('The capital of France is'); // the fact itself
  });

  it('puts apart what may follow from the fact: another city may lie in another country', async () => {
    const fact = { subject: 'Eiffel Tower', prompt: '{} stands in the city of', target: 'Rome' };
    const found = await suggestFor(fact, {}, saying({ 'country of Eiffel Tower': 'France', Eiffel: 'Paris' }));
    expect(found.sameSubject).toEqual([]);
    expect(found.follows).toContainEqual({ prompt: 'Eiffel Tower is in the country of', target: 'Paris' });
    const relations = {
      city: { templates: ['{} stands in the city of', 'The city of {} is'] },
      country: { templates: ['The country of {} is'] },
      height: { templates: ['In metres, {} is as high as'] },
    };
    const of = (relation: string, object: string) => ({ subject: 'Eiffel Tower', relation, object });
    const taught = { relations, facts: [of('city', 'Paris'), of('country', 'France'), of('height', '330')] };
    const own = await suggestFor(fact, { taught }, saying({ 'country of Eiffel Tower': 'France', metres: '330', Eiffel: 'Paris' }));
    expect(own.sameSubject).toEqual([{ prompt: 'In metres, Eiffel Tower is as high as', target: '330' }]);
    expect(own.follows).toEqual([{ prompt: 'The country of Eiffel Tower is', target: 'France' }]);
    expect(own.source).toContain('1 question whose answer may follow from the fact');
  });

  it('says so where it knows neither the relation nor the kind of subject', async () => {
    const found = await suggestFor({ subject: 'ticket 42', prompt: 'The owner of {} became', target: 'Ada' }, {}, saying({}));
    expect(found.paraphrases).toEqual([]);
    expect(found.neighbors).toEqual([]);
    expect(found.source).toContain('asks in a way that Emend does not know');
    expect(found.source).toContain('no other subjects of this kind are known');
  });

  it('says how many it asked where the model is sure of none', async () => {
    const found = await suggestFor(FACT, {}, saying({}));
    expect(found.neighbors).toEqual([]);
    expect(found.source).toMatch(/of \d+ other subjects asked the model is sure of none/);
  });
});
