import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { WebPreferences } from 'electron';
import { text as mainWorld } from '../page/main-world.ts?script';
import { text as preloadWorld } from '../page/preload.ts?script';
import { SETTING } from '../page/messages.ts';

/** Scripts for each new document of a page. */
export interface PageScripts {
  readonly page: string;
  readonly preload: string;
}

/** @throws Error when the preload script cannot be read */
export function pageScripts(preferences: WebPreferences): PageScripts {
  const key = `electron-double-${randomUUID()}`;
  const script = preferences.preload === undefined ? '' : readFileSync(preferences.preload, 'utf8');
  const { platform, arch, versions, execPath } = process;
  const argv = [execPath, ...(preferences.additionalArguments ?? [])];
  const seen = {
    type: 'renderer',
    sandboxed: true,
    contextIsolated: true,
    platform,
    arch,
    execPath,
    argv,
    versions: { ...versions },
    env: { ...process.env },
  };
  const run = `function (exports, require, module, process, global) {\n${script}\n}`;
  return {
    page: `{ const BRIDGE_KEY = ${JSON.stringify(key)};\n${mainWorld}\n}`,
    preload: `globalThis.${SETTING} = { key: ${JSON.stringify(key)}, process: ${JSON.stringify(seen)}, run: ${run} };\n${preloadWorld}`,
  };
}
