import type { Look } from '../../shared/contract/library.ts';
import type { Follow } from '../../shared/progress.ts';
import type { Application } from '../services/application.ts';

/** What a file or folder is found to be, and its handle: of a zip archive that of what it holds, unpacked while the command runs. */
export async function unpacked(app: Application, path: string, follow: Follow): Promise<{ look: Look; handle: string }> {
  const { handle } = app.grants.grant(path);
  const look = await app.call('library.look', { source: handle });
  return { look, handle: look.what === 'archive' ? (await app.run('library.unpack', { source: handle }, follow)).handle : handle };
}
