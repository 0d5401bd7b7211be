import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from '../storage/folders.ts';

/** Bytes from `offset` to `offset + length` of a file. */
export interface ByteRange {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** How two folders differ, byte by byte. */
export interface FolderDifference {
  readonly files: number;
  readonly bytes: number;
  /** Bytes that differ. */
  readonly changed: number;
  /** Bytes that differ outside the ranges allowed. */
  readonly outside: number;
  /** Files in only one of the two, or of different length. */
  readonly unlike: readonly string[];
}

const CHUNK = 1 << 20;

/** Compares every file of two folders. @param allowed where the second may differ */
export async function compareFolders(before: string, after: string, allowed: readonly ByteRange[]): Promise<FolderDifference> {
  const [old, now] = await Promise.all([sizes(before), sizes(after)]);
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  let [bytes, changed, outside] = [0, 0, 0];
  for (const name of names) {
    if (old.get(name) !== now.get(name)) continue;
    bytes += old.get(name)!;
    const found = await compareFiles(
      join(before, name),
      join(after, name),
      allowed.filter(({ file }) => file === name),
    );
    changed += found.changed;
    outside += found.outside;
  }
  return { files: names.length, bytes, changed, outside, unlike: names.filter((name) => old.get(name) !== now.get(name)) };
}

async function sizes(folder: string): Promise<Map<string, number>> {
  const { files } = await listFolder(folder, { links: 'apart' });
  return new Map(await Promise.all(files.map(async (file) => [file, (await stat(join(folder, file))).size] as const)));
}

async function compareFiles(before: string, after: string, allowed: readonly ByteRange[]): Promise<{ changed: number; outside: number }> {
  const a = await open(before);
  const b = await open(after).catch(async (error: unknown) => {
    await a.close();
    throw error;
  });
  const [left, right] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
  let [changed, outside] = [0, 0];
  try {
    for (let at = 0; ; at += CHUNK) {
      const [{ bytesRead }] = await Promise.all([a.read(left, 0, CHUNK, at), b.read(right, 0, CHUNK, at)]);
      if (bytesRead === 0) break;
      if (left.compare(right, 0, bytesRead, 0, bytesRead) === 0) continue;
      for (let i = 0; i < bytesRead; i++) {
        if (left[i] === right[i]) continue;
        changed++;
        if (!allowed.some(({ offset, length }) => at + i >= offset && at + i < offset + length)) outside++;
      }
    }
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
  return { changed, outside };
}
