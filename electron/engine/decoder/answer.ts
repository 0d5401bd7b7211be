export interface TokenChance {
  readonly token: string;
  readonly id: number;
  readonly probability: number;
}

/** What a model says to a prompt. */
export interface Answer {
  readonly prompt: string;
  readonly next: readonly TokenChance[];
  /** The continuation, without the prompt. */
  readonly text: string;
  readonly tokens: number;
  /** The continuation token by token, each with the probability that it had. */
  readonly pieces: readonly { readonly text: string; readonly probability: number }[];
}
