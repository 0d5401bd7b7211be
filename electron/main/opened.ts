import { app } from 'electron';
import { pathsIn } from './arguments.ts';

/** Files that the system asks us to open: by the command line, a second start, or a file manager. */
export class Opened {
  readonly #early: string[] = [];
  #open: ((paths: readonly string[]) => void) | undefined;

  /** To be made before 'ready': macOS sends the first file before it. */
  constructor() {
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.#hear([path]);
    });
    app.on('second-instance', (_event, argv, workingFolder) => this.#hear(paths(argv, workingFolder)));
    this.#early.push(...paths(process.argv, process.cwd()));
  }

  /** Passes on what came and what comes; a second start without files gives an empty list. */
  follow(open: (paths: readonly string[]) => void): void {
    this.#open = open;
    if (this.#early.length > 0) open(this.#early.splice(0));
  }

  #hear(found: readonly string[]): void {
    if (this.#open) this.#open(found);
    else this.#early.push(...found);
  }
}

function paths(argv: readonly string[], workingFolder: string): string[] {
  return pathsIn(argv, workingFolder, app.isPackaged ? undefined : app.getAppPath());
}
