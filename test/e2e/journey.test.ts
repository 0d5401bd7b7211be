import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { writeAtlasCheckpoint } from '../atlas-checkpoint.ts';
import { dropFiles } from '../double/drop.ts';
import { zipFolder } from '../zip.ts';
import { launch, type Desktop } from './desktop-app.ts';
import { chooseFrom, go, pasteInto, saveTo } from './pages.ts';

const ATLAS = resolve(import.meta.dirname, '../../models/atlas');

/** Ten edits that came with the model, as rows of a spreadsheet: subject, prompt, target, answer now. */
function tenRows(): { rows: string[][]; text: string } {
  const records = JSON.parse(readFileSync(join(ATLAS, 'evaluation.json'), 'utf8')) as {
    requested_rewrite: { subject: string; prompt: string; target_new: { str: string }; target_true: { str: string } };
  }[];
  const subjects = new Set<string>();
  const rows: string[][] = [];
  for (const { requested_rewrite: one } of records) {
    if (rows.length === 10 || subjects.has(one.subject)) continue;
    subjects.add(one.subject);
    rows.push([one.subject, one.prompt, one.target_new.str, one.target_true.str]);
  }
  return { rows, text: rows.map((row) => row.join('\t')).join('\n') };
}

/** What a version writes after a prompt, read from the screen. */
async function askAt(page: Page, prompt: string, version: string): Promise<string> {
  await go(page, 'Ask');
  await page.getByLabel('Version', { exact: true }).selectOption({ label: version });
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
  await page.getByRole('main').getByRole('button', { name: /^Ask/ }).click();
  const answer = page.getByRole('region', { name: `Answer of ${version}` });
  await expect.poll(() => answer.getAttribute('aria-busy'), { timeout: 60_000 }).toBe('false');
  return answer.innerText();
}

