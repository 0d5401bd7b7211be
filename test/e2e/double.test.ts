import { createPackage } from '@electron/asar';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropFiles } from '../double/drop.ts';
import { doubleFolder } from '../double/executable.ts';
import { launch } from '../double/launch.ts';
import { recorded } from '../double/recorded.ts';

// The double must do what Electron does, or say that it cannot. The application of these tests is test/double/fixture-app.

const fixture = resolve(import.meta.dirname, '../double/fixture-app');
const scratch = mkdtempSync(join(tmpdir(), 'double-test-'));
const userData = join(scratch, 'user data');

/** What the fixture's main process has seen. */
interface Seen {
  readonly events: readonly (readonly unknown[])[];
  readonly permissions: readonly string[];
  readonly secondInstances: readonly { readonly argv: readonly string[]; readonly workingDirectory: string; readonly data: unknown }[];
  readonly exits: readonly number[];
}

let app: ElectronApplication;
let page: Page;

const seen = (): Promise<Seen> => app.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);

beforeAll(async () => {
  mkdirSync(userData);
  app = await launch(fixture, { userData });
  page = await app.firstWindow();
  await page.waitForSelector('h1');
});

afterAll(async () => {
  await app.close();
  rmSync(scratch, { recursive: true });
});

describe('the application', () => {
  it('knows its name, version, folders and that it is Electron', async () => {
    const facts = await app.evaluate(({ app: it }) => ({
      name: it.getName(),
      version: it.getVersion(),
      userData: it.getPath('userData'),
      packaged: it.isPackaged,
      electron: process.versions.electron,
      type: process.type,
    }));
    expect(facts).toEqual({ name: 'Fixture', version: '1.2.3', userData, packaged: false, electron: '45.4.1', type: 'browser' });
  });

  it('refuses what the double lacks, by name', async () => {
    const refusal = (use: string) =>
      app.evaluate((electron, code) => {
        try {
          new Function('electron', code)(electron);
          return 'nothing';
        } catch (error) {
          return (error as Error).message;
        }
      }, use);
    expect(await refusal('electron.app.getGPUInfo()')).toBe('the Electron double has no app.getGPUInfo');
    expect(await refusal('electron.BrowserWindow.getAllWindows()[0].setKiosk(true)')).toBe(
      'the Electron double has no BrowserWindow.setKiosk',
    );
    expect(await refusal('electron.Menu.sendActionToFirstResponder("copy:")')).toBe(
      'the Electron double has no Menu.sendActionToFirstResponder',
    );
    expect(await refusal('new electron.Tray("x.png")')).toBe('the Electron double has no Tray');
    expect(await refusal('electron.autoUpdater.checkForUpdates()')).toBe('the Electron double has no autoUpdater.checkForUpdates');
    expect(await refusal('new electron.BrowserWindow({ webPreferences: { nodeIntegration: true } })')).toMatch(
      /no renderer with nodeIntegration/,
    );
  });

  it('tells the first instance of a second one, which ends', async () => {
    const second = spawn(join(doubleFolder, 'electron'), ['--no-sandbox', fixture, `--user-data-dir=${userData}`, 'model folder'], {
      cwd: scratch,
      stdio: 'ignore',
    });
    expect(await new Promise((done) => second.once('exit', done))).toBe(0);
    await expect.poll(async () => (await seen()).secondInstances).toHaveLength(1);
    const [greeting] = (await seen()).secondInstances;
    expect(greeting).toMatchObject({ workingDirectory: scratch, data: { from: 'fixture' } });
    expect(greeting?.argv).toContain('model folder');
  });
});

