import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { go, pasteInto } from './pages.ts';

const ATLAS = 'a71a5000'.repeat(8);
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** The form by its keys alone, in the page with sample data. */
describe('the edit form', () => {
  const dist = mkdtempSync(join(tmpdir(), 'emend-edit-form-'));
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await build({
      configFile: resolve(import.meta.dirname, '../../build/vite.renderer-dev.ts'),
      logLevel: 'error',
      build: { outDir: dist },
    });
    server = createServer((request, response) => {
      try {
        const path = join(dist, new URL(request.url ?? '/', 'http://page').pathname);
        const file = readFileSync(path);
        response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(file);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
    server.close();
    rmSync(dist, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await page?.close();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await open('?edits=none');
  });

  async function open(query: string, words = ''): Promise<void> {
    await page.goto('about:blank');
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/dev.html${query}#/model/${ATLAS}/edit${words}`);
    await cell('Subject', 1).waitFor();
  }
  const cell = (column: string, fact: number): Locator => page.getByLabel(`${column}, fact ${fact}`, { exact: true });
  const rows = () =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('[role=grid] [role=rowgroup] [role=row]')].map((row) => ` +
        `[...row.querySelectorAll('input')].map(({ value }) => value).join('|'))`,
    );
  const focused = () => page.evaluate<string>('document.activeElement?.getAttribute("aria-label")');
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };

  it('is filled in, walked through and undone like a spreadsheet', async () => {
    await cell('Subject', 1).focus();
    for (const [word, key] of [
      ['Louvre', 'Tab'],
      ['{} is in', 'Tab'],
      ['Oslo', 'Enter'],
    ] as const) {
      await page.keyboard.type(word);
      await press(key);
    }
    await expect.poll(focused).toBe('Subject, fact 2');
    await pasteInto(cell('Subject', 2), 'A\t{} lies in\tRome\nB\t{} lies in\tBonn\tParis');
    expect(await rows()).toEqual(['Louvre|{} is in|Oslo|', 'A|{} lies in|Rome|', 'B|{} lies in|Bonn|Paris']);
    await press('ArrowDown');
    await expect.poll(focused).toBe('Subject, fact 3');
    await press('ArrowRight');
    await expect.poll(focused).toBe('Prompt, fact 3');
    await press('Control+D');
    await expect.poll(focused).toBe('Subject, fact 4');
    await press('Control+Delete');
    expect(await rows()).toHaveLength(3);
    await press('Control+Z', 'Control+Z', 'Control+Z');
    expect(await rows()).toHaveLength(2);
    await press('Control+Shift+Z');
    expect(await rows()).toHaveLength(3);
  });

  it('takes back what was typed in a cell as a whole', async () => {
    await cell('Subject', 1).focus();
    await page.keyboard.type('Louvre');
    await press('Tab', 'Tab');
    await page.keyboard.type('Oslo');
    await press('Control+Z');
    expect(await rows()).toEqual(['Louvre|||']);
    await page.keyboard.type('Rome');
    await press('Escape');
    expect(await rows()).toEqual(['Louvre|||']);
  });

  it('says what is wrong with a setting, and starts nothing until it is mended', async () => {
    await open('?edits=none', `?${new URLSearchParams({ subject: 'Big Ben', prompt: '{} is in', target: 'Rome' })}`);
    const start = page.getByRole('button', { name: /^Work out the edit/ });
    await expect.poll(() => start.isEnabled()).toBe(true);
    await page.getByRole('button', { name: /^Advanced settings/ }).click();
    const layers = page.getByLabel('Layers', { exact: true });
    await layers.fill('9');
    await page.getByText('This model has layers 0 to 7; found 9.').waitFor();
    expect(await start.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Reset Layers' }).click();
    expect(await layers.inputValue()).toBe('');
    expect(await start.isEnabled()).toBe(true);
  });

  it('keeps the form and its undo while one is elsewhere, and shows the job again', async () => {
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    await page.getByText('The model says "London" so far.').waitFor();
    await page.getByRole('button', { name: 'Suggest', exact: true }).click();
    await cell('Answer now', 1).and(page.locator('input')).waitFor();
    await expect.poll(rows).toEqual(['Tower Bridge|{} stands in the city of|Rome|London']);
    await press('Control+Enter');
    await page.getByRole('progressbar', { name: 'Working the edit out' }).waitFor();
    await go(page, 'Ask');
    await go(page, 'Edit');
    await page.getByRole('progressbar', { name: 'Working the edit out' }).waitFor();
    await press('Control+Z');
    await expect.poll(rows).toEqual(['Tower Bridge|{} stands in the city of|Rome|']);
    await page.getByRole('main').getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled, nothing changed.').waitFor();
  });

  it('reads thousands of facts, of which few are in the page', async () => {
    await page.getByRole('button', { name: /^Open file/ }).click();
    await page.getByLabel('Take the first').fill('1200');
    await page.getByRole('button', { name: 'Add 1,200 facts' }).click();
    await cell('Subject', 1).focus();
    await press('Control+End');
    await expect.poll(focused).toBe('Subject, fact 1200');
    expect((await rows()).length).toBeLessThan(60);
  });
});
