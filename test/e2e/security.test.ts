import type { ElectronApplication, Page } from 'playwright';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { WebPreferences } from 'electron';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { recorded } from '../double/recorded.ts';
import { type Desktop, launch, until } from './desktop-app.ts';

/** Addresses that must not lead out of the page's files. */
const STRANGE = [
  '/..%2f..%2fpackage.json',
  '/%2e%2e/%2e%2e/package.json',
  '/..%5c..%5cpackage.json',
  '/%2fetc%2fpasswd',
  '//etc/passwd',
  '/notes.txt',
  '/style.css%00.txt',
  '/%',
  '/print/',
  '/nothing.js',
];

// Electron's security checklist, item by item, and what a hostile page could try, on a page of our own that would love to do harm.

const root = resolve(import.meta.dirname, '../..');

let desktop: Desktop;
let app: ElectronApplication;
let page: Page;
let elsewhere: Server;
let visits = 0;

const address = () => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
const preferences = () =>
  app.evaluate(({ BrowserWindow }) =>
    (BrowserWindow.getAllWindows()[0]!.webContents as unknown as { getLastWebPreferences(): WebPreferences }).getLastWebPreferences(),
  );
const href = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.getURL());
const windowCount = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);
/** What a call into the application answers, in the page. */
const call = (method: string, params = '{}') =>
  page.evaluate(`emend.call(${method}, ${params})`) as Promise<{ ok: boolean; value?: unknown; error?: { code: string; message: string } }>;
/** Does something in the page and gives the directive that forbade it. */
const violation = (code: string) =>
  page.evaluate(`new Promise((done) => {
  document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), { once: true });
  try { ${code} } catch {}
})`);

beforeAll(async () => {
  elsewhere = createServer((_request, response) => {
    visits++;
    response.end('window.stolen = true');
  });
  await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done));
  desktop = await launch({ renderer: resolve(import.meta.dirname, 'plain-page') });
  ({ app, page } = desktop);
});

afterAll(async () => {
  await desktop.close();
  await new Promise((done) => elsewhere.close(done));
});

