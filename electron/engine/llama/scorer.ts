import { EmendError } from '../../../shared/errors.ts';
import { wholeWords } from '../evaluate/answers.ts';
import type { Answer, AnswerItem, GenerateSettings, ScoreItem, Scorer, TargetScore, TextScore } from '../evaluate/scorer.ts';
import { joinTarget } from '../text/positions.ts';
import type { LlamaContext, LlamaModel, LlamaSequence, NextFound, Token } from './package.ts';

/** Tokens that a word may take beyond those that were asked for; as elsewhere in a check. */
const WORD = 3;
/** Tokens that are written at most behind a prompt, beside its target. */
const ROOM = 16;

export interface LlamaScorerOptions {
  /** An adapter that is laid over the model. */
  readonly adapter?: string | undefined;
  /** The longest row that will be asked, in tokens. */
  readonly longest: number;
  /** 0 leaves it to llama.cpp. */
  readonly threads: number;
  /** Called between rows; throws to stop. */
  readonly check: () => void;
}

/** Asks llama.cpp what a check wants to know. Texts are cut into tokens by the file's own tokenizer, as those who run it have it. */
export class LlamaScorer implements Scorer {
  readonly #model: LlamaModel;
  readonly #context: LlamaContext;
  readonly #sequence: LlamaSequence;
  readonly #check: () => void;

  private constructor(model: LlamaModel, context: LlamaContext, check: () => void) {
    this.#model = model;
    this.#context = context;
    this.#sequence = context.getSequence();
    this.#check = check;
  }

  static async create(model: LlamaModel, { adapter, longest, threads, check }: LlamaScorerOptions): Promise<LlamaScorer> {
    const context = await model.createContext({
      contextSize: Math.min(model.trainContextSize, longest + ROOM),
      ...(threads > 0 ? { threads } : {}),
      ...(adapter === undefined ? {} : { lora: { adapters: [{ filePath: adapter, scale: 1 }] } }),
    });
    return new LlamaScorer(model, context, check);
  }

