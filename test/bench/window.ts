import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { dropFiles } from '../double/drop.ts';
import { type Desktop, launch } from '../e2e/desktop-app.ts';
import { go, pasteInto, saveTo } from '../e2e/pages.ts';
import { writeLedger } from './ledger.ts';
import { GPT2_SMALL, TINY, writeModel } from './shapes.ts';
import type { Table } from './table.ts';

// The built application in a window, from a dropped folder to an exported one: how long does it ever keep a person waiting?
// On the Electron double, whose messages go as JSON by way of Chromium's protocol; that is slower than Electron's own.

/** Longer than that a person feels that the window does not answer (ms). */
const LIMIT = 100;
/** Largest time of one step of the journey (ms). */
const PATIENCE = 900_000;
const FACTS = 10;

/**
 * Watches the page: its long tasks, how late a timer of 16 ms is, and how far frames lie apart. Ends with what it saw since it was asked
 * last.
 */
const WATCH_PAGE = `(() => {
  const seen = { task: 0, drift: 0, frame: 0 };
  const take = () => { const found = { ...seen }; seen.task = seen.drift = seen.frame = 0; return found; };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.task = Math.max(seen.task, duration);
  }).observe({ type: 'longtask' });
  let last = performance.now();
  setInterval(() => { const now = performance.now(); seen.drift = Math.max(seen.drift, now - last - 16); last = now; }, 16);
  let drawn = performance.now();
  const frame = (now) => { seen.frame = Math.max(seen.frame, now - drawn); drawn = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  globalThis.takeSeen = take;
})()`;

/**
 * All in ms: the longest task of the page, the latest timer, the longest between two frames; the longest that main's event loop stood
 * still.
 */
interface Seen {
  readonly task: number;
  readonly drift: number;
  readonly frame: number;
  readonly main: number;
}

interface Watched {
  delay?: { readonly max: number; enable(): boolean; reset(): void };
}

/** How often main's event loop is looked at (ms). */
const RESOLUTION = 5;

class Watch {
  private readonly desktop: Desktop;

  private constructor(desktop: Desktop) {
    this.desktop = desktop;
  }

  static async start(desktop: Desktop): Promise<Watch> {
    await desktop.page.evaluate(WATCH_PAGE);
    await desktop.app.evaluate((_electron, resolution) => {
      const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
      const delay = monitorEventLoopDelay({ resolution });
      delay.enable();
      (globalThis as Watched).delay = delay;
    }, RESOLUTION);
    return new Watch(desktop);
  }

  /** What was seen since this was asked last. */
  async take(): Promise<Seen> {
    const seen = await this.desktop.page.evaluate<Omit<Seen, 'main'>>('takeSeen()');
    const delay = await this.desktop.app.evaluate(() => {
      const { delay: found } = globalThis as Watched;
      const longest = found!.max;
      found!.reset();
      return longest;
    });
    return { ...seen, main: Math.max(0, delay / 1e6 - RESOLUTION) };
  }
}

/** Does the steps one after the other, and says of each how long it blocked the window. */
async function measureSteps(
  desktop: Desktop,
  table: Table,
  steps: readonly (readonly [string, (page: Page) => Promise<void>])[],
  isQuick: boolean,
): Promise<void> {
  const watch = await Watch.start(desktop);
  for (const [name, act] of steps) {
    await watch.take();
    const started = performance.now();
    await act(desktop.page);
    const took = (performance.now() - started) / 1000;
    const { task, drift, frame, main } = await watch.take();
    // Electron handles the window's input in the main process: while that stands still, so does the window.
    const blocked = Math.max(task, drift, main);
    table.row(
      `window: ${name}`,
      `blocked ${ms(blocked)} (long task ${ms(task)}, timer ${ms(drift)} late, frames ${ms(frame)} apart); main ${ms(main)}; took ` +
        `${took.toFixed(1)} s`,
      isQuick ? undefined : { limit: `< ${LIMIT} ms`, holds: blocked < LIMIT },
    );
  }
}

async function open(home?: string): Promise<Desktop> {
  const desktop = await launch(home === undefined ? {} : { home });
  desktop.page.setDefaultTimeout(PATIENCE);
  await desktop.page.getByLabel('Your name').fill('Ada Lovelace');
  await desktop.page.getByRole('button', { name: 'Start' }).click();
  await readForDebugger(desktop.page);
  return desktop;
}

/**
 * The double answers for a dropped file's path while the page stands at a `debugger` statement. Before its first such stop below functions
 * of a
 * script V8 reads the whole script (70 ms and more), which nobody meets on Electron. Stops once at a key press, so that no step pays for
 * it.
 */
