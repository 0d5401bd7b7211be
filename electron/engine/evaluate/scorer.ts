/** What a check asks of a model: the runtime implements it for one version. Every method keeps the order of what it was given. */
export interface Scorer {
  /**
   * Teacher-forced scores of targets, each put behind its prompt as text/positions.ts joins them (rowWithTarget).
   * A request holds at most `batchSize` items; how they become rows and runs is the scorer's affair.
   */
  scoreTargets(items: readonly ScoreItem[]): Promise<TargetScore[]>;
  /** Writes on from each prompt. @returns the text added, without the prompt */
  generate(prompts: readonly string[], settings: GenerateSettings): Promise<string[]>;
  /** What the model says after each prompt: written greedily, at least as many tokens as are asked for, on to the end of a word. */
  answer(items: readonly AnswerItem[]): Promise<Answer[]>;
  /** Log-probabilities (natural, over the vocabulary) of the token after each prompt. */
  nextTokenLogProbs(prompts: readonly string[]): Promise<ArrayLike<number>[]>;
  /** Likelihood of whole texts: the negative log-likelihood of every token but the first, summed (nats), and of how many tokens. */
  scoreTexts(texts: readonly string[]): Promise<TextScore[]>;
}

export interface ScoreItem {
  readonly prompt: string;
  readonly target: string;
}

export interface AnswerItem {
  readonly prompt: string;
  readonly tokens: number;
}

export interface Answer {
  readonly text: string;
  /** That of the whole text after its prompt, 0 to 1. */
  readonly probability: number;
}

export interface TargetScore {
  /** Mean negative log-likelihood per target token, in nats. */
  readonly nll: number;
  /** Whether every target token is the likeliest at its place. */
  readonly correct: boolean;
  /** Share of target tokens that are the likeliest at their place, 0 to 1. */
  readonly tokenAccuracy: number;
  /** How many tokens the target has. */
  readonly tokens: number;
}

export interface TextScore {
  readonly nll: number;
  readonly tokens: number;
}

export interface GenerateSettings {
  /** Most tokens to add to each prompt. */
  readonly maxTokens?: number;
  /** Most tokens of the whole row, prompt included, as the published code counts. */
  readonly maxLength?: number;
  /** How many of the likeliest tokens are drawn from; 1 is greedy. */
  readonly topK: number;
  readonly seed: number;
}
