import type { Row } from '../../../shared/contract/audit.ts';

/** Rows fetched at once. */
export const PAGE = 100;
/** Rows beyond those in sight that are fetched too, so that who scrolls on finds them there. */
const AHEAD = 150;
/** Time after which rows that came into sight count as looked at (ms). */
const LOOK = 40;

/** The pages that hold the rows from `first` to before `last`. */
export function pagesOf(first: number, last: number): number[] {
  if (last <= first) return [];
  const from = Math.floor(first / PAGE);
  const to = Math.floor((last - 1) / PAGE);
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

export type FetchPage = (offset: number, limit: number) => Promise<{ readonly total: number; readonly rows: readonly Row[] }>;

/**
 * The rows of one filter, fetched page by page as they come into sight.
 * `onChange` is called when there is something new to show, `onFail` when a page could not be fetched.
 */
export class Pages {
  total: number | undefined;
  readonly #rows = new Map<number, readonly Row[]>();
  readonly #asked = new Set<number>();
  readonly #fetch: FetchPage;
  readonly #onChange: () => void;
  readonly #onFail: (error: unknown) => void;
  #sight = { first: 0, last: 0 };
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(fetch: FetchPage, onChange: () => void, onFail: (error: unknown) => void) {
    this.#fetch = fetch;
    this.#onChange = onChange;
    this.#onFail = onFail;
  }

  row(at: number): Row | undefined {
    return this.#rows.get(Math.floor(at / PAGE))?.[at % PAGE];
  }

  /** Position of an entry among the rows that are here. */
  find(seq: number): number | undefined {
    for (const [page, rows] of this.#rows) {
      const at = rows.findIndex((row) => row.seq === seq);
      if (at !== -1) return page * PAGE + at;
    }
    return undefined;
  }

  /** Fetches the rows that come into sight, but lets those go by that are only scrolled past. */
  follow(first: number, last: number): void {
    this.#sight = { first, last };
    this.#looking ??= setTimeout(() => this.#look(first), LOOK);
  }

  /** @param before where the sight began when the look was due */
  #look(before: number): void {
    const { first, last } = this.#sight;
    this.#looking = undefined;
    if (Math.abs(first - before) > PAGE / 2) this.follow(first, last);
    else void this.need(Math.max(0, first - AHEAD), Math.min(this.total ?? last, last + AHEAD));
  }

  /** Fetches what is missing of the rows from `first` to before `last`; a page that failed is tried again. */
  async need(first: number, last: number): Promise<void> {
    const missing = pagesOf(first, last).filter((page) => !this.#asked.has(page));
    await Promise.all(missing.map((page) => this.#load(page)));
  }

  async #load(page: number): Promise<void> {
    this.#asked.add(page);
    try {
      const { total, rows } = await this.#fetch(page * PAGE, PAGE);
      this.total = total;
      this.#rows.set(page, rows);
      this.#onChange();
    } catch (error) {
      this.#asked.delete(page);
      this.#onFail(error);
    }
  }
}