describe('the page', () => {
  it('is alone: no Node, nothing exposed but the one object', async () => {
    expect(
      await page.evaluate('[typeof require, typeof process, typeof module, typeof ipcRenderer, typeof fixture, isSecureContext]'),
    ).toEqual(['undefined', 'undefined', 'undefined', 'undefined', 'object', true]);
  });

  it('has a preload script with the modules of a sandboxed one', async () => {
    expect(await page.evaluate('fixture.tries')).toEqual({
      fs: 'module not found: fs',
      child_process: 'module not found: child_process',
      events: 'function',
      timers: 'object',
      url: 'object',
    });
    expect(await page.evaluate('fixture.argv')).toContain('--extra');
  });

  it('cannot change what is exposed', async () => {
    expect(
      await page.evaluate("(() => { 'use strict'; try { fixture.echo = 1; return 'changed' } catch (error) { return error.name } })()"),
    ).toBe('TypeError');
    expect(await page.evaluate('[fixture, fixture.nested, fixture.nested.list, fixture.echo].every(Object.isFrozen)')).toBe(true);
  });

  it('has safe web preferences, which tests can read', async () => {
    const preferences = await app.evaluate(({ BrowserWindow }) =>
      (BrowserWindow.getAllWindows()[0]!.webContents as unknown as { getLastWebPreferences(): unknown }).getLastWebPreferences(),
    );
    expect(preferences).toMatchObject({
      contextIsolation: true,
      nodeIntegration: false,
      sandbox: true,
      webSecurity: true,
      webviewTag: false,
    });
  });

  it('obeys the content security policy of protocol.handle', async () => {
    const violated = await page.evaluate(`new Promise((done) => {
      document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective), { once: true });
      document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.injected = 1' }));
    })`);
    expect(violated).toBe('script-src-elem');
    expect(await page.evaluate('typeof injected')).toBe('undefined');
  });

  it('makes only the requests that onBeforeRequest lets through', async () => {
    const fetched = () => page.evaluate("fetch('style.css').then(({ status }) => status, (error) => error.message)");
    await app.evaluate(({ session }) =>
      session.defaultSession.webRequest.onBeforeRequest({ urls: ['app://*/style.css'] }, (_details, answer) => answer({ cancel: true })),
    );
    expect(await fetched()).toBe('Failed to fetch');
    await app.evaluate(({ session }) => session.defaultSession.webRequest.onBeforeRequest(null));
    expect(await fetched()).toBe(200);
  });

  it('gets the headers of onHeadersReceived, and its requests reach the handler whole', async () => {
    expect(await page.evaluate("fetch('style.css').then(({ headers }) => headers.get('x-fixture'))")).toBe('yes');
    expect(await page.evaluate("fetch('echo', { method: 'POST', body: 'häuser' }).then((response) => response.text())")).toBe(
      'POST häuser',
    );
    expect(await page.evaluate("fetch('missing.html').then(() => 'found', (error) => error.message)")).toBe('Failed to fetch');
  });
});

describe('messages', () => {
  it('carry what structured clone carries', async () => {
    const result = await page.evaluate(`(async () => {
      const { map, set, date, floats, numbers, nested, error, ...rest } = await fixture.echo({
        map: new Map([['a', 1n]]), set: new Set([1]), date: new Date(5), floats: new Float32Array([1.5, 2]),
        numbers: [NaN, -0, Infinity], none: undefined, nested: [{ $: 'tag', v: null }], error: new RangeError('far'),
      });
      return [
        map.get('a') === 1n, set.has(1), date.getTime() === 5, floats instanceof Float32Array && floats[0] === 1.5,
        Object.is(numbers[0], NaN), Object.is(numbers[1], -0), 'none' in rest && rest.none === undefined, JSON.stringify(nested),
        error instanceof Error && error.message,
      ];
    })()`);
    expect(result).toEqual([true, true, true, true, true, true, true, '[{"$":"tag","v":null}]', 'far']);
  });

  it('lose the class and code of an error, but not its text', async () => {
    const text = (call: string) => page.evaluate(`fixture.${call}().catch((error) => [error.message, error.code, error.constructor.name])`);
    expect(await text('fail')).toEqual(["Error invoking remote method 'fail': TypeError: bad weights", undefined, 'Error']);
    expect(await text('missing')).toEqual([
      "Error invoking remote method 'missing': Error: No handler registered for 'missing'",
      undefined,
      'Error',
    ]);
  });

  it('tell who sent them', async () => {
    expect(await page.evaluate('fixture.sender()')).toEqual({
      url: 'app://fixture/index.html',
      origin: 'app://fixture',
      parent: null,
      window: 1,
    });
  });

  it('can be answered at once', async () => {
    expect(await page.evaluate("fixture.ask('ready')")).toBe('ready!');
  });
});

