import { absent, strictObject } from '../strict.ts';
import { Bridge } from './bridge.ts';
import { followContextMenu } from './context-menu.ts';
import { page } from './dom.ts';
import { EventEmitter } from './emitter.ts';
import { IpcRenderer } from './ipc-renderer.ts';
import { BINDING, type FromPage, type PreloadSetting, RECEIVE, SETTING, type ToPage } from './messages.ts';
import { ask } from './question.ts';
import { refuseNewTargets } from './windows.ts';

// The preload world of a page: what Electron gives to a sandboxed preload script, and then that script.

const world = globalThis as unknown as Record<string, unknown>;

function take<T>(name: string): T {
  const value = world[name] as T;
  Reflect.deleteProperty(world, name);
  return value;
}

function start({ key, process, run }: PreloadSetting): void {
  const post = take<(text: string) => void>(BINDING);
  const send = (message: FromPage): void => post(JSON.stringify(message));
  const ipcRenderer = new IpcRenderer(send);
  world[RECEIVE] = (text: string) => IpcRenderer.receive(ipcRenderer, JSON.parse(text) as ToPage);

  followTitle(send);
  followContextMenu(send);

  const bridge = new Bridge(key, 'preload');
  const exposed: { readonly name: string; readonly api: unknown }[] = [];
  const askWindow = (url: string, name: string, features: string): void => send({ kind: 'window-open', url, name, features });
  refuseNewTargets(askWindow);
  const windowOpen = bridge.pack(askWindow);
  const permission = bridge.pack((name: string) => IpcRenderer.askPermission(ipcRenderer, name));
  // Which world's script runs first is not ours to say, so the page's side asks for what it missed.
  bridge.hear('hello', () => {
    bridge.tell('services', { permission, windowOpen });
    for (const one of exposed) bridge.tell('expose', one);
  });
  bridge.tell('services', { permission, windowOpen });

  const contextBridge = strictObject('contextBridge', {
    exposeInMainWorld(name: string, api: unknown): void {
      if (exposed.some((one) => one.name === name))
        throw new Error('Cannot bind an API on top of an existing property on the window object');
      const one = { name, api: bridge.pack(api) };
      exposed.push(one);
      bridge.tell('expose', one);
    },
  });
  const webUtils = strictObject('webUtils', {
    getPathForFile(file: object): string {
      if (!(file instanceof page.File)) throw new TypeError('getPathForFile expected to receive a File object but one was not provided');
      return JSON.parse(ask({ about: 'path', file })) as string;
    },
  });
  const electron = {
    ipcRenderer,
    contextBridge,
    webUtils,
    webFrame: absent('webFrame'),
    crashReporter: absent('crashReporter'),
    nativeImage: absent('nativeImage'),
  };
  const modules: Record<string, unknown> = {
    electron: strictObject('electron module for preload scripts', electron),
    events: Object.assign(EventEmitter, { EventEmitter }),
    timers: {
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      setImmediate: (fn: () => void) => setTimeout(fn, 0),
      clearImmediate: clearTimeout,
    },
    url: strictObject('url module for preload scripts', { URL, URLSearchParams }),
  };
  modules['electron/renderer'] = modules['electron/common'] = modules['electron'];
  const require = (name: string): unknown => {
    const found = modules[name.replace(/^node:/, '')];
    if (found === undefined) throw new Error(`module not found: ${name}`);
    return found;
  };
  const module = { exports: {} };
  try {
    run.call(
      module.exports,
      module.exports,
      require,
      module,
      strictObject('process in preload scripts', { ...process, on: () => undefined, once: () => undefined }),
      globalThis,
    );
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    send({ kind: 'preload-error', message, stack: stack ?? message });
  }
}

/** The window is named after its page; Chromium's protocol does not tell when a title changes. */
function followTitle(send: (message: FromPage) => void): void {
  let last = '';
  const look = (): void => {
    const { title } = page.document;
    if (title !== last) send({ kind: 'title', title });
    last = title;
  };
  page.document.addEventListener('DOMContentLoaded', () => {
    look();
    new page.MutationObserver(look).observe(page.document.head, { subtree: true, childList: true, characterData: true });
  });
}

// Frames inside the page have no preload script.
if (page.window === page.top) start(take<PreloadSetting>(SETTING));
