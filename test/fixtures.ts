import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** Where the fixtures lie: EMEND_FIXTURES, or the folder beside the project. Each test reads the folder of its own kind (their README). */
export const root = resolve(process.env['EMEND_FIXTURES'] ?? join(import.meta.dirname, '../../shared/fixtures'));

/** One fixture: its folder, a name for people, and its graph file. */
export interface Case {
  readonly name: string;
  readonly folder: string;
  readonly model: string;
}

/** Every folder of a kind that holds a graph, found by walking; nothing is listed by name. @param kind such as "exports" */
export function casesOf(kind: string): Case[] {
  return foldersWith(kind, (name) => name.endsWith('.onnx'));
}

/** Every checkpoint of a kind: a folder with config.json, which stands for its graph. */
export function checkpointsOf(kind: string): Case[] {
  return foldersWith(kind, (name) => name === 'config.json');
}

/** Every folder of a kind that holds a file of this name; the file stands for its graph. */
export function foldersOf(kind: string, file: string): Case[] {
  return foldersWith(kind, (name) => name === file);
}

function foldersWith(kind: string, isModel: (name: string) => boolean): Case[] {
  const found: Case[] = [];
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const { name } of entries.filter((entry) => isModel(entry.name)))
      found.push({ name: relative(root, folder), folder, model: join(folder, name) });
    for (const entry of entries) if (entry.isDirectory()) walk(join(folder, entry.name));
  };
  if (existsSync(join(root, kind))) walk(join(root, kind));
  return found.sort((a, b) => a.name.localeCompare(b.name));
}