async function readForDebugger(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  session.on('Debugger.paused', () => void session.send('Debugger.resume').catch(() => undefined));
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
  await page.keyboard.press('Shift');
  await session.detach();
}

const main = (page: Page) => page.getByRole('main');
const dialog = (page: Page) => page.getByRole('dialog');

/** What a version says, as the screen shows it: the continuation, and the next tokens with their probabilities. */
async function ask(page: Page, version: string): Promise<string> {
  await go(page, 'Ask');
  await page.getByLabel('Version', { exact: true }).selectOption({ label: version });
  await page.getByRole('textbox', { name: 'Prompt' }).fill('The mother tongue of Person 1 is');
  await main(page).getByRole('button', { name: /^Ask/ }).click();
  const answer = page.locator(`[aria-label="Answer of ${version}"][aria-busy="false"]`);
  return [await answer.locator('.answer').innerText(), await answer.getByRole('table').innerText()].join('\n');
}

/**
 * How long the window is blocked on the way from a dropped folder to an exported one, by a model of GPT-2 small's shape with random
 * weights.
 */
export async function measureJourney(table: Table, isQuick: boolean): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'emend-bench-window-'));
  let desktop: Desktop | undefined;
  try {
    const folder = join(scratch, 'random');
    const bytes = writeModel(folder, isQuick ? { ...TINY, positions: 1024 } : GPT2_SMALL);
    console.log(`The window, with a model of ${(bytes / 1e6).toFixed(0)} MB and ${FACTS} facts; on the Electron double\n`);
    desktop = await open();
    const target = join(scratch, 'exported');
    await saveTo(desktop.app, target);
    const said = { base: '', edited: '', exported: '' };
    await measureSteps(
      desktop,
      table,
      [
        [
          'drop and look',
          async (page) => {
            await dropFiles(page, [folder], { x: 600, y: 400 });
            await dialog(page)
              .getByText(/ONNX folder/)
              .waitFor();
          },
        ],
        [
          'import',
          async (page) => {
            await dialog(page).getByRole('button', { name: 'Import' }).click();
            await page.getByText('random is in the library.').waitFor();
          },
        ],
        ['ask', async (page) => void (await ask(page, 'Current version'))],
        [
          'fill in the form',
          async (page) => {
            await go(page, 'Edit');
            const rows = Array.from({ length: FACTS }, (_, n) => `Person ${n + 1}\tThe mother tongue of {} is\tEnglish\tFrench`);
            await pasteInto(page.getByLabel('Subject, fact 1', { exact: true }), rows.join('\n'));
            await page.getByText(`${FACTS} facts. Nothing is changed until you commit.`).waitFor();
            await page.getByRole('button', { name: 'Suggest checks' }).click();
            await page.getByText(`Checks added to ${FACTS} facts.`).waitFor();
            await page.getByRole('button', { name: /^Advanced settings/ }).click();
            // Published weight and few steps: the work is of the same kind, and there is less of it.
            for (const [setting, value] of [
              ['Covariance tokens', '2000'],
              ['Steps', '5'],
              ['λ (covariance weight)', '15000'],
            ] as const)
              await page.getByLabel(setting, { exact: true }).fill(value);
            await page.getByRole('button', { name: /^Advanced settings/ }).click();
          },
        ],
        [
          `work out the edit of ${FACTS} facts, and its report`,
          async (page) => {
            await page.getByRole('button', { name: /Work out the edit/ }).click();
            const refusal = main(page).getByRole('alert');
            await page.getByRole('button', { name: 'Commit…' }).or(refusal).waitFor();
            if (await refusal.isVisible()) throw new Error(await refusal.innerText());
          },
        ],
        [
          'commit',
          async (page) => {
            await page.getByRole('button', { name: 'Commit…' }).click();
            await dialog(page).getByLabel('Reason').fill('To see how long it takes');
            await dialog(page)
              .getByRole('button', { name: /^Commit/ })
              .click();
            await page.getByText('Committed as entry 2.').waitFor();
          },
        ],
        ['ask the new version', async (page) => void (said.edited = await ask(page, 'Current version'))],
        ['ask the base', async (page) => void (said.base = await ask(page, 'Base, without edits'))],
        [
          'revert',
          async (page) => {
            await go(page, 'Versions');
            await page.getByRole('button', { name: 'Revert this edit…' }).click();
            await dialog(page).getByLabel('Reason').fill('Too early');
            await dialog(page)
              .getByRole('button', { name: /^Revert/ })
              .click();
            await page.getByRole('dialog', { name: /Reverted/ }).waitFor();
            await page.keyboard.press('Escape');
          },
        ],
        [
          'roll back',
          async (page) => {
            await page
              .getByRole('list', { name: /Timeline/ })
              .locator('[data-entry="2"]')
              .click();
            await page.getByRole('button', { name: 'Roll back to it…' }).click();
            await dialog(page).getByLabel('Reason').fill('Now');
            await dialog(page)
              .getByRole('button', { name: /^Roll back/ })
              .click();
            await page
              .getByText(/^Rolled back.*Recorded as entry/)
              .first()
              .waitFor();
          },
        ],
        [
          'verify',
          async (page) => {
            await go(page, 'Audit log');
            await page.getByRole('button', { name: 'Verify', exact: true }).click();
            await page
              .getByText(/Verified: all \d+ entries are intact/)
              .first()
              .waitFor();
          },
        ],
        [
          'export',
          async (page) => {
            await go(page, 'Versions');
            await page.getByRole('button', { name: 'Export…' }).first().click();
            await dialog(page).getByRole('button', { name: 'Choose where…' }).click();
            await dialog(page).getByRole('button', { name: 'Export', exact: true }).click();
            await page.getByRole('dialog', { name: 'Exported' }).waitFor();
            await page.keyboard.press('Escape');
          },
        ],
        [
          'drop the exported folder, and verify it',
          async (page) => {
            await go(page, 'Library');
            await dropFiles(page, [target], { x: 600, y: 400 });
            await dialog(page).getByRole('button', { name: 'Verify' }).click();
            await dialog(page).getByText('Everything is as it was signed.').waitFor();
          },
        ],
        [
          'import it',
          async (page) => {
            await dialog(page).getByRole('button', { name: 'Import' }).click();
            await page.getByText('exported is in the library.').waitFor();
          },
        ],
        ['ask it', async (page) => void (said.exported = await ask(page, 'Current version'))],
      ],
      isQuick,
    );
    table.row(
      'window: what the exported folder says',
      said.exported === said.edited
        ? 'what the screen said of the version, to every digit shown'
        : `${said.exported}\ninstead of\n${said.edited}`,
      { limit: 'the same, and not what the base says', holds: said.exported === said.edited && said.exported !== said.base },
    );
  } finally {
    await desktop?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Takes the table from one end to the other and back in this many frames. */
const scrollIn = (frames: number) => `(async () => {
  const grid = document.querySelector('[role=grid]');
  // Asked once: each time would have everything laid out.
  const way = grid.scrollHeight - grid.clientHeight;
  const next = () => new Promise(requestAnimationFrame);
  for (let n = 1; n <= ${2 * frames}; n++) {
    grid.scrollTop = (1 - Math.abs(1 - n / ${frames})) * way;
    await next();
  }
})()`;

/** How long the window is blocked by the log of ten years of work: listed, scrolled and searched. */
export async function measureLog(table: Table, entries: number, isQuick: boolean): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'emend-bench-log-'));
  let desktop: Desktop | undefined;
  try {
    mkdirSync(home, { recursive: true });
    writeLedger(home, entries);
    desktop = await open(home);
    const rowsInSight = (page: Page) => page.getByRole('grid').getByRole('row').nth(2).waitFor();
    /** Waits until the table has another number of rows than before something was done. */
    const changed = async (page: Page, act: () => Promise<unknown>) => {
      const before = await page.getByRole('grid').getAttribute('aria-rowcount');
      await act();
      await page.locator(`[role=grid]:not([aria-rowcount="${before}"])`).waitFor();
    };
    const search = (page: Page) => page.getByRole('searchbox', { name: 'Search in everything' });
    await measureSteps(
      desktop,
      table,
      [
        [
          `open a log of ${entries} entries`,
          async (page) => {
            await go(page, 'Audit log');
            await rowsInSight(page);
          },
        ],
        ['scroll it from end to end and back, fast', async (page) => void (await page.evaluate(scrollIn(60)))],
        ['scroll it from end to end and back, slowly', async (page) => void (await page.evaluate(scrollIn(600)))],
        [
          'type words to search for',
          (page) => changed(page, () => search(page).pressSequentially('mother tongue français', { delay: 60 })),
        ],
        ['take them out again', (page) => changed(page, () => search(page).fill(''))],
        ['filter by a choice', (page) => changed(page, () => page.getByLabel('Checks', { exact: true }).selectOption('failed'))],
        ['clear the filter', (page) => changed(page, () => page.getByRole('button', { name: 'Clear the filter' }).click())],
        [
          'open an entry',
          async (page) => {
            await page.getByRole('grid').getByRole('row').nth(3).click();
            await page.getByRole('heading', { level: 2 }).first().waitFor();
          },
        ],
      ],
      isQuick,
    );
  } finally {
    await desktop?.close();
    rmSync(home, { recursive: true, force: true });
  }
}

const ms = (time: number) => `${time.toFixed(0)} ms`;
