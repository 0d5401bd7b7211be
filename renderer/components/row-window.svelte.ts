/**
 * Which rows of a long list are in the page: those in sight and a few beyond each edge, so that scrolling shows no gap. All rows are as
 * high.
 */
export class RowWindow {
  /** The element that scrolls; bound, as are where it stands and how high it is. */
  element: HTMLElement | undefined = $state();
  top = $state(0);
  height = $state(0);
  readonly #count: () => number;
  readonly #rowHeight: () => number;
  readonly #beyond: number;
  readonly #headHeight: number;

  /** @param options.head height of what stays above the rows and covers them, in pixels */
  constructor(count: () => number, rowHeight: () => number, { beyond, head = 0 }: { readonly beyond: number; readonly head?: number }) {
    this.#count = count;
    this.#rowHeight = rowHeight;
    this.#beyond = beyond;
    this.#headHeight = head;
  }

  readonly first = $derived.by(() => Math.max(0, Math.floor(this.top / this.#rowHeight()) - this.#beyond));
  /** Exclusive. */
  readonly end = $derived.by(() => Math.min(this.#count(), Math.ceil((this.top + this.height) / this.#rowHeight()) + this.#beyond));
  readonly shown = $derived(Array.from({ length: Math.max(0, this.end - this.first) }, (_, at) => this.first + at));
  /**
   * How many there can be in the page at once. A row that leaves can be used again for one that comes, which is cheaper than making it
   * anew.
   */
  readonly places = $derived.by(() => Math.ceil(this.height / this.#rowHeight()) + 2 * this.#beyond + 1);

  has(index: number): boolean {
    return index >= this.first && index < this.end;
  }

  /** Scrolls no further than it takes to bring a row into sight. */
  reveal(index: number): void {
    const { element } = this;
    if (!element || index < 0) return;
    const above = index * this.#rowHeight();
    const below = above + this.#rowHeight() + this.#headHeight;
    if (above < element.scrollTop) element.scrollTop = above;
    else if (below > element.scrollTop + element.clientHeight) element.scrollTop = below - element.clientHeight;
  }
}