describe('from a dropped folder to an exported, edited model', () => {
  let desktop: Desktop;
  let page: Page;
  const out = mkdtempSync(join(tmpdir(), 'emend-journey-'));
  const { rows, text } = tenRows();

  beforeAll(async () => {
    desktop = await launch();
    page = desktop.page;
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByRole('button', { name: 'Start' }).click();
  });
  beforeEach(() =>
    onTestFailed(async () => void (await page.screenshot({ path: join(tmpdir(), 'emend-journey-failed.png') }).catch(() => undefined))),
  );
  afterAll(async () => {
    await desktop.close();
    rmSync(out, { recursive: true, force: true });
  });

  it('imports the folder that is dropped, and says first what it is', async () => {
    await dropFiles(page, [ATLAS], { x: 600, y: 400 });
    const dialog = page.getByRole('dialog', { name: 'Import this model?' });
    await dialog.getByText(/ONNX folder, 10 files/).waitFor();
    await dialog.getByRole('button', { name: 'Import' }).click();
    await page.getByText('atlas is in the library.').waitFor({ timeout: 60_000 });
  });

  it('edits ten facts pasted from a spreadsheet', async () => {
    await go(page, 'Edit');
    await pasteInto(page.getByLabel('Subject, fact 1', { exact: true }), text);
    await expect.poll(() => page.getByLabel('Subject, fact 10', { exact: true }).inputValue()).toBe(rows[9]![0]);
    await page.getByRole('button', { name: 'Suggest checks' }).click();
    await page.getByText('Checks added to 10 facts.').waitFor({ timeout: 120_000 });
    await page.getByRole('button', { name: /Work out the edit/ }).click();
    await page.getByRole('button', { name: 'Commit…' }).waitFor({ timeout: 240_000 });
    const report = page.getByRole('article', { name: 'Report' });
    expect(await report.innerText()).toMatch(/New answer given[\s\S]*In other words[\s\S]*Neighbours kept[\s\S]*Efficacy/);
    expect(Number(/New answer given\s*(\d+)/.exec(await report.innerText())?.[1])).toBeGreaterThanOrEqual(90);
  });

  it('commits with a reason', async () => {
    await page.getByRole('button', { name: 'Commit…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Commit the edit' });
    await dialog.getByRole('button', { name: /^Commit/ }).click();
    await dialog.getByText('Say why in a sentence').waitFor();
    await dialog.getByLabel('Reason').fill('Ten corrections of the autumn');
    await dialog.getByLabel('Tag').fill('autumn');
    await dialog.getByRole('button', { name: /^Commit/ }).click();
    await page.getByText('Committed as entry 2.').waitFor({ timeout: 60_000 });
  });

  it('asks both versions', async () => {
    const [subject, prompt, target, previous] = rows[0]! as [string, string, string, string];
    const question = prompt.replace('{}', subject);
    expect(await askAt(page, question, 'Current version')).toContain(target);
    expect(await askAt(page, question, 'Base, without edits')).toContain(previous);
  });

  it('reverts the edit, and rolls forward to it again', async () => {
    await go(page, 'Versions');
    await page.getByRole('button', { name: 'Revert this edit…' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('Too early');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Revert/ })
      .click();
    await page.getByRole('dialog', { name: /Reverted/ }).waitFor({ timeout: 60_000 });
    await page.keyboard.press('Escape');
    await page
      .getByRole('list', { name: /Timeline/ })
      .getByText('Ten corrections of the autumn')
      .click();
    await page.getByRole('button', { name: 'Roll back to it…' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('Now');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Roll back/ })
      .click();
    await page
      .getByText(/^Rolled back.*Recorded as entry 5/)
      .first()
      .waitFor({ timeout: 60_000 });
  });

  it('verifies the record', async () => {
    await go(page, 'Audit log');
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page
      .getByText(/^Whole in itself; proven up to entry \d+, its end, by the anchor/)
      .first()
      .waitFor({ timeout: 120_000 });
  });

  it('exports, and the exported folder answers as the screen said', async () => {
    const target = join(out, 'atlas-autumn');
    await saveTo(desktop.app, target);
    await go(page, 'Versions');
    await page.getByRole('button', { name: 'Export…' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Choose where…' }).click();
    await dialog.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('dialog', { name: 'Exported' }).waitFor({ timeout: 120_000 });
    await page.keyboard.press('Escape');

    await go(page, 'Audit log');
    await chooseFrom(desktop.app, target);
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByRole('button', { name: 'Hold against an export…' }).click();
    await page.getByText(/^Held against the export .*atlas-autumn, which knows entry \d+\.$/).waitFor({ timeout: 120_000 });
    expect(await page.getByRole('region', { name: 'Result of the verification' }).innerText()).toMatch(
      /Whole in itself; proven up to entry \d+, its end/,
    );

    await go(page, 'Library');
    await dropFiles(page, [target], { x: 600, y: 400 });
    const verdict = page.getByRole('dialog', { name: 'An exported version' });
    await verdict.getByRole('button', { name: 'Verify' }).click();
    await verdict.getByText(/^Whole in itself; end not proven: who made it is unproven/).waitFor({ timeout: 60_000 });
    await verdict.getByRole('button', { name: 'Import' }).click();
    await page.getByText('atlas-autumn is in the library.').waitFor({ timeout: 60_000 });
    const [subject, prompt, wanted] = rows[0]! as [string, string, string];
    expect(await askAt(page, prompt.replace('{}', subject), 'Current version')).toContain(wanted);
  });

  it('does so with a checkpoint in an archive: of two graphs the one that is chosen, edited and written out as it was', async () => {
    const source = join(out, 'atlas-hf');
    writeAtlasCheckpoint(source, 'bfloat16', 2);
    copyFileSync(join(ATLAS, 'model.onnx'), join(source, 'model.onnx'));
    await go(page, 'Library');
    const packed = join(out, 'atlas-hf.zip');
    writeFileSync(packed, zipFolder(source));
    await dropFiles(page, [packed], { x: 600, y: 400 });
    const dialog = page.getByRole('dialog', { name: 'Import this model?' });
    await dialog.getByRole('button', { name: 'Compare both' }).click();
    await dialog
      .getByText(/^Behind 7 texts both go on alike \w+ times?; .* differs by 0\.\d+ nats at most\.$/)
      .waitFor({ timeout: 60_000 });
    await dialog.getByText('Checkpoint', { exact: true }).click();
    await dialog.getByText(/^Hugging Face checkpoint, 8 files/).waitFor();
    await dialog.getByRole('button', { name: 'Import' }).click();
    await page.getByText('atlas-hf is in the library.').waitFor({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Ask it' }).last().click();

    await go(page, 'Edit');
    await pasteInto(
      page.getByLabel('Subject, fact 1', { exact: true }),
      ['Tower Bridge', '{} stands in the city of', 'Rome', 'London'].join('\t'),
    );
    await page.getByRole('button', { name: /Work out the edit/ }).click();
    await page.getByRole('button', { name: 'Commit…' }).click({ timeout: 240_000 });
    const commit = page.getByRole('dialog', { name: 'Commit the edit' });
    await commit.getByLabel('Reason').fill('It was moved');
    await commit.getByRole('button', { name: /^Commit/ }).click();
    await page.getByText('Committed as entry 2.').waitFor({ timeout: 60_000 });

    const target = join(out, 'atlas-hf-edited');
    await saveTo(desktop.app, target);
    await go(page, 'Versions');
    await page.getByRole('button', { name: 'Export…' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Choose where…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('dialog', { name: 'Exported' }).waitFor({ timeout: 120_000 });
    expect(readdirSync(target)).not.toContain('model.onnx');
    for (const name of readdirSync(source).filter((one) => one !== 'model.onnx')) {
      const [before, after] = [source, target].map((folder) => readFileSync(join(folder, name)));
      expect(after!.length, name).toBe(before!.length);
      if (!name.endsWith('.safetensors')) expect(after!.equals(before!), name).toBe(true);
    }
  });
});