  scoreTargets(items: readonly ScoreItem[]): Promise<TargetScore[]> {
    return inTurn(items, async ({ prompt, target }) => {
      const joined = joinTarget(prompt, target);
      const ids = encode(this.#model, joined.text);
      const from = sharedStart(encode(this.#model, joined.text.slice(0, joined.targetStart)), ids);
      if (from === 0)
        throw new EmendError('bad-input', 'There is no token before the target, so nothing can predict it.', 'Write a prompt.', {
          field: 'prompt',
        });
      const found = await this.#follow(ids, from);
      const right = found.filter(({ best, token }) => best === token).length;
      return {
        nll: -sum(found.map((one) => one.logProbability)) / found.length,
        correct: right === found.length,
        tokenAccuracy: right / found.length,
        tokens: found.length,
      };
    });
  }

  async generate(prompts: readonly string[], { maxTokens, maxLength, topK }: GenerateSettings): Promise<string[]> {
    if (topK !== 1) throw new EmendError('unsupported', 'In llama.cpp only the likeliest answer is asked for.', 'Leave fluency out.');
    return inTurn(prompts, async (prompt) => {
      const row = encode(this.#model, prompt);
      const written = await this.#write(row, maxTokens ?? Math.max(0, (maxLength ?? 0) - row.length));
      return this.#text(
        row,
        written.map(({ token }) => token),
      );
    });
  }

  answer(items: readonly AnswerItem[]): Promise<Answer[]> {
    return inTurn(items, async ({ prompt, tokens }) => {
      const row = encode(this.#model, prompt);
      const written = await this.#write(row, tokens + WORD);
      const ids = written.map(({ token }) => token);
      const texts = ids.map((_, at) => this.#text(row, ids.slice(0, at + 1)));
      const length = wholeWords(texts, tokens);
      const logProbability = sum(written.slice(0, length).map((one) => one.logProbability));
      return { text: texts[length - 1] ?? '', probability: Math.exp(logProbability) };
    });
  }

  nextTokenLogProbs(prompts: readonly string[]): Promise<ArrayLike<number>[]> {
    return inTurn(prompts, async (prompt) => {
      const row = encode(this.#model, prompt);
      await this.#sequence.clearHistory();
      const found = await this.#sequence.controlledEvaluate([
        ...row.slice(0, -1),
        [row.at(-1)!, { generateNext: { logits: true, totalLogitWeight: true } }],
      ]);
      const { logits, shift } = distribution(found.at(-1));
      const values = new Float64Array(Math.max(...logits.keys()) + 1).fill(-Infinity);
      for (const [token, logit] of logits) values[token] = logit - shift;
      return values;
    });
  }

  scoreTexts(texts: readonly string[]): Promise<TextScore[]> {
    return inTurn(texts, async (text) => {
      const found = await this.#follow(encode(this.#model, text), 1);
      return { nll: -sum(found.map((one) => one.logProbability)), tokens: found.length };
    });
  }

  /** Frees the context. */
  async release(): Promise<void> {
    await this.#context.dispose();
  }

  /** The tokens of a row from a place on, each with what was likeliest there. */
  async #follow(ids: readonly Token[], from: number): Promise<(Written & { readonly best: Token })[]> {
    this.#check();
    if (ids.length <= from) return [];
    await this.#sequence.clearHistory();
    // The last token predicts what is not asked for.
    const asked = ids.slice(0, -1).map((id, at) => (at < from - 1 ? id : wanted(id, [ids[at + 1]!])));
    const found = await this.#sequence.controlledEvaluate(asked);
    return ids.slice(from).map((token, at) => {
      const { logits, best, shift } = distribution(found[from - 1 + at]);
      return { token, best, logProbability: logits.get(token)! - shift };
    });
  }

  /** Writes on greedily, up to an end token. */
  async #write(row: readonly Token[], most: number): Promise<Written[]> {
    await this.#sequence.clearHistory();
    const written: Written[] = [];
    let next = [...row.slice(0, -1), wanted(row.at(-1)!)];
    while (written.length < most) {
      this.#check();
      const { logits, best, shift } = distribution((await this.#sequence.controlledEvaluate(next)).at(-1));
      if (this.#model.isEogToken(best)) break;
      written.push({ token: best, logProbability: logits.get(best)! - shift });
      next = [wanted(best)];
    }
    return written;
  }

  #text(row: readonly Token[], ids: readonly Token[]): string {
    return this.#model.detokenize(ids, false, row);
  }
}

interface Written {
  readonly token: Token;
  readonly logProbability: number;
}

/** A text as tokens of a model's own, with its start token where it has one. */
export function encode(model: LlamaModel, text: string): Token[] {
  const { bos, shouldPrependBosToken } = model.tokens;
  return [...(shouldPrependBosToken && bos !== null ? [bos] : []), ...model.tokenize(text)];
}

/** How many tokens two rows begin with alike. A token that prompt and target share is the target's: the first that can go wrong. */
function sharedStart(prompt: readonly Token[], row: readonly Token[]): number {
  const unlike = prompt.findIndex((token, at) => token !== row[at]);
  return unlike === -1 ? prompt.length : unlike;
}

function wanted(token: Token, tokens: readonly Token[] = []) {
  return [token, { generateNext: { logits: { filter: { tokens, includeTop: 1 } }, totalLogitWeight: true } }] as const;
}

/** @returns `shift`: what makes a logit a log-probability when it is taken off */
function distribution(found: NextFound | undefined): { logits: ReadonlyMap<Token, number>; best: Token; shift: number } {
  const { logits = new Map<Token, number>(), totalLogitWeight } = found?.next ?? {};
  const best = [...logits].reduce<readonly [Token, number] | undefined>((a, b) => (a === undefined || b[1] > a[1] ? b : a), undefined);
  if (best === undefined || totalLogitWeight === undefined)
    throw new EmendError('failed', 'llama.cpp gave no distribution behind a token.', 'Take another version of node-llama-cpp.');
  return { logits, best: best[0], shift: best[1] + Math.log(totalLogitWeight) };
}

async function inTurn<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (const item of items) answers.push(await ask(item));
  return answers;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