describe("Electron's checklist", () => {
  it('1: only secure content, none from a network', async () => {
    expect(await page.evaluate('isSecureContext')).toBe(true);
    const refused = await app.evaluate(async ({ BrowserWindow }, url) => {
      const window = new BrowserWindow({ show: false });
      const failed = await window.loadURL(url).then(
        () => false,
        () => true,
      );
      window.destroy();
      return failed;
    }, address());
    expect(refused).toBe(true);
    expect(visits).toBe(0);
  });

  it('2: no Node in the page', async () => {
    expect(await page.evaluate('[typeof require, typeof process, typeof module, typeof Buffer, typeof global, typeof __dirname]')).toEqual(
      Array(6).fill('undefined'),
    );
    expect(await preferences()).toMatchObject({ nodeIntegration: false });
    expect((await preferences()).nodeIntegrationInWorker ?? false).toBe(false);
    expect((await preferences()).nodeIntegrationInSubFrames ?? false).toBe(false);
  });

  it('3: context isolation, which a page that changes built-ins cannot reach through', async () => {
    expect(await preferences()).toMatchObject({ contextIsolation: true });
    const leaked = await page.evaluate(`(async () => {
      const seen = [];
      const { push } = Array.prototype, { then } = Promise.prototype;
      Array.prototype.map = function () { seen.push(this); return []; };
      Object.defineProperty(Object.prototype, 'leak', { configurable: true, set(value) { seen.push(value); } });
      const answer = await emend.call('jobs.list', {});
      delete Object.prototype.leak;
      return [seen.length, answer.ok];
    })()`);
    await page.reload();
    expect(leaked).toEqual([0, true]);
  });

  it('4: the page is in a sandbox', async () => expect(await preferences()).toMatchObject({ sandbox: true }));

  it('5: no permissions, asked for or not', async () => {
    const states = await page.evaluate(
      `Promise.all(['geolocation', 'camera', 'microphone', 'clipboard-read', 'midi'].map((name) => navigator.permissions.query({ ` +
        `name }).then(({ state }) => state)))`,
    );
    expect(states).toEqual(Array(5).fill('denied'));
    expect(await page.evaluate('Notification.requestPermission()')).toBe('denied');
    expect(await page.evaluate("navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'given', (error) => error.name)")).not.toBe(
      'given',
    );
  });

  it('and no downloads: files are written by the application alone, where a person chose', async () => {
    const isRefused = await app.evaluate(({ session }) => {
      let isPrevented = false;
      session.defaultSession.emit('will-download', { preventDefault: () => (isPrevented = true) });
      return isPrevented;
    });
    expect(isRefused).toBe(true);
  });

  it('6: web security is on', async () => expect(await preferences()).toMatchObject({ webSecurity: true }));

  it('7: a content security policy that lets only our own files run', async () => {
    const policy = (await page.evaluate("fetch('/index.html').then(({ headers }) => headers.get('content-security-policy'))")) as string;
    const directives = Object.fromEntries(
      policy.split('; ').map((one) => [one.slice(0, one.indexOf(' ')), one.slice(one.indexOf(' ') + 1)]),
    );
    expect(directives).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self'",
      'font-src': "'self'",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': 'svelte-trusted-html',
    });
    const inserted = (fill: string) => `const script = document.createElement('script'); ${fill}; document.head.append(script)`;
    expect(await violation(inserted("script.append('window.stolen = true')"))).toBe('require-trusted-types-for');
    expect(await violation(inserted(`script.src = ${JSON.stringify(address())}`))).toBe('require-trusted-types-for');
    expect(await violation("void import('data:text/javascript,window.stolen=true').catch(() => 0)")).toBe('script-src-elem');
    expect(await violation('document.body.innerHTML = \'<img src=x onerror="window.stolen = true">\'')).toBe('require-trusted-types-for');
    expect(await violation("trustedTypes.createPolicy('another', {})")).toBe('trusted-types');
    expect(
      await violation("const style = document.createElement('style'); style.append('h1 { color: red }'); document.head.append(style)"),
    ).toMatch(/style-src/);
    expect(
      await violation(
        `const frame = document.createElement('iframe'); frame.src = ${JSON.stringify(address())}; document.body.append(frame)`,
      ),
    ).toMatch(/frame-src/);
    expect(await violation(`void fetch(${JSON.stringify(address())}).catch(() => 0)`)).toBe('connect-src');
    expect(await violation(`new Image().src = ${JSON.stringify(address())}`)).toBe('img-src');
    expect(await page.evaluate('[typeof stolen, getComputedStyle(document.querySelector("h1")).color]')).toEqual([
      'undefined',
      'rgb(1, 2, 3)',
    ]);
    expect(visits).toBe(0);
  });

  it('8: no insecure content', async () => expect((await preferences()).allowRunningInsecureContent ?? false).toBe(false));

  it('9: no experimental features', async () => expect((await preferences()).experimentalFeatures ?? false).toBe(false));

  it('10: no Blink features switched on', async () => expect((await preferences()).enableBlinkFeatures ?? '').toBe(''));

  it('11: no webviews, so none with popups', async () => {
    expect((await preferences()).webviewTag ?? false).toBe(false);
    expect(
      await page.evaluate(
        "(() => { const view = document.createElement('webview'); view.setAttribute('allowpopups', ''); view.setAttribute('src', " +
          "'https://elsewhere.invalid/'); document.body.append(view); return [typeof view.loadURL, typeof view.contentWindow] })()",
      ),
    ).toEqual(['undefined', 'undefined']);
  });

  it('12: a webview that were attached would be refused', async () => {
    const prevented = await app.evaluate(({ BrowserWindow }) => {
      let asked = false;
      BrowserWindow.getAllWindows()[0]!.webContents.emit('will-attach-webview', { preventDefault: () => (asked = true) }, {}, {});
      return asked;
    });
    expect(prevented).toBe(true);
  });

  it('13: the page cannot go anywhere', async () => {
    const here = await href();
    await page.click('#away');
    await page.evaluate(`location.href = ${JSON.stringify(address())}`);
    await page.evaluate("(() => { location.assign('/notes.txt') })()");
    await page.evaluate(
      `(() => { const form = document.createElement('form'); form.action = ${JSON.stringify(address())}; form.method = 'post'; ` +
        `document.body.append(form); form.submit() })()`,
    );
    await page.evaluate(
      `(() => { const meta = document.createElement('meta'); meta.httpEquiv = 'refresh'; meta.content = ` +
        `${JSON.stringify(`0;url=${address()}`)}; document.head.append(meta) })()`,
    );
    // The last of these would be on its way now: a turn through the application, and the page is asked again.
    await call("'jobs.list'");
    expect(await href()).toBe(here);
    expect(await page.title()).toBe('Plain page');
    expect(visits).toBe(0);
  });

  it('14: the page cannot open windows', async () => {
    const before = await windowCount();
    await page.click('#blank');
    await call("'jobs.list'");
    expect(await windowCount()).toBe(before);
    expect(visits).toBe(0);
  });

  it('15: only links of a fixed list leave for the browser', async () => {
    for (const link of ["'https://elsewhere.invalid/'", "'file:///etc/passwd'", "'__proto__'", "['rome']", '{}'])
      expect(await call("'host.openLink'", `{ link: ${link} }`)).toMatchObject({ ok: false, error: { code: 'bad-input' } });
    expect(await call("'host.openLink'", "{ link: 'rome' }")).toMatchObject({ ok: true });
    expect(await recorded(app, 'shell.openExternal')).toEqual([['https://rome.baulab.info/']]);
  });

  it('16: one Electron version, pinned, in tests and packages alike', () => {
    const { devDependencies } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
      devDependencies: { electron: string };
    };
    const { electronVersion } = parse(readFileSync(resolve(root, 'build/electron-builder.yml'), 'utf8')) as { electronVersion: string };
    expect(devDependencies.electron).toMatch(/^\d+\.\d+\.\d+$/);
    expect(electronVersion).toBe(devDependencies.electron);
    // The three latest majors are kept secure; 45 is the latest at the time of this line.
    expect(Number(electronVersion.split('.')[0])).toBeGreaterThanOrEqual(45);
  });

  it('17: messages count only from our page in our window', async () => {
    const other = app.waitForEvent('window');
    await app.evaluate(({ app: it, BrowserWindow }) => {
      const second = new BrowserWindow({ show: false, webPreferences: { preload: `${it.getAppPath()}/dist/preload/preload.cjs` } });
      return second.loadURL('app://emend/index.html');
    });
    const forger = await other;
    await until(forger, "typeof emend === 'object'");
    const refusal = { ok: false, error: { code: 'bad-input', message: 'This message did not come from the window of Emend.' } };
    expect(await forger.evaluate("emend.call('jobs.list', {})")).toMatchObject(refusal);
    await forger.close();

    // The right window, but gone astray.
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.loadURL('about:blank'));
    await page.waitForURL('about:blank');
    expect(await call("'jobs.list'")).toMatchObject(refusal);
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.loadURL('app://emend/index.html'));
    await until(page, "typeof heard === 'object'");
    expect(await call("'jobs.list'")).toEqual({ ok: true, value: { jobs: [] } });
  });

  it('18: no file addresses', async () => {
    expect(await href()).toBe('app://emend/index.html');
    expect(await violation("void fetch('file:///etc/passwd').catch(() => 0)")).toBe('connect-src');
  });

  it('19: fuses of packages close what is not needed', () => {
    const { electronFuses } = parse(readFileSync(resolve(root, 'build/electron-builder.yml'), 'utf8')) as {
      electronFuses: Record<string, boolean>;
    };
    expect(electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
      loadBrowserProcessSpecificV8Snapshot: false,
    });
  });

  it('20: nothing of Electron is exposed: three functions, frozen, and events without their sender', async () => {
    const exposed = await page.evaluate(
      `[Object.entries(emend).map(([name, value]) => name + ' ' + typeof value).sort(), Object.isFrozen(emend), typeof electron, ` +
        `typeof ipcRenderer, Reflect.ownKeys(Object.getPrototypeOf(emend)).includes('call')]`,
    );
    expect(exposed).toEqual([['call function', 'grant function', 'listen function'], true, 'undefined', 'undefined', false]);
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('palette')!.click());
    await until(page, 'heard.length > 0');
    expect(await page.evaluate('heard')).toEqual([[{ type: 'command', command: 'palette' }]]);
    expect(await page.evaluate('(() => { stopHearing(); return typeof stopHearing() })()')).toBe('undefined');
    await app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.getMenuItemById('palette')!.click());
    await call("'jobs.list'");
    expect(await page.evaluate('heard.length')).toBe(1);
  });
});

