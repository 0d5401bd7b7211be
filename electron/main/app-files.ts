import { isAbsolute, relative, resolve, sep } from 'node:path';
import { extname } from 'node:path/posix';
import { TYPES } from '../services/page/types.ts';

/** The page's address. Everything that it loads comes from this host. */
export const SCHEME = 'app';
export const HOST = 'emend';
export const PAGE = `${SCHEME}://${HOST}/index.html`;

/** Whether an address is one of ours. */
export function isOurs(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host } = new URL(url);
  return protocol === `${SCHEME}:` && host === HOST;
}

/** The file below `root` that an address stands for, with its type; undefined for what lies outside or is of no known kind. */
export function fileFor(root: string, url: string): { readonly path: string; readonly type: string } | undefined {
  if (!isOurs(url)) return undefined;
  const name = decoded(new URL(url).pathname);
  if (name === undefined || name.includes('\0')) return undefined;
  const path = resolve(root, `.${name === '/' ? '/index.html' : name}`);
  const inside = relative(root, path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return undefined;
  const type = TYPES[extname(path).toLowerCase()];
  return type === undefined ? undefined : { path, type };
}

function decoded(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
