import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { extractFile, getRawHeader, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { _electron, type ElectronApplication } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleFolder } from '../double/executable.ts';
import { closeDesktop, until } from './desktop-app.ts';

// What `npm run dist` makes, with the double in place of Electron: nothing is downloaded, and the package can be started.

const root = resolve(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'emend-pack-'));
const packed = join(scratch, 'packages/linux-unpacked');
const resources = join(packed, 'resources');
const archive = join(resources, 'app.asar');
const beside = `${archive}.unpacked`;
const native = join(beside, 'node_modules/onnxruntime-node/bin/napi-v6/linux', process.arch);

const MB = 1024 * 1024;
/** What the application may weigh beside Electron and the built-in model. Nearly all of it is ONNX Runtime. */
const BUDGET = 60 * MB;
/** Where Electron's executable keeps its fuses: this text, a version, how many there are, and their states. */
const FUSES = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\x01\x09101100011';

/** The byte of a fuse that is on. */
const ON = 0x31;

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const weight = (folder: string): number => filesBelow(folder).reduce((sum, file) => sum + statSync(file).size, 0);

beforeAll(async () => {
  const electron = join(scratch, 'electron');
  cpSync(doubleFolder, electron, { recursive: true });
  appendFileSync(join(electron, 'electron'), `# ${FUSES}\n`, 'latin1');
  for (const folder of ['resources', 'locales']) mkdirSync(join(electron, folder));
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: { electron: string } };
  for (const [name, text] of [
    ['version', devDependencies.electron],
    ['LICENSE', 'of the stand-in'],
    ['LICENSES.chromium.html', 'of the stand-in'],
  ] as const)
    writeFileSync(join(electron, name), text);
  await promisify(execFile)(
    process.execPath,
    ['build/dist.mjs', '--linux', '--dir', `--${process.arch}`, `--config.directories.output=${join(scratch, 'packages')}`],
    { cwd: root, env: { ...process.env, EMEND_ELECTRON_DIST: electron } },
  );
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a package', () => {
  it('holds the bundles, the page, the built-in model and ONNX Runtime, and nothing else', () => {
    const files = listPackage(archive, { isPack: false }).map((path) => path.slice(1).replaceAll('\\', '/'));
    for (const needed of [
      'package.json',
      'LICENSE',
      'dist/main/main.mjs',
      'dist/main/process.mjs',
      'dist/main/worker.mjs',
      'dist/main/native-files.json',
      'dist/main/THIRD-PARTY-NOTICES.txt',
      'dist/preload/preload.cjs',
      'dist/renderer/index.html',
      'models/atlas/model.onnx',
      'node_modules/onnxruntime-common/dist/cjs/index.js',
    ]) {
      expect(files).toContain(needed);
    }
    const modules = new Set(
      files.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter((name) => name !== undefined),
    );
    expect([...modules].sort()).toEqual(['onnxruntime-common', 'onnxruntime-node']);
    expect(files.filter((path) => /\.(map|ts|test\.\w+)$|^(test|electron|renderer|shared)\/|models\/train/.test(path))).toEqual([]);
    expect(new Set(files.map((path) => path.split('/')[0]))).toEqual(
      new Set(['LICENSE', 'build', 'dist', 'models', 'node_modules', 'package.json']),
    );
  });

  it('has native code for one system only, and no scripts outside the sealed archive', () => {
    const loose = filesBelow(beside).map((file) => file.slice(beside.length + 1));
    const code = loose.filter((path) => !path.startsWith('models/'));
    expect(
      code.every((path) => path.startsWith(`node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/`)),
      code.join(),
    ).toBe(true);
    expect(loose.filter((path) => /\.[cm]?js$/.test(path))).toEqual([]);
  });

  it('lists the native files as they are', () => {
    const list = JSON.parse(extractFile(archive, 'dist/main/native-files.json').toString()) as Record<string, string>;
    for (const name of readdirSync(native))
      expect(list[`napi-v6/linux/${process.arch}/${name}`]).toBe(
        createHash('sha256')
          .update(readFileSync(join(native, name)))
          .digest('hex'),
      );
  });

  it('stays within its weight', () => {
    const model = weight(join(beside, 'models/atlas'));
    const rest = weight(resources) - model;
    console.log(`Without Electron: ${(rest / MB).toFixed(1)} MB, and the built-in model ${(model / MB).toFixed(1)} MB`);
    expect(rest).toBeLessThan(BUDGET);
    expect(rest).toBeGreaterThan(statSync(join(native, 'libonnxruntime.so.1')).size);
    expect(model).toBeLessThan(40 * MB);
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(packed, 'emend'));
    const isOn = (fuse: FuseV1Options) => Number(wire[fuse]) === ON;
    expect({
      runAsNode: isOn(FuseV1Options.RunAsNode),
      nodeOptions: isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: isOn(FuseV1Options.EnableNodeCliInspectArguments),
      integrity: isOn(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
      onlyArchive: isOn(FuseV1Options.OnlyLoadAppFromAsar),
      fileExtras: isOn(FuseV1Options.GrantFileProtocolExtraPrivileges),
    }).toEqual({ runAsNode: false, nodeOptions: false, inspect: false, integrity: true, onlyArchive: true, fileExtras: false });
  });

  it('has an archive whose every file carries its hash', () => {
    const unhashed: string[] = [];
    const visit = (path: string, node: { files?: Record<string, object>; integrity?: object }): void => {
      if (node.files !== undefined) for (const [name, inner] of Object.entries(node.files)) visit(`${path}/${name}`, inner);
      else if (node.integrity === undefined) unhashed.push(path);
    };
    visit('', getRawHeader(archive).header);
    expect(unhashed).toEqual([]);
  });
});

