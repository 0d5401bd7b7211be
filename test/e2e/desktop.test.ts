import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Event } from '../../shared/contract/events.ts';
import { SCREENS } from '../../shared/screens.ts';
import { doubleFolder } from '../double/executable.ts';
import { recorded } from '../double/recorded.ts';
import { applicationFolder, closeDesktop, type Desktop, launch } from './desktop-app.ts';

// What the desktop host does around the page: windows, menus, dialogs, files from outside, quitting. On a page that only listens.

const renderer = resolve(import.meta.dirname, 'plain-page');
const atlas = resolve(import.meta.dirname, '../../models/atlas');
const scratch = mkdtempSync(join(tmpdir(), 'emend-desktop-'));
const home = join(scratch, 'home');
const facts = join(scratch, 'facts.csv');
writeFileSync(facts, 'subject,prompt,target\nAda,{} lives in,Rome\n');

let desktop: Desktop;

const call = async (method: string, params: object = {}) =>
  (await desktop.page.evaluate(`emend.call(${JSON.stringify(method)}, ${JSON.stringify(params)})`)) as {
    ok: boolean;
    value: Record<string, unknown>;
    error?: { code: string; message: string };
  };
const heard = async (type: Event['type']) =>
  ((await desktop.page.evaluate('heard.map(([event]) => event)')) as Event[]).filter((event) => event.type === type);
/** Waits for the end of a job. */
async function ended(reply: { value: Record<string, unknown> }): Promise<{ state: string; result?: unknown; error?: { message: string } }> {
  for (;;) {
    const { value } = await call('jobs.get', { id: reply.value['job'] });
    if (value['state'] !== 'running') return value as { state: string };
    await new Promise((done) => setTimeout(done, 50));
  }
}
/** What the next dialogs answer. */
const choose = (paths: readonly string[]) =>
  desktop.app.evaluate(({ dialog }, filePaths) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: filePaths.length === 0, filePaths: [...filePaths] });
    dialog.showSaveDialog = () => Promise.resolve({ canceled: filePaths.length === 0, filePath: filePaths[0] ?? '' });
  }, paths);

beforeAll(async () => {
  desktop = await launch({ home, renderer, args: [facts, '--a-switch', join(scratch, 'not there')] });
});

afterAll(async () => {
  await desktop.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe('files from outside', () => {
  it('on the command line reach the page once it listens, as handles', async () => {
    await expect
      .poll(() => heard('open'))
      .toMatchObject([{ picked: [{ path: facts, name: 'facts.csv', folder: false, bytes: expect.any(Number) }] }]);
  });

  it('that the system opens do too', async () => {
    await desktop.app.evaluate(({ app }, path) => app.emit('open-file', { preventDefault: () => undefined }, path), atlas);
    await expect.poll(() => heard('open')).toHaveLength(2);
    expect((await heard('open'))[1]).toMatchObject({ picked: [{ path: atlas, folder: true }] });
  });

  it('of a second start open in the first, which comes to the front', async () => {
    await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.minimize());
    const second = spawn(
      join(doubleFolder, 'electron'),
      ['--no-sandbox', applicationFolder(join(scratch, 'second'), renderer), 'facts.csv'],
      { cwd: scratch, stdio: 'ignore', env: { ...process.env, EMEND_HOME: home } },
    );
    expect(await new Promise((done) => second.once('exit', done))).toBe(0);
    await expect
      .poll(() => desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isFocused())))
      .toEqual([true]);
  });
});

