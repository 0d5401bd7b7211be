import { wholeWords } from './answers.ts';
import type { Answer, AnswerItem, GenerateSettings, ScoreItem, Scorer, TargetScore, TextScore } from './scorer.ts';
import { rowWithTarget } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { Generator } from '../decoder/generate.ts';
import { logSoftmax } from '../runtime/sampling.ts';
import { ScoreSession } from '../decoder/score.ts';

/** Tokens that a word may take beyond those that were asked for. */
const WORD = 3;
const GREEDY = { temperature: 0, topK: 1, topP: 1, repetitionPenalty: 1, seed: 0 };

/** Asks a decoder what a check wants to know. Sessions are made when first needed; release them when done. */
export class DecoderScorer implements Scorer {
  private readonly decoder: Decoder;
  private readonly tokenizer: Tokenizer;
  private readonly check: () => void;
  private readonly options: { readonly prepack: boolean };
  private scorer: Promise<ScoreSession> | undefined;
  private reader: Promise<ScoreSession> | undefined;
  private generator: Promise<Generator> | undefined;

  /**
   * @param check called between runs; throws to stop
   * @param options without prepacking a few questions are answered sooner, and weights stay in the pages of their files; many take longer
   */
  constructor(decoder: Decoder, tokenizer: Tokenizer, check: () => void = () => undefined, options = { prepack: true }) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.check = check;
    this.options = options;
  }

  async scoreTargets(items: readonly ScoreItem[]): Promise<TargetScore[]> {
    this.check();
    const rows = items.map((item) => rowWithTarget(this.tokenizer, item.prompt, item.target));
    const scores = await (await this.scores()).score(rows.map((r) => ({ ids: r.ids, from: r.targetStart })));
    return scores.map((tokens, i) => {
      const right = tokens.filter((t, k) => t.best === rows[i]!.targetIds[k]).length;
      return {
        nll: -tokens.reduce((sum, t) => sum + t.logProbability, 0) / tokens.length,
        correct: right === tokens.length,
        tokenAccuracy: right / tokens.length,
        tokens: tokens.length,
      };
    });
  }

  async generate(prompts: readonly string[], settings: GenerateSettings): Promise<string[]> {
    const rows = prompts.map((p) => this.tokenizer.encode(p));
    const longest = Math.max(...rows.map((r) => settings.maxTokens ?? Math.max(0, (settings.maxLength ?? 0) - r.length)));
    const sampling = { temperature: settings.topK === 1 ? 0 : 1, topK: settings.topK, topP: 1, repetitionPenalty: 1, seed: settings.seed };
    const made = await (
      await this.generates()
    ).continue(rows, { maxTokens: longest, sampling, stopAt: this.tokenizer.eosIds, check: this.check });
    return made.map((ids, i) =>
      this.tokenizer.continuation(settings.maxLength === undefined ? ids : ids.slice(0, Math.max(0, settings.maxLength - rows[i]!.length))),
    );
  }

  /**
   * Writes on greedily from each prompt, up to the end token, to where `isEnd` says that the text ends, or to the limit.
   * @param prompts as token rows
   */
  async writeOut(
    prompts: readonly (readonly number[])[],
    most: number,
    isEnd: (text: string) => boolean,
  ): Promise<{ text: string; ended: 'token' | 'text' | 'limit' }[]> {
    const texts = prompts.map(() => '');
    const ended = prompts.map(() => false);
    const written: number[][] = prompts.map(() => []);
    const made = await (
      await this.generates()
    ).continue(prompts, {
      maxTokens: most,
      sampling: GREEDY,
      stopAt: this.tokenizer.eosIds,
      check: this.check,
      onToken: (row, id) => {
        written[row]!.push(id);
        texts[row] = this.tokenizer.continuation(written[row]!);
        return (ended[row] = isEnd(texts[row]));
      },
    });
    return texts.map((text, row) => ({ text, ended: ended[row] ? 'text' : made[row]!.length < most ? 'token' : 'limit' }));
  }

  async answer(items: readonly AnswerItem[]): Promise<Answer[]> {
    const rows = items.map(({ prompt }) => this.tokenizer.encode(prompt));
    const maxTokens = WORD + Math.max(...items.map(({ tokens }) => tokens));
    const made = await (
      await this.generates()
    ).continue(rows, { maxTokens, sampling: GREEDY, stopAt: this.tokenizer.eosIds, check: this.check });
    const written = made.map((ids, i) => {
      const texts = ids.map((_, at) => this.tokenizer.continuation(ids.slice(0, at + 1)));
      return ids.slice(0, wholeWords(texts, items[i]!.tokens));
    });
    const asked = written.flatMap((ids, i) => (ids.length === 0 ? [] : [{ i, ids: [...rows[i]!, ...ids], from: rows[i]!.length }]));
    const scores = await (await this.scores()).score(asked);
    const answers: Answer[] = items.map(() => ({ text: '', probability: 1 }));
    asked.forEach(({ i }, k) => {
      const logProbability = scores[k]!.reduce((sum, token) => sum + token.logProbability, 0);
      answers[i] = { text: this.tokenizer.continuation(written[i]!), probability: Math.exp(logProbability) };
    });
    return answers;
  }

  async nextTokenLogProbs(prompts: readonly string[]): Promise<Float32Array[]> {
    this.check();
    const logits = await (await this.generates()).next(prompts.map((p) => this.tokenizer.encode(p)));
    return logits.map(logSoftmax);
  }

  async scoreTexts(texts: readonly string[]): Promise<TextScore[]> {
    this.check();
    // A text answers nothing: what steers answers steers all of it.
    const rows = texts.map((t) => this.tokenizer.encode(t)).map((ids) => ({ ids, from: 1, boundary: { prompt: ids.length, answer: 0 } }));
    const usable = rows.map((r, i) => ({ r, i })).filter(({ r }) => r.ids.length > 1);
    const found = await (await this.texts()).score(usable.map(({ r }) => r));
    const results: TextScore[] = texts.map(() => ({ nll: 0, tokens: 0 }));
    usable.forEach(({ i }, k) => {
      results[i] = { nll: -found[k]!.reduce((sum, t) => sum + t.logProbability, 0), tokens: found[k]!.length };
    });
    return results;
  }

  /** Frees the sessions. */
  async release(): Promise<void> {
    await (await this.scorer)?.release();
    if (this.reader !== this.scorer) await (await this.reader)?.release();
    await (await this.generator)?.release();
  }

  private scores(): Promise<ScoreSession> {
    return (this.scorer ??= ScoreSession.create(this.decoder, this.options));
  }

  /** By a decoding rule a text's likelihood is another session's. */
  private texts(): Promise<ScoreSession> {
    return (this.reader ??= this.decoder.decoding ? ScoreSession.create(this.decoder, { ...this.options, what: 'text' }) : this.scores());
  }

  private generates(): Promise<Generator> {
    return (this.generator ??= Generator.create(this.decoder, this.options));
  }
}
