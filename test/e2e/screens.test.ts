import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dropFiles } from '../double/drop.ts';
import { launch, until, type Desktop } from './desktop-app.ts';
import { lookAt } from './look.ts';
import { go, pasteInto, saveTo } from './pages.ts';

// Every screen of the real application, light and dark, looked through by axe; with EMEND_SHOTS=folder a picture of each is saved.

const ATLAS = resolve(import.meta.dirname, '../../models/atlas');
interface Rewrite {
  subject: string;
  prompt: string;
  target_new: { str: string };
  target_true: { str: string };
}

/** Edits that came with the model, each about another subject. */
function sampleFacts(wanted: number): Rewrite[] {
  const records = JSON.parse(readFileSync(join(ATLAS, 'evaluation.json'), 'utf8')) as { requested_rewrite: Rewrite }[];
  return [...new Map(records.map(({ requested_rewrite: one }) => [one.subject, one])).values()].slice(0, wanted);
}

describe('every screen, light and dark', () => {
  let desktop: Desktop;
  let page: Page;
  /** What goes wrong in the page. */
  const errors: string[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'emend-screens-'));
  const facts = sampleFacts(4);
  const [asked] = facts as [Rewrite];
  let taken = 0;

  beforeAll(async () => {
    desktop = await launch();
    page = desktop.page;
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.addInitScript(
      "violations = []; addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + " +
        'event.blockedURI))',
    );
    await page.reload();
    await until(page, "typeof emend === 'object' && document.readyState === 'complete'");
  });
  afterEach(async () => {
    expect(errors.splice(0)).toEqual([]);
    expect(await page.evaluate('violations')).toEqual([]);
  });
  afterAll(async () => {
    await desktop.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  const main = () => page.getByRole('main');
  const dialog = () => page.locator('dialog[open]');

  const look = (name: string) => lookAt(page, `${String(++taken).padStart(2, '0')}-${name}`);

  it('the library', async () => {
    await page.getByRole('dialog', { name: 'Who is editing?' }).waitFor();
    await look('author');
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('Correct a first fact').waitFor();
    await look('library-empty');

    const odd = join(scratch, 'holiday.png');
    writeFileSync(odd, 'not a model');
    await dropFiles(page, [odd], { x: 600, y: 400 });
    await dialog()
      .getByText(/Emend cannot use this|cannot be read/)
      .first()
      .waitFor();
    await look('import-refused');
    await page.keyboard.press('Escape');

    await dropFiles(page, [ATLAS], { x: 600, y: 400 });
    await dialog().getByRole('button', { name: 'Import' }).waitFor();
    await look('import-verdict');
    await dialog().getByRole('button', { name: 'Import' }).click();
    await page.getByText('atlas is in the library.').waitFor({ timeout: 60_000 });
    await go(page, 'Library');
    await look('library');
    await page.getByRole('button', { name: 'Details of atlas' }).click();
    await dialog().getByText('Architecture').waitFor();
    await look('details-overview');
    for (const tab of ['Layers', 'Files', 'Notices']) {
      await dialog().getByRole('tab', { name: tab }).click();
      await look(`details-${tab.toLowerCase()}`);
    }
    await page.keyboard.press('Escape');
  });

  it('the edit form and a job', async () => {
    await go(page, 'Edit');
    await page.getByLabel('Subject, fact 1', { exact: true }).waitFor();
    await look('edit-empty');
    const rows = facts.map(({ subject, prompt, target_new: wanted, target_true: now }) =>
      [subject, prompt, wanted.str, now.str].join('\t'),
    );
    await pasteInto(page.getByLabel('Subject, fact 1', { exact: true }), [...rows, 'Atlantis\t{} lies in\t\t'].join('\n'));
    await page.getByRole('button', { name: 'Suggest checks' }).click();
    await page.getByText(/Checks added to \d facts/).waitFor({ timeout: 120_000 });
    await page.getByLabel('Subject, fact 2', { exact: true }).press('Shift+ArrowDown');
    await page.keyboard.press('Control+F');
    await look('edit-facts');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Advanced settings' }).click();
    await page.getByRole('button', { name: 'What is Clamp?' }).click();
    await look('edit-advanced');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Advanced settings' }).click();
    await page.getByLabel('Subject, fact 5', { exact: true }).focus();
    await look('edit-unfinished');
    await page.keyboard.press('Control+Delete');
    await page.getByLabel('Measure fluency').check();
    await page.getByRole('button', { name: /Work out the edit/ }).click();
    await page.getByRole('progressbar', { name: 'Working the edit out' }).waitFor();
    await look('edit-running');
    await page.keyboard.press('Control+J');
    await page.getByRole('region', { name: 'Jobs' }).waitFor();
    await look('jobs');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Commit…' }).waitFor({ timeout: 240_000 });
  });

  it('the report and the commit', async () => {
    await look('report');
    await page.getByRole('heading', { name: 'Facts', exact: true }).scrollIntoViewIfNeeded();
    await page
      .getByRole('article', { name: 'Report' })
      .getByRole('button', { name: new RegExp(asked.subject) })
      .first()
      .click();
    await look('report-facts');
    await page.getByRole('heading', { name: /Settings used/ }).scrollIntoViewIfNeeded();
    await look('report-settings');
    await page.getByRole('link', { name: 'Form' }).click();
    await page.getByRole('heading', { name: /Drafts/ }).waitFor();
    await look('edit-draft');
    await page.getByRole('link', { name: /^Open (?!it$)/ }).click();
    await page.getByRole('button', { name: 'Commit…' }).click();
    await dialog()
      .getByRole('button', { name: /^Commit/ })
      .click();
    await dialog().getByText('Say why in a sentence').waitFor();
    await look('commit');
    await dialog().getByLabel('Reason').fill('Four corrections of the autumn');
    await dialog().getByLabel('Tag').fill('autumn');
    await dialog()
      .getByRole('button', { name: /^Commit/ })
      .click();
    await page.getByText('Committed as entry 2.').waitFor({ timeout: 60_000 });
    await look('committed');
  });

  it('asking', async () => {
    await go(page, 'Ask');
    await look('ask-empty');
    const ask = async () => {
      await main().getByRole('button', { name: /^Ask/ }).click();
      await until(page, "document.querySelector('section[aria-busy]') && !document.querySelector('section[aria-busy=true]')");
    };
    await page.getByRole('textbox', { name: 'Prompt' }).fill(asked.prompt.replace('{}', asked.subject));
    await ask();
    await look('ask-answered');
    await page.getByRole('radio', { name: 'Certainty' }).check({ force: true });
    await page.getByRole('button', { name: 'Options' }).click();
    await look('ask-certainty');
    await page.getByRole('button', { name: 'Options' }).click();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByLabel('Compared with').selectOption({ label: 'Base, without edits' });
    await ask();
    await page.getByRole('radio', { name: 'Differences' }).check({ force: true });
    await look('ask-compared');
    await page.getByRole('radio', { name: 'Numbers' }).check({ force: true });
    await look('ask-numbers');
    await page.getByRole('button', { name: 'Compare' }).click();
  });

  it('an error with what to do', async () => {
    await go(page, 'Versions');
    await page.evaluate("location.hash = location.hash.replace(/[/]versions.*/, '/ask?version=spring')");
    await page.getByRole('heading', { level: 1, name: 'Ask' }).waitFor();
    await page.getByText('There is no version spring; the current one is chosen.').waitFor();
    expect(await page.getByLabel('Version', { exact: true }).inputValue()).toBe('current');
    await page.getByRole('textbox', { name: 'Prompt' }).fill('word '.repeat(500));
    await main().getByRole('button', { name: /^Ask/ }).click();
    await main().getByRole('alert').waitFor();
    await look('error');
    await page.getByRole('textbox', { name: 'Prompt' }).fill('');
  });

  it('the versions', async () => {
    await go(page, 'Versions');
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.getByText('Checked. Recorded').waitFor({ timeout: 120_000 });
    await look('versions');
    await page.getByRole('button', { name: 'Revert this edit…' }).click();
    await dialog().getByLabel('Reason').waitFor();
    await look('revert');
    await dialog().getByLabel('Reason').fill('Too early');
    await dialog()
      .getByRole('button', { name: /^Revert/ })
      .click();
    await page.getByRole('dialog', { name: /Reverted/ }).waitFor({ timeout: 60_000 });
    await look('reverted');
    await page.keyboard.press('Escape');
    await page
      .getByRole('list', { name: /Timeline/ })
      .getByText('Four corrections of the autumn')
      .click();
    await page.getByRole('button', { name: 'Roll back to it…' }).click();
    await look('rollback');
    await dialog().getByLabel('Reason').fill('Now it is time');
    await dialog()
      .getByRole('button', { name: /^Roll back/ })
      .click();
    await page
      .getByText(/^Rolled back.*Recorded as entry/)
      .first()
      .waitFor({ timeout: 60_000 });
    await look('versions-several');
    await page.getByRole('button', { name: 'Compare…' }).click();
    await page.getByRole('heading', { name: 'Weights' }).waitFor({ timeout: 60_000 });
    await look('versions-compare');
    await page.getByRole('button', { name: 'Close the comparison' }).click();
    await page.getByRole('button', { name: 'Over the versions' }).click();
    await page.getByRole('table', { name: 'Drift' }).waitFor();
    await look('versions-course');
    await page.getByRole('button', { name: 'Close the figures' }).click();
  });

  it('an export', async () => {
    await saveTo(desktop.app, join(scratch, 'atlas-autumn'));
    await page.getByRole('button', { name: 'Export…' }).first().click();
    await dialog().getByRole('button', { name: 'Choose where…' }).click();
    await dialog()
      .getByText(/atlas-autumn/)
      .first()
      .waitFor();
    await look('export');
    await dialog().getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('dialog', { name: 'Exported' }).waitFor({ timeout: 120_000 });
    await look('exported');
    await page.keyboard.press('Escape');
  });

  it('the audit log', async () => {
    await go(page, 'Audit log');
    await page
      .getByRole('row', { name: /Four corrections/ })
      .first()
      .waitFor();
    await look('log');
    await page
      .getByRole('row', { name: /Four corrections/ })
      .first()
      .click();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Entry 2' }).waitFor();
    await look('log-entry');
    await page.getByRole('button', { name: 'View Report' }).click();
    await dialog().getByText('Efficacy').first().waitFor();
    await look('log-evidence');
    await page.keyboard.press('Escape');
    await page
      .getByRole('row', { name: /\bCheck\b/ })
      .first()
      .click();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Entry 4' }).waitFor();
    await page.getByRole('button', { name: 'View Report' }).click();
    await page.getByRole('dialog', { name: 'Check report' }).getByText(asked.subject).first().click();
    await look('log-check');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page
      .getByText(/^Whole in itself; proven up to entry \d+, its end, by the anchor/)
      .first()
      .waitFor({ timeout: 120_000 });
    await look('log-verified');
    await page.getByRole('button', { name: 'Export…', exact: true }).click();
    await look('log-export');
    await page.keyboard.press('Escape');
  });

  it('the facts', async () => {
    await go(page, 'Facts');
    await main()
      .getByRole('row', { name: new RegExp(asked.subject) })
      .waitFor();
    await look('facts');
  });

  it('the steering', async () => {
    await go(page, 'Steer');
    await main().getByText('Nothing is fitted on atlas yet').waitFor();
    await page.getByLabel('Built-in texts').selectOption({ index: 1 });
    await main()
      .getByText(/questions with right and wrong answers came with them/)
      .waitFor();
    await look('steer');
  });

  it('the rest of the window', async () => {
    await go(page, 'Settings');
    await look('settings');
    await page.getByRole('heading', { name: 'This computer' }).scrollIntoViewIfNeeded();
    await look('settings-below');
    await go(page, 'Glossary');
    await look('glossary');
    await go(page, 'Settings');
    await page.keyboard.press('Control+K');
    await page.getByRole('combobox', { name: 'Commands' }).waitFor();
    await look('palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+/');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await look('shortcuts');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+J');
    await page.getByRole('region', { name: 'Jobs' }).waitFor();
    await look('jobs-ended');
    await page.keyboard.press('Escape');
    await go(page, 'Library');
    await look('library-edited');
  });
});