describe('the context bridge', () => {
  it('refuses proxies and functions where Electron does', async () => {
    const refusal = (value: string) =>
      page.evaluate(`(async () => { try { await fixture.echo(${value}); return 'accepted' } catch (error) { return error.message } })()`);
    expect(await refusal('new Proxy({ a: 1 }, {})')).toBe('An object could not be cloned.');
    expect(await refusal('{ list: [new Proxy([], {})] }')).toBe('An object could not be cloned.');
    expect(await refusal('() => 1')).toBe('An object could not be cloned.');
    expect(await refusal('document.body')).toBe('An object could not be cloned.');
  });

  it('copies values, proxies functions and promises, and keeps an error to its message', async () => {
    expect(
      await page.evaluate(
        '(() => { const one = { deep: [1] }; const other = fixture.same(one); return [other !== one, other.deep[0]] })()',
      ),
    ).toEqual([true, 1]);
    expect(await page.evaluate("fixture.callLater((word) => word + ' back')")).toBe('called back');
    expect(await page.evaluate('fixture.same({ add: (a, b) => a + b }).add(2, 3)')).toBe(5);
    expect(
      await page.evaluate('(() => { try { fixture.throws() } catch (error) { return [error.constructor === Error, error.message] } })()'),
    ).toEqual([true, 'thrown in the preload script']);
  });
});

describe('navigation', () => {
  it('can be prevented', async () => {
    await page.click('#away');
    await expect.poll(async () => (await seen()).events).toContainEqual(['will-navigate', 'https://elsewhere.invalid/']);
    expect(await page.title()).toBe('Fixture page');
  });

  it('tells of redirects', async () => {
    const outcome = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]!
        .loadURL('app://fixture/moved')
        .then(
          () => 'loaded',
          (error) => error.message,
        ),
    );
    expect(outcome).toBe("ERR_ABORTED (-3) loading 'app://fixture/moved'");
    expect((await seen()).events).toContainEqual(['will-redirect', 'app://fixture/other.html']);
  });

  it('cannot open windows; the handler hears of it', async () => {
    await page.click('#blank');
    expect(await page.evaluate("open('other.html', 'side')")).toBe(null);
    await page.click('#moved', { modifiers: ['Control'] });
    const asked = ['https://help.invalid/', 'app://fixture/other.html', 'app://fixture/moved'];
    await expect.poll(() => recorded(app, 'shell.openExternal')).toEqual(asked.map((url) => [url]));
    expect(app.windows().length).toBe(1);
  });
});

describe('files', () => {
  it('are dropped with their paths, folders too', async () => {
    const folder = join(scratch, 'model folder');
    const file = join(folder, 'model.onnx');
    mkdirSync(folder);
    writeFileSync(file, 'x');
    await dropFiles(page, [folder, file], { x: 300, y: 300 });
    await expect.poll(() => page.locator('#dropped li').allTextContents()).toEqual([`folder ${folder}`, `file ${file}`]);
  });

  it('made by the page have no path', async () => {
    expect(await page.evaluate("fixture.pathOf(new File(['x'], 'made.txt'))")).toBe('');
    expect(await page.evaluate("(() => { try { fixture.pathOf({}); return '' } catch (error) { return error.message } })()")).toMatch(
      /expected to receive a File/,
    );
  });
});

describe('a utility process', () => {
  it('sends progress straight to the page, hears cancel, and ends', async () => {
    await page.click('#work');
    await expect.poll(() => page.textContent('#progress')).toMatch(/^step \d+$/);
    await page.click('#cancel');
    await expect.poll(() => page.textContent('#progress')).toBe('cancelled');
    await expect.poll(async () => (await seen()).exits).toEqual([0]);
    expect((await seen()).events).toContainEqual(['child', { argument: 'fixture', type: 'utility' }]);
    expect((await seen()).events).toContainEqual(['output', 'written by the worker']);
  });

  it('can be killed', async () => {
    await page.click('#work');
    await expect.poll(() => page.textContent('#progress')).toMatch(/^step \d+$/);
    await app.evaluate(() => (globalThis as unknown as { child: { kill(): boolean } }).child.kill());
    await expect.poll(async () => (await seen()).exits).toEqual([0, 15]);
  });
});

