import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** Where the fixtures lie: EMEND_FIXTURES, or the folder beside the project. */
export const root = resolve(process.env['EMEND_FIXTURES'] ?? join(import.meta.dirname, '../../../shared/fixtures'));

/** One fixture: its folder, a name for people, and its graph file. */
export interface Case {
  readonly name: string;
  readonly folder: string;
  readonly model: string;
}

/** Every folder below the root that holds `marker` and a graph, found by walking; nothing is listed by name. */
export function casesWith(marker: string): Case[] {
  const found: Case[] = [];
  const walk = (folder: string): void => {
    const entries = readdirSync(folder, { withFileTypes: true });
    const model = entries.find((e) => e.name.endsWith('.onnx'))?.name;
    if (model && entries.some((e) => e.name === marker)) found.push({ name: relative(root, folder), folder, model: join(folder, model) });
    for (const e of entries) if (e.isDirectory()) walk(join(folder, e.name));
  };
  if (existsSync(root)) walk(root);
  return found.sort((a, b) => a.name.localeCompare(b.name));
}
