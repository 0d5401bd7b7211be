import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { app, utilityProcess } from 'electron';
import * as v from 'valibot';
import type { Ending, OpenChannel } from '../engine/host.ts';
import { endingOf } from './ending.ts';
import { checkNativeFiles, NativeListSchema } from './native-files.ts';

/** Characters of output that are kept. */
const OUTPUT_TAIL = 4000;

/**
 * Runs the engine in a utility process: the way that Electron has for native code, and the only one with its Node fuses off.
 * @throws EmendError 'bad-file' when native code is not what was packed
 */
export const openEngine: OpenChannel = (entry, env) => {
  if (app.isPackaged) checkPackage();
  const child = utilityProcess.fork(entry, [], { env: { ...process.env, ...env }, stdio: 'pipe', serviceName: 'Emend engine' });
  let output = '';
  const keep = (piece: Buffer) => (output = (output + piece.toString()).slice(-OUTPUT_TAIL));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<Ending>((resolve) => child.once('exit', (code) => resolve(endingOf(code, output))));
  return {
    send: (request) => child.postMessage(request),
    onMessage: (listener) => void child.on('message', listener),
    ended,
    kill: () => void child.kill(),
  };
};

function checkPackage(): void {
  // On macOS signing changes these files after they were packed, and its own seal covers them.
  if (process.platform === 'darwin') return;
  const list = v.parse(NativeListSchema, JSON.parse(readFileSync(join(app.getAppPath(), 'dist/main/native-files.json'), 'utf8')));
  checkNativeFiles(
    join(process.resourcesPath, 'app.asar.unpacked/node_modules/onnxruntime-node/bin'),
    list,
    `${process.platform}/${process.arch}`,
  );
}