describe('the packaged application', () => {
  const home = join(scratch, 'home');
  const start = () =>
    _electron.launch({
      executablePath: join(packed, 'emend'),
      // Playwright's own switch is one that the application ends at.
      env: { ...(process.env as Record<string, string>), EMEND_HOME: home, ELECTRON_DOUBLE_HIDES: 'remote-debugging-port' },
    });
  /** Starts a job and waits for its end, in the page. */
  async function job(
    app: ElectronApplication,
    method: string,
    params: object,
  ): Promise<{ state: string; result?: unknown; error?: { code: string; message: string } }> {
    const page = await app.firstWindow();
    await until(page, "typeof emend === 'object' && document.readyState === 'complete'");
    return page.evaluate(`(async () => {
      const started = await emend.call(${JSON.stringify(method)}, ${JSON.stringify(params)});
      if (!started.ok) return { state: 'refused', error: started.error };
      for (;;) {
        const { value } = await emend.call('jobs.get', { id: started.value.job });
        if (value.state !== 'running') return value;
        await new Promise((done) => setTimeout(done, 50));
      }
    })()`);
  }

  it('opens its window, imports the built-in model and lets it answer', async () => {
    const app = await start();
    const page = await app.firstWindow();
    await page.locator('h1').first().waitFor();
    expect(await app.evaluate(({ app: it }) => [it.isPackaged, it.getName()])).toEqual([true, 'Emend']);
    expect(await job(app, 'library.importBuiltIn', {})).toMatchObject({ state: 'done', result: { name: 'atlas', known: false } });
    expect(await job(app, 'probing.ask', { model: 'atlas', prompt: 'The capital of France is', maxTokens: 3 })).toMatchObject({
      state: 'done',
      result: { text: expect.stringContaining('Paris') },
    });
    await closeDesktop(app);
  });

  it.each(['--remote-debugging-port=9333', '--remote-debugging-port=0', '--remote-debugging-pipe'])('does not start with %s', (door) => {
    const env = { ...process.env, EMEND_HOME: join(scratch, 'never') };
    const { status, stderr } = spawnSync(join(packed, 'emend'), ['--no-sandbox', door], { env, encoding: 'utf8', timeout: 60_000 });
    expect(stderr).toContain('Emend does not start with --remote-debugging-');
    expect(status).toBe(1);
    expect(existsSync(join(scratch, 'never'))).toBe(false);
  });

  it('loads no native code that was changed since it was packed', async () => {
    appendFileSync(join(native, 'libonnxruntime.so.1'), 'x');
    const app = await start();
    expect(await job(app, 'probing.ask', { model: 'atlas', prompt: 'The capital of France is', maxTokens: 1 })).toMatchObject({
      state: 'failed',
      error: { code: 'bad-file', message: expect.stringContaining('libonnxruntime.so.1 is not as it was packed') },
    });
    await closeDesktop(app);
  });
});
