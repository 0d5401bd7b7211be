/** What a place can carry: a word of a category, such as subject: country. */
export interface Concept {
  readonly category: string;
  readonly name: string;
}

/** Places (tokens, pixels) of some documents (texts, pictures) with the concepts that each carries. */
export class Labels {
  readonly concepts: readonly Concept[];
  readonly categories: readonly string[];
  /** Index of each concept's category. */
  readonly categoryOf: Int32Array;
  /** Places that carry each concept. */
  readonly sizes: Int32Array;
  /** [categories × documents]: whether the document carries a label of the category. */
  readonly carried: Uint8Array;
  readonly documents: number;
  /** Document of each place. */
  readonly documentOf: Int32Array;
  readonly #at: readonly (readonly number[])[];

  /** @param at concepts of each place, by index */
  constructor(concepts: readonly Concept[], at: readonly (readonly number[])[], documentOf: Int32Array) {
    this.concepts = concepts;
    this.categories = [...new Set(concepts.map(({ category }) => category))];
    this.categoryOf = Int32Array.from(concepts, ({ category }) => this.categories.indexOf(category));
    this.documentOf = documentOf;
    this.documents = documentOf.reduce((most, document) => Math.max(most, document + 1), 0);
    this.sizes = new Int32Array(concepts.length);
    this.carried = new Uint8Array(this.categories.length * this.documents);
    this.#at = at;
    at.forEach((carries, place) => {
      for (const concept of carries) {
        this.sizes[concept]!++;
        this.carried[this.categoryOf[concept]! * this.documents + documentOf[place]!] = 1;
      }
    });
  }

  at(place: number): readonly number[] {
    return this.#at[place]!;
  }

  carries(category: number, document: number): boolean {
    return this.carried[category * this.documents + document] === 1;
  }

  /** The same with place t carrying what place order[t] carried: what is found with these labels is chance. */
  shuffled(order: ArrayLike<number>): Labels {
    return new Labels(
      this.concepts,
      this.#at.map((_, place) => this.#at[order[place]!]!),
      this.documentOf,
    );
  }
}
