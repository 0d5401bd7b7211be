import * as v from 'valibot';

const KEPT = 50;
const HistorySchema = v.array(v.string());

/** Prompts that were asked of a model on this computer, the last first. */
export class PromptHistory {
  list = $state.raw<readonly string[]>([]);
  readonly #key: string;

  constructor(model: string) {
    this.#key = `emend.prompts.${model}`;
    this.list = read(this.#key);
  }

  add(prompt: string): void {
    this.#keep([prompt, ...this.list.filter((one) => one !== prompt)].slice(0, KEPT));
  }

  clear(): void {
    this.#keep([]);
  }

  #keep(list: readonly string[]): void {
    this.list = list;
    localStorage.setItem(this.#key, JSON.stringify(list));
  }
}

function read(key: string): readonly string[] {
  try {
    return v.parse(HistorySchema, JSON.parse(localStorage.getItem(key) ?? '[]'));
  } catch {
    // A convenience, not a record: what cannot be read is begun anew.
    return [];
  }
}
