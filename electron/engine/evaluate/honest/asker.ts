import type { HonestOutcome } from '../../../../shared/contract/honest.ts';
import { EmendError } from '../../../../shared/errors.ts';
import type { ChatTemplate } from '../../text/chat.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import type { DecoderScorer } from '../decoder-scorer.ts';
import type { ScoreItem } from '../scorer.ts';
import { firstSentence } from './natural-end.ts';

/** What a model wrote, up to the natural end. */
export interface Written {
  readonly says: string;
  readonly ended: NonNullable<HonestOutcome['ended']>;
}

/** Puts the questions of an honest check to one version. Every method keeps the order of what it was given. */
export interface Asker {
  /** Writes on from texts. */
  write(prompts: readonly string[]): Promise<Written[]>;
  /** Answers what somebody says; what was said before stands in front, by turns. */
  talk(turns: readonly (readonly string[])[]): Promise<Written[]>;
  /** The mean log-probability of the tokens of answers behind their prompts, in nats. */
  chances(items: readonly ScoreItem[]): Promise<number[]>;
}

/** Asks a decoder. */
export class DecoderAsker implements Asker {
  readonly #scorer: DecoderScorer;
  readonly #tokenizer: Tokenizer;
  readonly #limits: { readonly most: number; readonly positions: number | undefined };
  readonly #template: ChatTemplate | undefined;

  /** @param limits most tokens to write where no natural end comes, and the positions that the model has */
  constructor(
    scorer: DecoderScorer,
    tokenizer: Tokenizer,
    limits: { readonly most: number; readonly positions: number | undefined },
    template?: ChatTemplate,
  ) {
    this.#scorer = scorer;
    this.#tokenizer = tokenizer;
    this.#limits = limits;
    this.#template = template;
  }

  write(prompts: readonly string[]): Promise<Written[]> {
    return this.#write(prompts.map((one) => this.#tokenizer.encode(one)));
  }

  talk(turns: readonly (readonly string[])[]): Promise<Written[]> {
    // A template writes its start token itself.
    return this.#write(
      turns.map(([first = '', ...further]) => this.#tokenizer.encode(this.#asChat(first, further), { addSpecialTokens: false })),
    );
  }

  async chances(items: readonly ScoreItem[]): Promise<number[]> {
    return (await this.#scorer.scoreTargets(items)).map(({ nll }) => -nll);
  }

  async #write(rows: readonly (readonly number[])[]): Promise<Written[]> {
    const { most, positions = Infinity } = this.#limits;
    const longest = Math.max(...rows.map(({ length }) => length));
    if (longest >= positions)
      throw new EmendError(
        'bad-input',
        `A question has ${longest} tokens, and the model has ${positions} positions, so that nothing can be written behind it.`,
        'Check facts with shorter prompts.',
      );
    const written = await this.#scorer.writeOut(rows, Math.min(most, positions - longest), (text) => firstSentence(text) !== undefined);
    return written.map(({ text, ended }) => ({ says: firstSentence(text) ?? text.trim(), ended: ended === 'text' ? 'sentence' : ended }));
  }

  #asChat(first: string, further: readonly string[]): string {
    if (this.#template) return this.#template.asked(first, ...further);
    throw new EmendError('failed', 'A model without a chat template was to be talked to.', 'This is a mistake in Emend; please report it.');
  }
}
