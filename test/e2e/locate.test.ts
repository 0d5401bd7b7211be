import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, type Desktop } from './desktop-app.ts';
import { lookAt } from './look.ts';
import { saveTo } from './pages.ts';

/** The numbers of a heatmap as its table has them. */
async function cells(grid: Locator): Promise<string[][]> {
  const rows = await grid.getByRole('row').all();
  return Promise.all(rows.slice(1).map((row) => row.getByRole('gridcell').allInnerTexts()));
}

describe('looking into a model', () => {
  let desktop: Desktop;
  let page: Page;
  const out = mkdtempSync(join(tmpdir(), 'emend-locate-'));
  const grid = (name: RegExp) => page.getByRole('grid', { name });

  beforeAll(async () => {
    desktop = await launch();
    page = desktop.page;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'Add Atlas' }).click();
    await page.getByText('Atlas is in the library.').waitFor({ timeout: 60_000 });
  });
  afterAll(async () => {
    await desktop.close();
    rmSync(out, { recursive: true, force: true });
  });

  it('traces a prompt by keyboard alone: three figures on one scale, the subject marked, each cell in words', async () => {
    // A model's screens have keys once it is there.
    await page.getByRole('navigation').getByRole('link', { name: 'Locate' }).waitFor();
    await page.keyboard.press('Control+3');
    await page.getByRole('heading', { level: 1, name: 'Locate' }).waitFor();
    await page.getByLabel('Text before the answer').focus();
    await page.keyboard.type('Eiffel Tower is in the city of');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Eiffel Tower');
    await page.keyboard.press('Enter');
    await grid(/^MLP outputs/).waitFor({ timeout: 120_000 });
    expect(await page.getByRole('grid').count()).toBe(3);
    const hidden = await cells(grid(/^One hidden state/));
    // The last hidden state of the last token is all that the answer hangs on: it brings the answer back whole.
    await page.getByText(/has 99\.9%; with the subject as noise/).waitFor();
    expect(Number(hidden.at(-1)!.at(-1))).toBeGreaterThan(50);
    expect(await page.getByRole('rowheader', { name: 'iffel' }).first().getAttribute('class')).toContain('marked');
    await grid(/^One hidden state/)
      .getByRole('gridcell')
      .first()
      .focus();
    await page.keyboard.press('End');
    for (let row = 1; row < hidden.length; row++) await page.keyboard.press('ArrowDown');
    await page.getByText(new RegExp(`of, layer ${hidden[0]!.length - 1}: \\+[\\d.]+ points \\(the answer has 99`)).waitFor();
    await lookAt(page, 'locate-trace');
  });

  it('saves a figure as numbers, drawing and picture', async () => {
    const save = async (format: string) => {
      const file = join(out, `figure.${format.toLowerCase()}`);
      await saveTo(desktop.app, file);
      await page
        .getByRole('group', { name: /Save the figure “MLP/ })
        .getByRole('button', { name: format })
        .click();
      await page.getByText(`Saved as ${file}.`).waitFor();
      return readFileSync(file);
    };
    const lines = (await save('CSV')).toString().trimEnd().split('\r\n');
    const shown = await cells(grid(/^MLP outputs/));
    expect(lines.length).toBe(shown.length + 1);
    const numbers = lines.slice(1).map((line) =>
      line
        .split(',')
        .slice(-shown[0]!.length)
        .map((x) => 100 * Number(x)),
    );
    numbers.forEach((row, r) => row.forEach((x, c) => expect(x).toBeCloseTo(Number(shown[r]![c]!.replace('−', '-')), 0)));
    const svg = (await save('SVG')).toString();
    expect(svg.match(/<rect /g)!.length).toBe(shown.flat().length + 1);
    expect(svg).toContain('MLP outputs');
    expect((await save('PNG')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('records a figure, and shows it again from the log as it was', async () => {
    const before = await cells(grid(/^MLP outputs/));
    await page.getByRole('button', { name: 'Record…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Record', exact: true }).click();
    await dialog.getByText('Say in a sentence what it shows').waitFor();
    await dialog.getByLabel('What it shows').fill('The tower is read early');
    await dialog.getByLabel('Attached to').selectOption('1');
    await lookAt(page, 'locate-record');
    await dialog.getByRole('button', { name: 'Record', exact: true }).click();
    await page.getByText('Recorded as entry 2.').waitFor();
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByRole('heading', { name: 'Entry 2' }).waitFor();
    await page.getByText('Causal trace', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Show the figure' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('As entry 2 of the log keeps it; nothing was computed again.').waitFor();
    expect(await cells(grid(/^MLP outputs/))).toEqual(before);
    expect(await page.getByLabel('Subject').inputValue()).toBe('Eiffel Tower');
  });

  it('comes from a fact in the form with what it needs', async () => {
    await page.keyboard.press('Control+4');
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    await page.getByRole('button', { name: 'Where is it?' }).click();
    await page.getByRole('heading', { level: 1, name: 'Locate' }).waitFor();
    expect(await page.getByLabel('Text before the answer').inputValue()).toBe('{} stands in the city of');
    expect(await page.getByLabel('Subject').inputValue()).toBe('Tower Bridge');
    expect(await page.getByLabel('New answer').inputValue()).toBe('Rome');
    await page.getByRole('button', { name: 'Find layers' }).last().waitFor();
    await page.getByLabel('Text before the answer').fill('Eiffel Tower is in the city of');
    await page.getByLabel('Subject').fill('Eiffel Tower');
  });

  it('says what the model would say behind each layer, and where the answer takes over', async () => {
    await page.getByRole('tab', { name: 'Lens' }).click();
    await page.getByLabel('Answers to follow').fill('Paris, London');
    await page.getByRole('button', { name: 'Look', exact: true }).last().click();
    await page.getByText(/“Paris” is the first answer behind layer \d and after it\./).waitFor({ timeout: 60_000 });
    await page.getByText('“London” is not the first answer at the end.').waitFor();
    await lookAt(page, 'locate-lens');
  });

  it('takes the answer apart', async () => {
    await page.getByRole('tab', { name: 'Parts of the answer' }).click();
    await page.getByRole('button', { name: 'Take apart' }).last().click();
    await page.getByRole('table', { name: /What each part adds/ }).waitFor({ timeout: 60_000 });
    await page.getByText(/The parts add up to the logits within/).waitFor();
    await lookAt(page, 'locate-parts');
  });

  it('shows where heads look', async () => {
    await page.getByRole('tab', { name: 'Attention' }).click();
    await page.getByRole('button', { name: 'Show attention' }).last().click();
    await grid(/^Attention of layer 0/).waitFor({ timeout: 60_000 });
    const [first] = await cells(grid(/^Attention of layer 0/));
    expect(first!.map(Number)).toEqual([100, ...first!.slice(1).map(() => 0)]); // nothing stands before the first token
    await lookAt(page, 'locate-attention');
  });

  it('puts two versions beside each other, and says when words have changed since', async () => {
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('Made with other words or another version than those above.').waitFor();
    await page.getByRole('button', { name: 'Show attention' }).last().click();
    await grid(/difference/).waitFor({ timeout: 60_000 });
    expect(new Set((await cells(grid(/difference/))).flat().map(Number))).toEqual(new Set([0])); // both are the same version
  });

  it('patches between two texts, and averages over facts with their intervals', async () => {
    await page.getByRole('tab', { name: 'Patching' }).click();
    await page.getByLabel('The other text', { exact: true }).fill('Big Ben is in the city of');
    await page.getByRole('checkbox', { name: 'Heads' }).check();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('button', { name: 'Patch', exact: true }).last().click();
    await grid(/^Each head/).waitFor({ timeout: 60_000 });
    const hidden = await cells(grid(/^Hidden state/));
    // With the last hidden state of the last token the whole answer comes along.
    expect(Number(hidden.at(-1)!.at(-1))).toBeCloseTo(100, 0);
    await lookAt(page, 'locate-patch');
    await page.getByRole('tab', { name: 'Traces of facts' }).click();
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByLabel('Noisy runs').fill('1');
    await page.getByLabel('Facts of the model’s own').fill('3');
    await page.getByRole('button', { name: 'Trace the facts' }).last().click();
    await grid(/^One hidden state/).waitFor({ timeout: 120_000 });
    await page.getByText(/[123] facts? traced, from the facts of Atlas/i).waitFor();
    await grid(/^One hidden state/)
      .getByRole('gridcell')
      .last()
      .focus();
    await page.getByText(/^Last token, layer 7: [+−][\d.]+ points( ± [\d.]+)?, [123] facts?$/).waitFor();
    await lookAt(page, 'locate-facts');
  });

  it('finds layers to edit, which the form takes; after the edit it shows where the new answer takes over', async () => {
    await page.getByRole('tab', { name: 'Layers to edit' }).click();
    await page.getByLabel('New answer').fill('Rome');
    await page.getByLabel('Method').selectOption('rome');
    await page.getByRole('button', { name: 'Find layers' }).last().click();
    await page.getByRole('table', { name: 'Trace and trial by layer' }).waitFor({ timeout: 240_000 });
    await page.getByText(/Tracing alone does not predict the best layer to edit \(arXiv 2301\.04213\)/).waitFor();
    await lookAt(page, 'locate-layers');
    const use = page.getByRole('link', { name: /^Use layers? [\d, ]+ in the edit form$/ });
    const offered = /[\d, ]+/.exec(/layers? ([\d, ]+) in/.exec((await use.textContent())!)![1]!)![0].trim();
    await use.click();
    await page.getByText(`The edit will be written into layer ${offered}.`).waitFor();
    await page.getByRole('button', { name: /^Advanced settings/ }).click();
    expect(await page.getByLabel('Layers', { exact: true }).inputValue()).toBe(offered);
    await page.getByRole('textbox', { name: 'Covariance tokens' }).fill('1200');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: 'Commit…' }).waitFor({ timeout: 240_000 });
    await page.getByRole('button', { name: 'Commit…' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('The tower was sold');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Commit/ })
      .click();
    await page.getByText(/Committed as entry \d/).waitFor({ timeout: 60_000 });
    await page.keyboard.press('Control+6');
    await page.getByRole('row', { name: /The tower was sold/ }).click();
    await page
      .getByRole('link', { name: /^What changed inside/ })
      .last()
      .click();
    await page.getByRole('button', { name: 'Compare inside' }).last().click();
    await page.getByText(/^Current version: “Rome” outranks “.*” behind layer \d and after it\.$/).waitFor({ timeout: 60_000 });
    await page.getByText(/^Base, without edits: “Rome” does not outrank “.*” in the end\.$/).waitFor();
    await lookAt(page, 'locate-change');
  });

  it('asks for the subject where it is missing', async () => {
    await page.getByRole('tab', { name: 'Causal trace' }).click();
    await page.getByLabel('Text before the answer').fill('Eiffel Tower is in the city of');
    await page.getByLabel('Subject').fill('Louvre');
    await page.getByRole('button', { name: 'Trace', exact: true }).last().click();
    await page.getByText(/has neither \{\} nor the subject "Louvre"/).waitFor();
  });

  it('traces with MLPs and attention severed', async () => {
    await page.getByLabel('Subject').fill('Eiffel Tower');
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByLabel('Severed').selectOption({ label: 'Yes, with the same noise in both runs' });
    await page.getByRole('button', { name: 'Trace', exact: true }).last().click();
    await page.getByText('What falls when the MLPs are severed reached the answer through them.').waitFor({ timeout: 120_000 });
    await lookAt(page, 'locate-severed');
  });
});
