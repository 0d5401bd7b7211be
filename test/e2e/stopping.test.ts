import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElectronApplication, Locator, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Shape, writeModel } from '../bench/shapes.ts';
import { dropFiles } from '../double/drop.ts';
import { launch, until, type Desktop } from './desktop-app.ts';
import { go, saveTo } from './pages.ts';

/** Half a second and more of copying, so that a person has time to change their mind. */
const MEDIUM: Shape = { layers: 6, width: 768, heads: 12, vocabulary: 20_000, positions: 256 };

const FACT = { Subject: 'Tower Bridge', Prompt: '{} stands in the city of', 'New answer': 'Rome', 'Answer now': 'London' } as const;

/** What a model's record is made of, file by file with hashes; the lock says only who has it open. */
function records(home: string): Record<string, string> {
  const models = join(home, 'models');
  if (!existsSync(models)) return {};
  const files = readdirSync(models, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const kept = files.filter((file) => file.includes('/ledger/') && !file.endsWith('LOCK'));
  return Object.fromEntries(
    kept.sort().map((file) => [file.slice(models.length), createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

async function killEngine(desktop: ElectronApplication): Promise<void> {
  await desktop.evaluate(({ app }) => process.kill(app.getAppMetrics().find(({ name }) => name === 'Emend engine')!.pid, 'SIGKILL'));
}

describe('work that is stopped', () => {
  let desktop: Desktop;
  let page: Page;
  const scratch = mkdtempSync(join(tmpdir(), 'emend-stopping-'));
  const medium = join(scratch, 'medium');
  const cell = (column: keyof typeof FACT): Locator => page.getByLabel(`${column}, fact 1`, { exact: true });
  const button = (name: string | RegExp): Locator => page.getByRole('main').getByRole('button', { name, exact: true });
  const tray = (): Locator => page.getByRole('region', { name: 'Jobs', exact: true });

  beforeAll(async () => {
    writeModel(medium, MEDIUM);
    desktop = await launch();
    page = desktop.page;
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByRole('button', { name: 'Start' }).click();
  });
  beforeEach(() =>
    onTestFailed(async () => void (await page.screenshot({ path: join(tmpdir(), 'emend-stopping-failed.png') }).catch(() => undefined))),
  );
  afterAll(async () => {
    await desktop.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  async function openTray(): Promise<void> {
    const handle = page.getByRole('contentinfo').locator('button.jobs');
    if ((await handle.getAttribute('aria-expanded')) === 'false') await handle.click();
    await tray().waitFor();
  }

  /** Takes ended jobs off the list, and the list out of the way of what lies below it. */
  async function closeTray(): Promise<void> {
    await tray().getByRole('button', { name: 'Clear ended jobs' }).click();
    await tray().getByRole('button', { name: 'Close' }).click();
  }

  async function startImport(): Promise<void> {
    await dropFiles(page, [medium], { x: 600, y: 400 });
    await page.getByRole('dialog', { name: 'Import this model?' }).getByRole('button', { name: 'Import' }).click();
  }

  /** Begins to work the edit out, and waits until the engine is at it. */
  async function startEdit(): Promise<void> {
    await button(/Work out the edit/).click();
    await page.locator('.bar .numbers').getByText('%').waitFor({ timeout: 60_000 });
  }

  it('cancels an import from the tray; the library is as it was', async () => {
    await startImport();
    await openTray();
    await tray()
      .getByText(/copying|examining/)
      .waitFor();
    await tray().getByRole('button', { name: 'Cancel Import medium' }).click();
    await tray().getByText('Cancelled, nothing changed').waitFor();
    await page.getByRole('heading', { name: 'Correct a first fact' }).waitFor();
    expect(records(desktop.home)).toEqual({});
    expect(readdirSync(join(desktop.home, 'incoming'))).toEqual([]);
    await closeTray();
    await page.getByRole('button', { name: 'Add Atlas' }).click();
    await page.getByText('atlas is in the library.').waitFor({ timeout: 60_000 });
  });

  it('brings a form back that was being filled in when the page was loaded anew', async () => {
    await go(page, 'Edit');
    for (const [column, words] of Object.entries(FACT)) await cell(column as keyof typeof FACT).fill(words);
    await page.getByText('Form kept').waitFor();
    await page.reload();
    await until(page, "document.readyState === 'complete'");
    await page.getByText('Your unfinished form is back: 1 fact.').waitFor();
    for (const [column, words] of Object.entries(FACT)) expect(await cell(column as keyof typeof FACT).inputValue()).toBe(words);
  });

  it('cancels an edit; no draft is there, and the record is as it was', async () => {
    const before = records(desktop.home);
    await startEdit();
    await button('Cancel').click();
    await page.getByRole('main').getByText('Cancelled, nothing changed.').waitFor();
    await button(/Work out the edit/).waitFor();
    expect(await page.getByRole('heading', { name: /^Drafts/ }).count()).toBe(0);
    expect(records(desktop.home)).toEqual(before);
    expect(await cell('Subject').inputValue()).toBe(FACT.Subject);
  });

  it('goes on with an edit while the screen changes and the page is loaded anew, and cancels it from the tray', async () => {
    const before = records(desktop.home);
    await startEdit();
    await go(page, 'Versions');
    await page.reload();
    await until(page, "document.readyState === 'complete'");
    await openTray();
    await tray()
      .getByRole('button', { name: /^Cancel Edit/ })
      .click();
    await tray().getByText('Cancelled, nothing changed').first().waitFor();
    await go(page, 'Edit');
    await page.getByRole('main').getByText('Cancelled, nothing changed.').waitFor();
    expect(await page.getByRole('heading', { name: /^Drafts/ }).count()).toBe(0);
    expect(records(desktop.home)).toEqual(before);
    await openTray();
    await closeTray();
  });

  it('says what to do when the engine dies in the middle of an edit, and the next edit works', async () => {
    const before = records(desktop.home);
    await startEdit();
    await killEngine(desktop.app);
    const error = page.getByRole('main').getByRole('alert');
    await error.getByText('The edit could not be worked out').waitFor();
    expect(await error.innerText()).toMatch(/The engine ended/);
    expect((await error.locator('.hint').innerText()).trim()).not.toBe('');
    expect(records(desktop.home)).toEqual(before);
    await button(/Work out the edit/).click();
    await button('Commit…').waitFor({ timeout: 240_000 });
    expect(await page.getByRole('article', { name: 'Report' }).innerText()).toMatch(/New answer given\s*100/);
  });

  it('cancels an export; nothing lies where it was to be, and no entry was made', async () => {
    await go(page, 'Library');
    await startImport();
    await page.getByText('medium is in the library.').waitFor({ timeout: 120_000 });
    await page.getByRole('status').getByRole('button', { name: 'Ask it' }).click();
    await go(page, 'Versions');
    const before = records(desktop.home);
    const above = join(scratch, 'out');
    mkdirSync(above);
    await saveTo(desktop.app, join(above, 'exported'));
    await button('Export…').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Choose where…' }).click();
    await dialog.getByRole('button', { name: 'Export', exact: true }).click();
    await expect.poll(() => readdirSync(above)).toHaveLength(1);
    await dialog.locator('.work').getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Cancelled, nothing changed.').waitFor();
    expect(readdirSync(above)).toEqual([]);
    expect(records(desktop.home)).toEqual(before);
  });
});
