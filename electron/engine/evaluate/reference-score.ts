/** Terms of a text with their weights, of unit length. */
type Vector = ReadonlyMap<string, number>;

/**
 * Term weights for the reference score, with the defaults of scikit-learn's TfidfVectorizer, which the published code uses
 * (dsets/tfidf_stats.py): terms are runs of two or more word characters in lower case, weights are counts × idf, vectors have length 1.
 */
export class TfIdf {
  readonly #idf: ReadonlyMap<string, number>;

  private constructor(idf: ReadonlyMap<string, number>) {
    this.#idf = idf;
  }

  /** Learns from documents: idf(t) = ln((1 + n) / (1 + documents with t)) + 1. */
  static fit(documents: readonly string[]): TfIdf {
    const containing = new Map<string, number>();
    for (const document of documents) for (const term of new Set(terms(document))) containing.set(term, (containing.get(term) ?? 0) + 1);
    return new TfIdf(new Map([...containing].map(([term, count]) => [term, Math.log((1 + documents.length) / (1 + count)) + 1])));
  }

  /** From the published tables: tfidf_vocab.json (term → column) and the values of idf.npy. */
  static fromTables(vocabulary: Readonly<Record<string, number>>, idf: ArrayLike<number>): TfIdf {
    return new TfIdf(new Map(Object.entries(vocabulary).map(([term, column]) => [term, idf[column] ?? 0])));
  }

  /** Terms that were not learned weigh nothing. */
  vector(text: string): Vector {
    const weights = new Map<string, number>();
    for (const term of terms(text)) {
      const idf = this.#idf.get(term);
      if (idf !== undefined) weights.set(term, (weights.get(term) ?? 0) + idf);
    }
    const length = Math.hypot(...weights.values());
    return new Map([...weights].map(([term, weight]) => [term, weight / length]));
  }

  /**
   * Reference score of generated texts: the cosine between their joined terms and those of the reference texts, 0 to 1; RS is 100 times that.
   * 0 where one side has no term that was learned (the published code divides by zero there).
   */
  similarity(generated: readonly string[], references: readonly string[]): number {
    const left = this.vector(generated.join(' '));
    const right = this.vector(references.join(' '));
    return [...left].reduce((sum, [term, weight]) => sum + weight * (right.get(term) ?? 0), 0);
  }
}

function terms(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
}
