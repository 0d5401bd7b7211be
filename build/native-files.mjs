// Before packing: lists the SHA-256 of the native files, so that the packed application can tell whether they are still the same
// (electron/main/native-files.ts).
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const bin = join(root, 'node_modules/onnxruntime-node/bin');

/** All systems at once: what a package does not have it does not look for. */
export default function listNativeFiles() {
  const files = readdirSync(bin, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^libonnxruntime\.1\..*\.dylib$/.test(entry.name))
    .map((entry) => relative(bin, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  const list = Object.fromEntries(
    files.map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(bin, path)))
        .digest('hex'),
    ]),
  );
  writeFileSync(join(root, 'dist/main/native-files.json'), `${JSON.stringify(list, null, 2)}\n`);
}
