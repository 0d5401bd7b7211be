import { join } from 'node:path';
import { screen, type BrowserWindow, type Rectangle } from 'electron';
import * as v from 'valibot';
import { openStore } from '../storage/store.ts';
import { fitted } from './bounds.ts';

const Pixels = v.pipe(v.number(), v.safeInteger());
const Length = v.pipe(Pixels, v.minValue(1));
const MemorySchema = v.object({
  bounds: v.nullable(v.object({ x: Pixels, y: Pixels, width: Length, height: Length })),
  maximized: v.boolean(),
});
type Memory = v.InferOutput<typeof MemorySchema>;
type Store = Awaited<ReturnType<typeof openStore<Memory>>>['db'];

const FIRST_SIZE = { width: 1280, height: 860 };
/** Moves and resizes come in bursts (ms). */
const PAUSE = 500;

/** Where the window was, kept in the data folder. */
export class WindowMemory {
  readonly #store: Store;
  #timer: NodeJS.Timeout | undefined;

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(home: string): Promise<WindowMemory> {
    return new WindowMemory((await openStore<Memory>(join(home, 'window.json'), MemorySchema, { bounds: null, maximized: false })).db);
  }

  get maximized(): boolean {
    return this.#store.data.maximized;
  }

  /** Size and, where a screen is there for it, place for a new window. */
  place(): Partial<Rectangle> & { width: number; height: number } {
    const { bounds } = this.#store.data;
    const screens = screen.getAllDisplays().map(({ workArea }) => workArea);
    return bounds === null ? FIRST_SIZE : fitted(bounds, screens);
  }

  follow(window: BrowserWindow): void {
    const note = () => {
      if (window.isDestroyed() || window.isMinimized() || window.isFullScreen()) return;
      this.#store.data = { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.keep(), PAUSE);
    };
    window.on('resize', note);
    window.on('move', note);
    window.on('maximize', note);
    window.on('unmaximize', note);
  }

  /** Writes what was noted last. A failure is not worth a word: the window opens elsewhere next time. */
  async keep(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#store.write().catch(() => undefined);
  }
}
