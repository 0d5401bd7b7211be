const KEY = 'emend.first-run';

/** The first correction of somebody who added the model that comes with Emend. It ends with the first commit, or when it is put away. */
class FirstRun {
  #model = $state<string | undefined>(read());

  /** Whether a model is the one that it goes on with. */
  isOf(model: string): boolean {
    return this.#model === model;
  }

  begin(model: string): void {
    this.#model = model;
    keep(model);
  }

  end(): void {
    this.#model = undefined;
    keep(undefined);
  }
}

export const firstRun = new FirstRun();

/** A convenience, not a record: where a browser keeps nothing, it ends with the page. */
function read(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(model: string | undefined): void {
  try {
    if (model === undefined) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, model);
  } catch {
    // It goes on as long as the page does.
  }
}
