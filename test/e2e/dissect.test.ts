import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SIZE, trainClassifier } from '../classifier.ts';
import { type Desktop, launch } from './desktop-app.ts';
import { lookAt, looksSound } from './look.ts';
import { chooseFrom, saveTo } from './pages.ts';
import { type SamplePage, samplePage } from './sample-page.ts';

/** The Dissect screen: with sample data behind it, by keyboard, and in the application on real models. */
const ATLAS = 'a71a5000'.repeat(8);
let sample: SamplePage;
let page: Page;

async function open(): Promise<void> {
  page = await sample.open(`#/model/${ATLAS}/dissect`);
  await page.getByRole('heading', { level: 1, name: 'Dissect' }).waitFor();
}

const table = (name: string) => page.getByRole('table', { name });
const units = () => page.getByRole('grid', { name: 'Units' });

async function dissect(): Promise<void> {
  await page.getByRole('button', { name: 'Dissect', exact: true }).focus();
  await page.keyboard.press('Enter');
  await table('Detectors by layer').waitFor();
}

describe('neurons of a language model', () => {
  beforeAll(async () => {
    sample = await samplePage();
  });
  afterAll(() => sample.close());
  afterEach(async () => {
    await page.context().close();
    expect(sample.errors).toEqual([]);
  });

  it('says what will come, and is sound before anything was dissected', async () => {
    await open();
    await page.getByRole('heading', { name: /^Find what the units of .* stand for$/ }).waitFor();
  });

  it('shows detectors beside the control, lists units, opens one and takes it out, by keyboard alone', async () => {
    await open();
    await dissect();
    const layer = table('Detectors by layer').getByRole('row').nth(2);
    expect(await layer.getByRole('cell').allTextContents()).toEqual(['18', '1, 0, 2', '1', '60', '6']);
    await units().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Unit 3.0' }).waitFor();
    await page.getByText('Detector of subject: city').waitFor();
    expect(await table('Where it is strongest').getByRole('row').nth(1).textContent()).toContain('asel');
    await page.getByRole('button', { name: 'Take it out' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(/\+0\.0004\d* nats on average/).waitFor();
    expect(await table('Answers that changed most').getByRole('row').nth(1).textContent()).toContain('Vienna is a city in');
    await looksSound(page);
  });

  it('sorts, filters, and shows units that are no detectors', async () => {
    await open();
    await dissect();
    const first = () => units().getByRole('row').nth(1).textContent();
    await page.getByText('36 units', { exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'Layer' }).selectOption('4');
    await page.getByText('18 units', { exact: true }).waitFor();
    expect(await first()).toContain('4.0');
    await page.getByRole('checkbox', { name: 'Units that are no detectors too' }).check();
    await page.getByText('60 units', { exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'Concept' }).last().selectOption({ label: 'country' });
    await page.getByText('20 units', { exact: true }).waitFor();
    expect(await first()).toContain('No detector');
  });

  it('can be stopped, and refuses layers that are no numbers', async () => {
    await open();
    await page.getByRole('textbox', { name: 'Layers' }).fill('first');
    await page.getByText('Write whole numbers with commas between').waitFor();
    expect(await page.getByRole('button', { name: 'Dissect', exact: true }).isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: 'Layers' }).fill('3, 4');
    await page.getByRole('button', { name: 'Dissect', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' });
    expect(await table('Detectors by layer').count()).toBe(0);
  });

  it('keeps what was found while one is elsewhere, and saves it', async () => {
    await open();
    await dissect();
    await page.keyboard.press('Control+1');
    await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor();
    await page.keyboard.press('Control+7');
    await table('Detectors by layer').waitFor();
    await page.getByRole('group', { name: 'Save as CSV' }).getByRole('button', { name: 'Units' }).click();
    await page.getByText('120 rows saved in /home/ada/units.csv.').waitFor();
  });
});

describe('in the application', () => {
  let desktop: Desktop;
  let window: Page;
  /** What goes wrong in the page. */
  const errors: string[] = [];
  const out = mkdtempSync(join(tmpdir(), 'emend-dissect-'));
  const classifier = trainClassifier(out);
  const table = (name: string) => window.getByRole('table', { name });
  const units = () => window.getByRole('grid', { name: 'Units' });

  beforeAll(async () => {
    desktop = await launch();
    window = desktop.page;
    window.on('pageerror', (error) => errors.push(error.message));
    await window.emulateMedia({ reducedMotion: 'reduce' });
    await window.getByLabel('Your name').fill('Ada Lovelace');
    await window.getByRole('button', { name: 'Start' }).click();
    await window.getByRole('button', { name: 'Add Atlas' }).click();
    await window.getByText('Atlas is in the library.').waitFor({ timeout: 60_000 });
    // A model's screens have keys once it is there.
    await window.getByRole('navigation').getByRole('link', { name: 'Dissect' }).waitFor();
  });
  afterEach(() => expect(errors.splice(0)).toEqual([]));
  afterAll(async () => {
    await desktop.close();
    rmSync(out, { recursive: true, force: true });
  });

  async function openFirst(): Promise<void> {
    await units().focus();
    await window.keyboard.press('ArrowDown');
    await window.keyboard.press('Enter');
    await window.locator('#dissect-unit').waitFor();
  }

  it('dissects the language model, keeps it in the log, and shows it again from there', async () => {
    await window.keyboard.press('Control+7');
    await window.getByRole('textbox', { name: 'Layers' }).fill('4');
    await window.getByRole('button', { name: 'Dissect', exact: true }).click();
    await table('Detectors by layer').waitFor({ timeout: 120_000 });
    const line = (await table('Detectors by layer').getByRole('row').nth(1).getByRole('cell').allTextContents()).map((text) => text.trim());
    const chance = line[1]!.split(', ').map(Number);
    expect(Number(line[0])).toBeGreaterThan(10 * Math.max(...chance, 1));
    await openFirst();
    await window.getByText(/^Detector of subject: city$/).waitFor();
    await window.getByRole('button', { name: 'Take it out' }).click();
    await window.getByText(/−log p of \d+ tokens that carry subject: city/).waitFor({ timeout: 60_000 });
    await lookAt(window, 'dissect-model');
    const shown = await table('Detectors by concept').innerText();
    await window.getByRole('button', { name: 'Record…' }).click();
    await window.getByRole('dialog').getByLabel('What it shows').fill('Cities have units');
    await window.getByRole('dialog').getByRole('button', { name: 'Record', exact: true }).click();
    await window.getByRole('button', { name: 'Open', exact: true }).click();
    await window.getByRole('link', { name: 'Show the figure' }).click();
    await window.getByText('As entry 2 of the log keeps it; nothing was computed again.').waitFor();
    expect(await table('Detectors by concept').innerText()).toBe(shown);
    await openFirst();
    expect(await window.getByRole('button', { name: 'Take it out' }).count()).toBe(0);
  });

  it('dissects an image classifier, shows the pictures that a unit is strongest at, and saves them', async () => {
    await window.getByRole('radio', { name: 'An image classifier' }).check({ force: true });
    const go = window.getByRole('button', { name: 'Dissect', exact: true });
    expect(await go.isDisabled()).toBe(true);
    const choose = window.getByRole('button', { name: 'Choose…' });
    await chooseFrom(desktop.app, classifier.graph);
    await choose.first().click();
    await window.getByRole('combobox', { name: 'Layer' }).first().waitFor();
    await chooseFrom(desktop.app, classifier.data);
    await choose.last().click();
    await go.click();
    await window.getByRole('heading', { name: 'Units of model.onnx' }).waitFor({ timeout: 60_000 });
    await window.getByText("1 of 24 pictures were brought to the network's 16 × 16 pixels.").waitFor();
    await openFirst();
    await window.getByText(/^Detector of color: (red|green|blue)$/).waitFor();
    const picture = window.getByRole('img', { name: /^\d+\.(png|jpg): bright where the unit is on/ }).first();
    await expect.poll(() => picture.locator('canvas').evaluate((canvas) => (canvas as unknown as { width: number }).width)).toBe(SIZE);
    const save = async (format: string) => {
      const file = join(out, `unit.${format.toLowerCase()}`);
      await saveTo(desktop.app, file);
      await window
        .getByRole('group', { name: /^Save the figure “Unit .*: the pictures/ })
        .getByRole('button', { name: format })
        .click();
      await window.getByText(`Saved as ${file}.`).waitFor();
      return readFileSync(file);
    };
    expect((await save('SVG')).toString().match(/<image [^>]*href="data:image\/png;base64,/g)).toHaveLength(20);
    const png = PNG.sync.read(await save('PNG'));
    // Some of it is coloured, and not paper, ink or grey.
    expect(png.data.some((level, at) => at % 4 === 0 && Math.abs(level - png.data[at + 1]!) > 100)).toBe(true);
    expect((await save('CSV')).toString().split('\r\n')[0]).toBe(',Activation,share');
    await lookAt(window, 'dissect-images');
  });
});