describe('the desktop', () => {
  it('has a menu whose items a test clicks', async () => {
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('open')!.click());
    await expect.poll(() => page.textContent('#menu')).toBe('open');
    await page.evaluate("stopMenu(); document.getElementById('menu').textContent = ''");
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('open')!.click());
    expect(await page.evaluate("fixture.echo('after the menu')")).toBe('after the menu');
    expect(await page.textContent('#menu')).toBe('');
    expect(await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.items[1]!.submenu!.items.map(({ label }) => label))).toContain(
      'Paste',
    );
  });

  it('is told of right clicks, and what menu came up', async () => {
    const position = { x: 20, y: 20 };
    await page.dblclick('h1', { position });
    await page.click('h1', { button: 'right', position });
    await expect.poll(async () => (await seen()).events).toContainEqual(['context-menu', false, 'Fixture', true]);
    expect(await recorded(app, 'menu.popup')).toEqual([[{ labels: ['Copy'] }]]);
  });

  it('cancels dialogs, unless a test answers them', async () => {
    expect(await page.evaluate('fixture.pick()')).toEqual([]);
    expect(await recorded(app, 'dialog.showOpenDialog')).toEqual([[{ properties: ['openDirectory'] }]]);
    await app.evaluate(({ dialog }) => (dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: ['/models/one'] })));
    expect(await page.evaluate('fixture.pick()')).toEqual(['/models/one']);
  });

  it('makes pages dark with nativeTheme', async () => {
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await background()).toBe('rgb(255, 255, 255)');
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('dark')!.click());
    await expect.poll(background).toBe('rgb(0, 0, 0)');
    expect(await app.evaluate(({ nativeTheme }) => nativeTheme.shouldUseDarkColors)).toBe(true);
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('dark')!.click());
    await expect.poll(background).toBe('rgb(255, 255, 255)');
  });

  it('asks the application for permissions', async () => {
    const ask = () => page.evaluate('Notification.requestPermission()');
    expect(await page.evaluate('Notification.permission')).toBe('denied');
    expect(await ask()).toBe('denied');
    await app.evaluate(() => void Object.assign(globalThis, { allowsNotifications: true }));
    expect(await ask()).toBe('granted');
    expect((await seen()).permissions).toEqual(['notifications', 'notifications']);
  });
});