describe('a hostile page', () => {
  it('finds no methods but those of the contract', async () => {
    for (const method of [
      "'no.such'",
      "'__proto__'",
      "'constructor'",
      "'toString'",
      "''",
      "'library.list\\0'",
      'null',
      '{}',
      "['jobs.list']",
      '1e9',
    ]) {
      expect(await call(method), method).toMatchObject({ ok: false, error: { code: 'bad-input' } });
    }
  });

  it('cannot send what does not fit', async () => {
    for (const params of ['null', '[]', '"x"', '{ more: 1 }', '{ id: {} }', 'new Map()', '7n'])
      expect(await call("'jobs.get'", params), params).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  });

  it('gets no files outside its folder, and no kinds that pages are not made of', async () => {
    const answers = await page.evaluate(
      `Promise.all(${JSON.stringify(STRANGE)}.map((path) => fetch(path).then(({ status }) => status, () => 'failed')))`,
    );
    for (const answer of answers as unknown[]) expect([404, 'failed']).toContain(answer);
    expect(await page.evaluate("fetch('/style.css', { method: 'POST', body: 'x' }).then(({ status }) => status)")).toBe(405);
    expect(
      await page.evaluate(
        "fetch('/style.css').then(({ status, headers }) => [status, headers.get('content-type'), headers.get('x-content-type-options')])",
      ),
    ).toEqual([200, 'text/css; charset=utf-8', 'nosniff']);
  });

  it('cannot name a file, only what was chosen', async () => {
    for (const handle of ['/etc/passwd', '../../etc', desktop.home, 'x']) {
      expect(await call("'library.look'", JSON.stringify({ source: handle }))).toMatchObject({ ok: false, error: { code: 'bad-input' } });
      expect(await call("'host.reveal'", JSON.stringify({ handle }))).toMatchObject({ ok: false, error: { code: 'bad-input' } });
    }
    expect(await recorded(app, 'shell.showItemInFolder')).toEqual([]);
    const refusal = (files: string) => page.evaluate(`emend.grant(${files}).then(() => 'granted', (error) => error.message)`);
    expect(await refusal("[new File(['x'], '/etc/passwd')]")).toBe('What was dropped is not a file or folder of this computer.');
    expect(await refusal("['/etc/passwd']")).not.toBe('granted');
    expect(await refusal("[{ path: '/etc/passwd', name: 'passwd' }]")).not.toBe('granted');
  });

  it('cannot flood the application: 100 MB are refused, and it goes on', async () => {
    const refusal = { ok: false, error: { code: 'bad-input', message: 'The message is too large: expected at most 16 MB.' } };
    expect(await call("'probing.tokens'", "{ model: 'atlas', text: 'x'.repeat(100 * 1024 * 1024) }")).toMatchObject(refusal);
    expect(await call("'jobs.list'", '{ bytes: new Uint8Array(17 * 1024 * 1024) }')).toMatchObject(refusal);
    expect(await call("'jobs.list'")).toEqual({ ok: true, value: { jobs: [] } });
  });

  it('cannot get round the limit of the preload script', async () => {
    const answer = await app.evaluate(async ({ BrowserWindow, ipcMain }) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!;
      const handler = ipcMain as unknown as { handlers?: Map<string, unknown>; _invokeHandlers?: Map<string, unknown> };
      const handle = (handler.handlers ?? handler._invokeHandlers)!.get('emend:call') as (
        event: object,
        method: string,
        params: unknown,
      ) => Promise<unknown>;
      return handle({ sender: webContents, senderFrame: webContents.mainFrame }, 'probing.tokens', {
        model: 'atlas',
        text: 'x'.repeat(17 * 1024 * 1024),
      });
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'bad-input', message: 'The message is too large: expected at most 16 MB.' } });
  });
});