describe('the host', () => {
  it('says what it is', async () => {
    expect((await call('host.info')).value).toMatchObject({
      mode: 'desktop',
      app: expect.stringMatching(/^Emend \d/),
      picker: 'native',
      canPrint: true,
      canReveal: true,
      dataFolder: home,
    });
  });

  it('picks by the dialog of the system', async () => {
    expect((await call('host.pick', { kind: 'facts' })).value).toEqual({ picked: [] });
    expect(await recorded(desktop.app, 'dialog.showOpenDialog')).toMatchObject([
      [{ properties: ['openFile'], filters: [{ extensions: ['csv', 'json', 'jsonl'] }, {}] }],
    ]);
    await choose([atlas]);
    expect((await call('host.pick', { kind: 'model' })).value).toMatchObject({ picked: [{ path: atlas, name: 'atlas', folder: true }] });
  });

  it('proposes a name to save, but never a place', async () => {
    await desktop.app.evaluate(({ dialog }) => {
      dialog.showSaveDialog = ((_window: object, options: object) =>
        Promise.resolve({ canceled: false, filePath: JSON.stringify(options) })) as unknown as typeof dialog.showSaveDialog;
    });
    const { value } = await call('host.pick', { kind: 'save', name: '../../etc/log.csv' });
    expect((value['picked'] as { path: string }[])[0]!.path).toContain('"defaultPath":"log.csv"');
  });

  it('makes places in chosen folders only', async () => {
    await choose([scratch]);
    const { value } = await call('host.pick', { kind: 'folder' });
    const [{ handle }] = value['picked'] as [{ handle: string }];
    expect((await call('host.place', { folder: handle, name: 'out' })).value).toMatchObject({ path: join(scratch, 'out') });
    for (const name of ['..', '.', '../x', 'a/b', ''])
      expect(await call('host.place', { folder: handle, name }), name).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  });

  it('shows what was chosen in the file manager, while it is there', async () => {
    await choose([facts]);
    const [{ handle }] = (await call('host.pick', { kind: 'facts' })).value['picked'] as [{ handle: string }];
    expect(await call('host.reveal', { handle })).toMatchObject({ ok: true });
    expect(await recorded(desktop.app, 'shell.showItemInFolder')).toEqual([[facts]]);
    await choose([join(scratch, 'gone')]);
    const [gone] = (await call('host.pick', { kind: 'facts' })).value['picked'] as [{ handle: string }];
    expect(await call('host.reveal', { handle: gone.handle })).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });
});

describe('the menu', () => {
  it('asks the page for what its items say', async () => {
    const ids = await desktop.app.evaluate(({ Menu }) => {
      const items = Menu.getApplicationMenu()!
        .items.flatMap((item) => item.submenu?.items ?? [])
        .filter(({ id }) => id);
      for (const item of items) (item as unknown as { click(): void }).click();
      return items.map(({ id }) => id).sort();
    });
    expect(ids).toEqual([...SCREENS.map(({ id }) => id), 'import', 'palette', 'shortcuts'].sort());
    await expect.poll(() => heard('command')).toHaveLength(ids.length);
    expect((await heard('command')).map((event) => (event as Event & { type: 'command' }).command).sort()).toEqual(ids);
  });
});

describe('the window', () => {
  it('is light or dark as the settings say', async () => {
    await call('settings.set', { settings: { theme: 'dark' } });
    await expect.poll(() => desktop.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark');
    expect(await desktop.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")).toBe(true);
  });
});

describe('jobs', () => {
  it('show on the window, in the list of recent documents, and by a notification when nobody looks', async () => {
    await choose([atlas]);
    const [{ handle }] = (await call('host.pick', { kind: 'model' })).value['picked'] as [{ handle: string }];
    await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.blur());
    expect(await ended(await call('library.import', { source: handle, name: 'atlas' }))).toMatchObject({ state: 'done' });
    await expect.poll(() => recorded(desktop.app, 'app.addRecentDocument')).toEqual([[atlas]]);
    expect(await recorded(desktop.app, 'notification.show')).toEqual([[{ title: 'Import atlas', body: 'Done.' }]]);
    const shown = (await recorded(desktop.app, 'window.setProgressBar')).map(([progress]) => progress);
    expect(shown[0]).toBe(2);
    expect(shown.some((progress) => Number(progress) > 0 && Number(progress) <= 1)).toBe(true);
    expect(shown.at(-1)).toBe(-1);
  });

  it('need no notification while the window is looked at', async () => {
    await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.focus());
    expect(await ended(await call('probing.ask', { model: 'atlas', prompt: 'The capital of France is', maxTokens: 2 }))).toMatchObject({
      state: 'done',
    });
    expect(await recorded(desktop.app, 'notification.show')).toHaveLength(1);
  });

  it('print reports as PDF', async () => {
    const file = join(scratch, 'log.pdf');
    await choose([file]);
    const [{ handle }] = (await call('host.pick', { kind: 'save', name: 'log.pdf' })).value['picked'] as [{ handle: string }];
    expect(await ended(await call('audit.export', { model: 'atlas', format: 'pdf', destination: handle }))).toMatchObject({
      state: 'done',
    });
    const pdf = readFileSync(file);
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.length).toBeGreaterThan(5000);
    expect(await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });
});

