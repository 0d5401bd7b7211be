import { wordTokens } from './words.ts';
import { mean } from '../linalg/distributions.ts';

/**
 * Generation entropy of one text: the mean of 2/3 × the entropy of its word pairs and 4/3 × that of its word triples, in bits
 * (compute_n_gram_entropy in eval_utils_counterfact.py). Low where a text repeats itself. A text of fewer than two words has 0.
 */
export function generationEntropy(text: string): number {
  const words = wordTokens(text);
  return ((2 / 3) * gramEntropy(words, 2) + (4 / 3) * gramEntropy(words, 3)) / 2;
}

/** The mean of {@link generationEntropy} over texts; GE is 100 times that. Undefined without texts. */
export function meanGenerationEntropy(texts: readonly string[]): number | undefined {
  return mean(texts.map(generationEntropy));
}

/** Shannon entropy in bits of the runs of n words. */
function gramEntropy(words: readonly string[], n: number): number {
  const counts = new Map<string, number>();
  for (let at = 0; at + n <= words.length; at++) {
    const gram = words.slice(at, at + n).join('\u0000');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  const total = Math.max(1, words.length - n + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
}

/** A generated text as the published code reads it (util/generate.py): decomposed for compatibility, double line ends as a space. */
export function cleanGeneration(text: string): string {
  return text.normalize('NFKD').replaceAll('\n\n', ' ').replaceAll('<|endoftext|>', '');
}
