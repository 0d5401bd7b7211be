import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { slashes } from '../../storage/folders.ts';
import { TYPES } from '../../services/page/types.ts';

/** The built page. Its files are listed once, so that no address can stand for any other file. */
export class Page {
  readonly #files = new Map<string, string>();

  /** @throws EmendError 'not-found' when there is no page in the folder */
  constructor(folder: string) {
    for (const path of below(folder))
      this.#files.set(`/${slashes(relative(folder, path)).split('/').map(encodeURIComponent).join('/')}`, path);
    const index = this.#files.get('/index.html');
    if (index === undefined)
      throw new EmendError(
        'not-found',
        `The screens are not built: there is no ${join(folder, 'index.html')}.`,
        'Run in the folder of Emend: npm run build',
      );
    this.#files.set('/', index);
  }

  /** The file at an address; undefined when the page has none there. */
  async read(pathname: string): Promise<{ readonly content: Buffer; readonly type: string } | undefined> {
    const path = this.#files.get(pathname);
    const type = path === undefined ? undefined : TYPES[extname(path)];
    return path === undefined || type === undefined ? undefined : { content: await readFile(path), type };
  }
}

function below(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
