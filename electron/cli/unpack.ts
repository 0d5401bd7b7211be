import type { Application } from '../services/application.ts';
import type { Follow } from '../../shared/progress.ts';

/** The handle of a file or folder; of a zip archive, of what it holds, unpacked while the command runs. */
export async function unpackedHandle(app: Application, path: string, follow: Follow): Promise<string> {
  const { handle } = app.grants.grant(path);
  const { what } = await app.call('library.look', { source: handle });
  return what === 'archive' ? (await app.run('library.unpack', { source: handle }, follow)).handle : handle;
}
