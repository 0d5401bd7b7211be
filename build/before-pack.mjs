// What electron-builder runs before it packs.
import { resolve } from 'node:path';
import listNativeFiles from './native-files.mjs';
import { writeNotices } from './notices.mjs';

export default function beforePack() {
  listNativeFiles();
  writeNotices(resolve(import.meta.dirname, '../dist/main/THIRD-PARTY-NOTICES.txt'));
}
