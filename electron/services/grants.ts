import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Picked } from '../../shared/contract/host.ts';
import { EmendError } from '../../shared/errors.ts';

/** Files and folders that the person chose, by handle. Screens name handles, so that no page can reach a path on its own. */
export class Grants {
  readonly #paths = new Map<string, string>();
  readonly #handles = new Map<string, string>();

  /** Makes a path reachable. It may name something that is still to be written. */
  grant(path: string): Picked {
    const full = resolve(path);
    const handle = this.#handles.get(full) ?? randomUUID();
    this.#handles.set(full, handle);
    this.#paths.set(handle, full);
    const status = statSync(full, { throwIfNoEntry: false });
    return { handle, path: full, name: basename(full), folder: status?.isDirectory() ?? false, ...(status?.isFile() === true ? { bytes: status.size } : {}) };
  }

  /** @throws EmendError 'bad-input' for a handle that was never given */
  path(handle: string): string {
    const path = this.#paths.get(handle);
    if (path === undefined) throw new EmendError('bad-input', 'This file or folder was not chosen in this window.', 'Drop it, or choose it with the button.');
    return path;
  }
}
