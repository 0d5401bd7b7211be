import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileRecord } from '../../ledger/bodies.ts';
import { disk } from '../../storage/files.ts';
import { hashPieces } from '../../storage/hash.ts';
import type { VerifyProgress } from '../../ledger/verify.ts';

/** What lies in a folder: every file, and what is neither a file nor a folder (links, pipes). Paths are relative to it, with forward slashes, sorted. */
export interface FolderContent {
  readonly files: readonly string[];
  readonly others: readonly string[];
}

/** Lists a folder with all below it; links are not followed. */
export async function listFolder(folder: string): Promise<FolderContent> {
  const files: string[] = [];
  const others: string[] = [];
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else (entry.isFile() ? files : others).push(path);
    }
  };
  await walk('');
  return { files: files.sort(), others: others.sort() };
}

/** Reads files piece by piece and hashes them. Progress counts files. */
export async function hashFiles(folder: string, paths: readonly string[], report?: VerifyProgress): Promise<FileRecord[]> {
  const records: FileRecord[] = [];
  for (const path of paths) {
    report?.check();
    records.push({ path, ...(await hashPieces(disk.pieces(join(folder, path)))) });
    report?.progress(records.length, paths.length);
  }
  return records;
}
