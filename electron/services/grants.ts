import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Picked } from '../../shared/contract/host.ts';
import { EmendError } from '../../shared/errors.ts';

/** What may be done with what was chosen: a file that was dropped is read, never replaced. */
export type Use = 'read' | 'write';

/** Files and folders that the person chose, by handle. Screens name handles, so that no page can reach a path on its own. */
export class Grants {
  readonly #grants = new Map<string, { readonly path: string; readonly use: Use }>();
  readonly #handles = new Map<string, string>();

  /** Makes a path reachable. @param use 'write' only for a place that was chosen to write to; it may be still to be made */
  grant(path: string, use: Use = 'read'): Picked {
    const full = resolve(path);
    const key = `${use} ${full}`;
    const handle = this.#handles.get(key) ?? randomUUID();
    this.#handles.set(key, handle);
    this.#grants.set(handle, { path: full, use });
    const status = statSync(full, { throwIfNoEntry: false });
    return {
      handle,
      path: full,
      name: basename(full),
      folder: status?.isDirectory() ?? false,
      ...(status?.isFile() === true ? { bytes: status.size } : {}),
    };
  }

  /** What a handle stands for, to read it. @throws EmendError 'bad-input' for a handle that was never given */
  path(handle: string): string {
    return this.#find(handle).path;
  }

  /**
   * What a handle stands for, to write there.
   * @throws EmendError 'bad-input' for a handle that was never given, or given for reading only
   */
  target(handle: string): string {
    const { path, use } = this.#find(handle);
    if (use === 'read')
      throw new EmendError('bad-input', `${path} was not chosen as a place to write to.`, 'Choose where to write with the button.');
    return path;
  }

  #find(handle: string): { readonly path: string; readonly use: Use } {
    const grant = this.#grants.get(handle);
    if (grant === undefined)
      throw new EmendError('bad-input', 'This file or folder was not chosen in this window.', 'Drop it, or choose it with the button.');
    return grant;
  }
}
