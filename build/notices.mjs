// Writes the licences of all code of others that the bundles hold, as their terms ask for. The source maps tell which packages those are.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const FOLDERS = ['dist/main', 'dist/preload', 'dist/renderer/assets'];
/** Packed as they are, beside the bundles. */
const WHOLE = ['onnxruntime-node', 'onnxruntime-common'];

/** @param {string} target the file to write */
export function writeNotices(target) {
  const notices = packages().map((name) => `${name} ${manifest(name).version}\n\n${licence(name)}`);
  writeFileSync(target, `Emend contains code of these projects.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`);
}

function packages() {
  const maps = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.map'))
      .map((name) => join(root, folder, name)),
  );
  const sources = maps.flatMap((map) => JSON.parse(readFileSync(map, 'utf8')).sources);
  const bundled = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
  return [...new Set([...bundled, ...WHOLE])].sort();
}

function manifest(name) {
  return JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
}

function licence(name) {
  const folder = join(root, 'node_modules', name);
  const file = existsSync(folder) ? readdirSync(folder).find((one) => /^(licen[cs]e|copying)(\.|$)/i.test(one)) : undefined;
  return file === undefined ? `Licence: ${manifest(name).license ?? 'not stated'}\n` : readFileSync(join(folder, file), 'utf8');
}
