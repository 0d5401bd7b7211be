import type { ModelCard, Notice, Removed } from '../../shared/contract/library.ts';
import { call, hear } from '../client/client.ts';

/** The models of the library, the one opened last first. */
class Library {
  models = $state.raw<readonly ModelCard[]>([]);
  removed = $state.raw<readonly Removed[]>([]);
  notices = $state.raw<readonly Notice[]>([]);
  /** False until the list was read once. */
  isRead = $state(false);
  error = $state.raw<unknown>(undefined);
  #reading = false;
  #again = false;

  follow(): void {
    hear(
      (event) => {
        if (event.type === 'library' || event.type === 'ledger') void this.refresh();
      },
      () => void this.refresh(),
    );
    void this.refresh();
  }

  /** Reads the list anew. While one reading is under way, any number of further ones become one. */
  async refresh(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      do {
        this.#again = false;
        const { models, removed, notices } = await call('library.list', {});
        this.models = models;
        this.removed = removed;
        this.notices = notices;
        this.error = undefined;
      } while (this.#again);
    } catch (error) {
      this.error = error;
    } finally {
      this.#reading = false;
      this.isRead = true;
    }
  }

  find(id: string): ModelCard | undefined {
    return this.models.find((model) => model.id === id);
  }
}

export const library = new Library();
