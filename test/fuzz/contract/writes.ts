import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve } from 'node:path';

/** Which arguments of a function of `fs` name what it changes. */
const CHANGES: Readonly<Record<string, readonly number[]>> = {
  writeFile: [0],
  appendFile: [0],
  mkdir: [0],
  mkdtemp: [0],
  rmdir: [0],
  rm: [0],
  unlink: [0],
  truncate: [0],
  chmod: [0],
  utimes: [0],
  rename: [0, 1],
  copyFile: [1],
  cp: [1],
  symlink: [1],
  link: [1],
  createWriteStream: [0],
};

/** Every path that this process changes from now on, by whatever function of Node. @returns the paths, and how to stop */
export function watchWrites(): { readonly paths: Set<string>; stop(): void } {
  const paths = new Set<string>();
  const undo: (() => void)[] = [];
  const note = (path: unknown) => {
    if (typeof path === 'string' || path instanceof URL || Buffer.isBuffer(path))
      paths.add(resolve(path instanceof URL ? path.pathname : String(path)));
  };
  const wrap = (owner: Record<string, unknown>, name: string, noted: (args: readonly unknown[]) => void) => {
    const original = owner[name];
    if (typeof original !== 'function') return;
    owner[name] = function (this: unknown, ...args: unknown[]): unknown {
      noted(args);
      return (original as (...args: unknown[]) => unknown).apply(this, args);
    };
    undo.push(() => (owner[name] = original));
  };
  for (const owner of [fs, fs.promises] as unknown as Record<string, unknown>[]) {
    for (const [name, at] of Object.entries(CHANGES))
      for (const variant of [name, `${name}Sync`]) wrap(owner, variant, (args) => at.forEach((index) => note(args[index])));
    for (const variant of ['open', 'openSync']) wrap(owner, variant, ([path, flags]) => changes(flags) && note(path));
  }
  syncBuiltinESMExports();
  return {
    paths,
    stop() {
      for (const one of undo) one();
      syncBuiltinESMExports();
    },
  };
}

function changes(flags: unknown): boolean {
  if (typeof flags === 'number') return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT)) !== 0;
  return typeof flags === 'string' && flags !== 'r' && flags !== 'rs';
}