describe('the end', () => {
  it('of the page is told, and it loads again', async () => {
    await desktop.app.evaluate(({ dialog, BrowserWindow }) => {
      dialog.showMessageBox = (() => Promise.resolve({ response: 0, checkboxChecked: false })) as typeof dialog.showMessageBox;
      BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer();
    });
    const again = () =>
      desktop.app
        .evaluate(({ BrowserWindow }) => {
          const { webContents } = BrowserWindow.getAllWindows()[0]!;
          return webContents.isCrashed() ? '' : (webContents.executeJavaScript("typeof emend + ' ' + document.title") as Promise<string>);
        })
        .catch(() => '');
    await expect.poll(again, { timeout: 20_000 }).toBe('object Plain page');
  });

  it('of the application waits while jobs run, unless the person stops them', async () => {
    await closeDesktop(desktop.app);
    desktop = await launch({ home, renderer });
    const { value } = await call('library.importBuiltIn');
    await desktop.app.evaluate(({ app }) => app.quit());
    await expect
      .poll(() => recorded(desktop.app, 'dialog.showMessageBox'))
      .toMatchObject([
        [{ message: '“Import the built-in model” is still running.', buttons: ['Keep Running', 'Stop and Quit'], cancelId: 0 }],
      ]);
    expect(await ended({ value })).toMatchObject({ state: 'done' });

    await call('library.importBuiltIn');
    const closed = desktop.app.waitForEvent('close');
    await desktop.app.evaluate(({ app, dialog }) => {
      dialog.showMessageBox = (() => Promise.resolve({ response: 1, checkboxChecked: false })) as typeof dialog.showMessageBox;
      app.quit();
    });
    await closed;
  });

  it('leaves the window where it was for the next start', async () => {
    desktop = await launch({ home, renderer });
    await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]!.setBounds({ x: 40, y: 50, width: 1000, height: 640 }),
    );
    await closeDesktop(desktop.app);
    desktop = await launch({ home, renderer });
    const place = () =>
      desktop.app.evaluate(({ BrowserWindow }) => [
        BrowserWindow.getAllWindows()[0]!.getNormalBounds(),
        BrowserWindow.getAllWindows()[0]!.isMaximized(),
      ]);
    expect(await place()).toEqual([{ x: 40, y: 50, width: 1000, height: 640 }, false]);
    await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.maximize());
    await closeDesktop(desktop.app);
    writeFileSync(join(home, 'unrelated.txt'), '');
    desktop = await launch({ home, renderer });
    expect(await place()).toEqual([{ x: 40, y: 50, width: 1000, height: 640 }, true]);
  });
});

describe('a data folder that cannot be used', () => {
  it('is told in one box, and the application ends', async () => {
    const blocked = join(scratch, 'blocked');
    writeFileSync(blocked, 'a file where a folder should be');
    mkdirSync(join(scratch, 'third'), { recursive: true });
    const child = spawn(join(doubleFolder, 'electron'), ['--no-sandbox', applicationFolder(join(scratch, 'third/app'), renderer)], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, EMEND_HOME: join(blocked, 'home') },
    });
    let said = '';
    child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    expect(await new Promise((done) => child.once('exit', done))).toBe(1);
    expect(said).toContain(`Emend cannot start: The data folder ${join(blocked, 'home')} cannot be used: `);
    expect(said).toContain('Make the folder writable, or set EMEND_HOME to another one.');
  });
});
