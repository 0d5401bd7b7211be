import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SamplePage, samplePage } from './sample-page.ts';

/** The Dissect screen with sample data behind it, by keyboard. */
const ATLAS = 'a71a5000'.repeat(8);
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
let sample: SamplePage;
let page: Page;

beforeAll(async () => {
  sample = await samplePage();
});
afterAll(() => sample.close());
afterEach(async () => {
  await page.context().close();
  expect(sample.errors).toEqual([]);
});

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

async function looksSound(): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page: page as never }).withTags(WCAG).analyze();
    expect(violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes[0]?.html}`)).toEqual([]);
  }
}

describe('neurons of a language model', () => {
  it('says what will come, and is sound before anything was dissected', async () => {
    await open();
    await page.getByRole('heading', { name: /^Find what the units of .* stand for$/ }).waitFor();
    await looksSound();
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
    await looksSound();
    await page.getByRole('button', { name: 'Take it out' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('+0.00044 nats on average').waitFor();
    expect(await table('Answers that changed most').getByRole('row').nth(1).textContent()).toContain('Vienna is a city in');
    await looksSound();
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

describe('an image classifier', () => {
  it('shows the pictures that a unit is strongest at', async () => {
    await open();
    await page.getByRole('radio', { name: 'An image classifier' }).check({ force: true });
    const go = page.getByRole('button', { name: 'Dissect', exact: true });
    expect(await go.isDisabled()).toBe(true);
    for (const which of await page.getByRole('button', { name: 'Choose…' }).all()) await which.click();
    await dissect();
    await units().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const picture = page.getByRole('img', { name: '0.png: bright where the unit is on (25.0% of the picture)' });
    await picture.waitFor();
    await expect.poll(() => picture.locator('canvas').evaluate((canvas) => (canvas as unknown as { width: number }).width)).toBe(1);
    await looksSound();
  });
});