describe('a window', () => {
  it('has the size that it is given, and says so', async () => {
    const window = await app.browserWindow(page);
    const size = () => page.evaluate('[innerWidth, innerHeight]');
    await expect.poll(size).toEqual([900, 650]);
    const events = await window.evaluate((it) => {
      const names: string[] = [];
      for (const name of ['resize', 'move', 'maximize', 'unmaximize'] as const) it.on(name as 'resize', () => names.push(name));
      it.setBounds({ width: 1100, height: 700, x: 5 });
      it.maximize();
      it.unmaximize();
      return names;
    });
    expect(events).toEqual(['resize', 'move', 'maximize', 'resize', 'unmaximize', 'resize']);
    await expect.poll(size).toEqual([1100, 700]);
    expect(await window.evaluate((it) => [it.isVisible(), it.isFocused(), it.getNormalBounds().x, it.getTitle()])).toEqual([
      true,
      true,
      5,
      'Fixture page',
    ]);
  });

  it('stays when a listener minds, and so does the application', async () => {
    const windows = await app.evaluate(async ({ app: it, BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      const asked = new Promise((done) => it.once('before-quit', (event) => (event.preventDefault(), done(true))));
      it.quit();
      const askedToo = new Promise((done) => window!.once('close', (event) => (event.preventDefault(), done(true))));
      window!.close();
      await Promise.all([asked, askedToo]);
      return BrowserWindow.getAllWindows().length;
    });
    expect(windows).toBe(1);
    expect(await page.evaluate("fixture.echo('still here')")).toBe('still here');
  });

  it('prints to PDF', async () => {
    const start = await app.evaluate(async ({ BrowserWindow }) =>
      (await BrowserWindow.getAllWindows()[0]!.webContents.printToPDF({ printBackground: true })).subarray(0, 5).toString(),
    );
    expect(start).toBe('%PDF-');
  });

  it('runs no scripts where they are turned off', async () => {
    const title = (javascript: boolean) =>
      app.evaluate(async ({ BrowserWindow }, allowed) => {
        const other = new BrowserWindow({ show: false, webPreferences: { javascript: allowed } });
        await other.loadURL('app://fixture/script.html');
        const pdf = await other.webContents.printToPDF({ pageSize: 'A4', generateTaggedPDF: true });
        const answer = [other.webContents.getTitle(), pdf.length > 0];
        other.destroy();
        return [...answer, other.isDestroyed(), BrowserWindow.getAllWindows().length];
      }, javascript);
    expect(await title(true)).toEqual(['made by script', true, true, 1]);
    expect(await title(false)).toEqual(['', true, true, 1]);
  });

  it('reports a renderer that crashed, and loads again', async () => {
    const reason = await app.evaluate(
      ({ BrowserWindow }) =>
        new Promise((done) => {
          const { webContents } = BrowserWindow.getAllWindows()[0]!;
          webContents.once('render-process-gone', (_event, details) => done(details.reason));
          webContents.forcefullyCrashRenderer();
        }),
    );
    expect(reason).toBe('crashed');
    const title = await app.evaluate(async ({ BrowserWindow }) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!;
      const loaded = new Promise((done) => webContents.once('did-finish-load', () => done(true)));
      webContents.reload();
      await loaded;
      return [webContents.isCrashed(), await webContents.executeJavaScript('fixture.echo(document.title)')];
    });
    expect(title).toEqual([false, 'Fixture page']);
  });
});

describe('the end', () => {
  const worker = join(fixture, 'worker.mjs');
  const temporary = (it: ElectronApplication) => it.evaluate(({ app: one }) => one.getPath('appData')).then((path) => resolve(path, '..'));

  it('leaves no process and no file, even when the double is killed', async () => {
    for (const end of ['close', 'kill'] as const) {
      const other = await launch(fixture);
      const otherPage = await other.firstWindow();
      await otherPage.click('#work');
      const folder = await temporary(other);
      const left = (): string[] => [...spawnedWith(folder), ...spawnedWith(worker)];
      await expect.poll(() => [spawnedWith(worker).length, existsSync(folder)]).toEqual([1, true]);
      if (end === 'close') await other.close();
      else other.process().kill('SIGKILL');
      await expect.poll(() => [left(), existsSync(folder)], { timeout: 8000 }).toEqual([[], false]);
    }
  });

  it('runs an application from an archive', async () => {
    const archive = join(scratch, 'app.asar');
    await createPackage(fixture, archive);
    const archived = await launch(archive);
    await (await archived.firstWindow()).waitForSelector('h1');
    expect(await archived.evaluate(({ app: it }) => [it.isPackaged, it.getName(), it.getAppPath().split('/').at(-1)])).toEqual([
      true,
      'Fixture',
      'app.asar',
    ]);
    await archived.close();
  });

  it('is a packaged application with an archive in its folder, whatever its executable is called', async () => {
    const folder = join(scratch, 'packaged');
    cpSync(doubleFolder, folder, { recursive: true });
    renameSync(join(folder, 'electron'), join(folder, 'fixture'));
    await createPackage(fixture, join(folder, 'resources', 'app.asar'));
    const packaged = await _electron.launch({ executablePath: join(folder, 'fixture') });
    await (await packaged.firstWindow()).waitForSelector('h1');
    expect(await packaged.evaluate(({ app: it }) => [it.isPackaged, it.getVersion(), process.resourcesPath])).toEqual([
      true,
      '1.2.3',
      join(folder, 'resources'),
    ]);
    await packaged.close();
  });
});

/** Processes with a text on their command line. */
function spawnedWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}
