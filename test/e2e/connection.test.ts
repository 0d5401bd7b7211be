import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** A page of `emend serve` as built, when its server goes and comes back. */

const PROGRAM = resolve(import.meta.dirname, '../../dist/node/emend.mjs');
const home = mkdtempSync(join(tmpdir(), 'emend-connection-'));
const env = { ...process.env, EMEND_HOME: home, EMEND_CACHE: join(home, 'cache'), EMEND_AUTHOR: 'Ada', NO_COLOR: '1' };
let browser: Browser;
let server: { process: ChildProcess; link: string };

async function serve(): Promise<typeof server> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--threads', '1'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  const link = await new Promise<string>((started, failed) => {
    child.stdout.on('data', (piece: Buffer) => {
      printed += piece.toString();
      const [found] = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+(?=\n)/.exec(printed) ?? [];
      if (found !== undefined) started(found);
    });
    child.once('close', () => failed(new Error(`It ended: ${printed}`)));
  });
  return { process: child, link };
}

function stop(): Promise<unknown> {
  const ended = new Promise((done) => server.process.once('close', done));
  server.process.kill('SIGINT');
  return ended;
}

beforeAll(async () => {
  execFileSync(process.execPath, [PROGRAM, 'import', 'atlas', '--threads', '1'], { env, stdio: 'pipe' });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  server = await serve();
});
afterAll(async () => {
  await browser.close();
  await stop();
  rmSync(home, { recursive: true, force: true });
});

const subject = (page: Page) => page.getByLabel('Subject, fact 1', { exact: true });
const lost = (page: Page) => page.locator('.banners').getByText('The server does not answer.', { exact: true });

it('tells that the server is gone, keeps what is typed, and goes on by itself when it is there again', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.link);
  await page.getByLabel('Your name').fill('Ada');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('link', { name: 'Edit', exact: true }).first().click();
  await subject(page).fill('Tower');
  await page.getByText('Form kept').waitFor();

  // Another tab reads something that is answered by nobody, and hears so only when somebody is there again.
  const late = await context.newPage();
  let isHeld = false;
  let breakOff: () => void = () => undefined;
  await late.route('**/api/call', async (call) => {
    if (isHeld || call.request().postData()?.includes('"library.get"') !== true) return call.continue();
    isHeld = true;
    await new Promise<void>((broken) => (breakOff = broken));
    return call.abort();
  });
  await late.goto(new URL('/#/library', page.url()).href);
  await late.getByRole('button', { name: 'Details of atlas' }).click();

  const port = new URL(server.link).port;
  await stop();
  await lost(late).waitFor();
  await lost(page).waitFor();
  await page.locator('.banners').getByText('this page goes on by itself', { exact: false }).waitFor();
  await subject(page).fill('Tower Bridge');
  // The banner says it; nothing piles up before the table.
  await page.waitForTimeout(1500);
  expect(await page.locator('.toast').count()).toBe(0);

  server = await serve();
  expect(new URL(server.link).port).toBe(port);
  await lost(page).waitFor({ state: 'detached' });
  await page.getByText('Form kept').waitFor();
  expect(await subject(page).inputValue()).toBe('Tower Bridge');
  await lost(late).waitFor({ state: 'detached' });
  breakOff();
  await late.getByText('Architecture').waitFor();
  await late.waitForTimeout(200);
  expect(await late.getByText('The server does not answer.').count()).toBe(0);
  await late.close();
  // No error of the time between stands there still.
  await expect.poll(() => page.getByText('The server does not answer.').count()).toBe(0);
  await page.reload();
  await subject(page).waitFor();
  await expect.poll(() => subject(page).inputValue()).toBe('Tower Bridge');

  // Two tabs on one form: the second is told, until the first leaves it.
  const second = await context.newPage();
  await second.goto(page.url());
  const told = second.getByText('The form of atlas is open in another tab of this browser too.', { exact: false });
  await told.waitFor();
  expect(await page.getByText('is open in another tab', { exact: false }).count()).toBe(0);
  await page.close();
  await told.waitFor({ state: 'detached' });
  await context.close();
});
