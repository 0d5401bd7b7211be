import { expect, it } from 'vitest';
import type { LlamaModel, LlamaSequence, NextFound, Token } from '../../../electron/engine/llama/package.ts';
import { LlamaScorer } from '../../../electron/engine/llama/scorer.ts';

const WORDS = ['<s>', '<end>', 'Paris', ' is', ' in', ' France', ' Rome', '!'];
/** The logits behind each token; what is not named has 0. */
const NEXT: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ' in': { ' France': 3, ' Rome': 1 },
  ' France': { '!': 2 },
  '!': { '<end>': 5 },
};
const SUM = Math.exp(3) + Math.exp(1) + 6;

/** A model that knows eight tokens and looks at the last one only. */
function fake(start: boolean): { model: LlamaModel; made: object[] } {
  const made: object[] = [];
  const logitsBehind = (token: Token) => WORDS.map((word) => NEXT[WORDS[token]!]?.[word] ?? 0);
  const sequence: LlamaSequence = {
    clearHistory: () => Promise.resolve(),
    controlledEvaluate: (input) =>
      Promise.resolve(
        input.map((item): NextFound | undefined => {
          if (typeof item === 'number') return undefined;
          const [token, { generateNext }] = item;
          const all = logitsBehind(token);
          const best = all.indexOf(Math.max(...all));
          const { logits } = generateNext;
          const asked = logits === true ? all.map((_, id) => id) : [best, ...logits.filter.tokens];
          return {
            next: {
              logits: new Map(asked.map((id) => [id, all[id]!])),
              totalLogitWeight: all.reduce((sum, one) => sum + Math.exp(one - all[best]!), 0),
            },
          };
        }),
      ),
  };
  const model: LlamaModel = {
    trainContextSize: 32,
    tokens: { bos: 0, shouldPrependBosToken: start },
    tokenize: (text) => {
      const ids: Token[] = [];
      for (let rest = text; rest !== ''; rest = rest.slice(WORDS[ids.at(-1)!]!.length))
        ids.push(WORDS.findIndex((word) => rest.startsWith(word)));
      return ids;
    },
    detokenize: (ids) => ids.map((id) => WORDS[id]!).join(''),
    isEogToken: (id) => id === 1,
    createContext: (options) => {
      made.push(options);
      return Promise.resolve({ getSequence: () => sequence, dispose: () => Promise.resolve() });
    },
    dispose: () => Promise.resolve(),
  };
  return { model, made };
}

const scorerOn = ({ model }: { model: LlamaModel }, adapter?: string) =>
  LlamaScorer.create(model, { adapter, longest: 8, threads: 2, check: () => undefined });

it('scores targets behind their prompts, whole and token by token', async () => {
  const scorer = await scorerOn(fake(false));
  const [right, wrong] = await scorer.scoreTargets([
    { prompt: 'Paris is in', target: 'France!' },
    { prompt: 'Paris is in', target: 'Rome!' },
  ]);
  const second = 2 - Math.log(Math.exp(2) + 7);
  expect(right).toMatchObject({ correct: true, tokenAccuracy: 1, tokens: 2 });
  expect(right!.nll).toBeCloseTo(-(3 - Math.log(SUM) + second) / 2, 10);
  expect(wrong).toMatchObject({ correct: false, tokens: 2 });
  expect(wrong!.nll).toBeCloseTo(-(1 - Math.log(SUM) - Math.log(8)) / 2, 10);
});

it('answers greedily up to an end token, with the probability of what it says', async () => {
  const scorer = await scorerOn(fake(false));
  expect(await scorer.generate(['Paris is in'], { maxTokens: 9, topK: 1, seed: 0 })).toEqual([' France!']);
  const [answer] = await scorer.answer([{ prompt: 'Paris is in', tokens: 1 }]);
  expect(answer!.text).toBe(' France');
  expect(answer!.probability).toBeCloseTo(Math.exp(3) / SUM, 10);
  const [next] = await scorer.nextTokenLogProbs(['Paris is in']);
  expect(Array.from(next!).reduce((sum, one) => sum + Math.exp(one), 0)).toBeCloseTo(1, 10);
  await expect(scorer.generate(['Paris'], { maxTokens: 1, topK: 5, seed: 0 })).rejects.toThrow('only the likeliest');
});

it('begins with the start token where the file says so; nothing predicts a target otherwise', async () => {
  const items = [{ prompt: '', target: 'Paris' }];
  expect(await (await scorerOn(fake(true))).scoreTargets(items)).toMatchObject([{ tokens: 1 }]);
  await expect((await scorerOn(fake(false))).scoreTargets(items)).rejects.toThrow('no token before the target');
});

it('lays an adapter over the model, and takes no more room than the model has', async () => {
  const model = fake(false);
  await scorerOn(model, '/a.gguf');
  await LlamaScorer.create(model.model, { longest: 100, threads: 0, check: () => undefined });
  expect(model.made).toEqual([
    { contextSize: 24, threads: 2, lora: { adapters: [{ filePath: '/a.gguf', scale: 1 }] } },
    { contextSize: 32 },
  ]);
});
