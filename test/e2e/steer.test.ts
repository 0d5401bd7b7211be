import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, type Desktop } from './desktop-app.ts';
import { lookAt } from './look.ts';
import { chooseFrom, go, pasteInto, saveTo } from './pages.ts';

/** Questions about capitals, each with texts of both kinds: small enough to be fitted while one waits. */
const CAPITALS = ['France', 'Norway', 'Japan', 'Egypt', 'Peru', 'Kenya', 'Italy', 'Spain', 'China', 'Cuba', 'Chad', 'Iran'].map(
  (country, at) => ({
    prompt: `${country}'s capital is`,
    true: [['Paris', 'Oslo', 'Tokyo', 'Cairo', 'Lima', 'Nairobi', 'Rome', 'Madrid', 'Beijing', 'Havana', 'Moscow', 'Tehran'][at]],
    false: ['Berlin'],
  }),
);

describe('steering', () => {
  let desktop: Desktop;
  let page: Page;
  const out = mkdtempSync(join(tmpdir(), 'emend-steer-'));
  const main = () => page.getByRole('main');
  const button = (name: string) => main().getByRole('button', { name, exact: true });
  const tab = (name: string) => main().getByRole('tab', { name }).click();

  beforeAll(async () => {
    desktop = await launch();
    page = desktop.page;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.getByLabel('Your name').fill('Ada Lovelace');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'Add Atlas' }).click();
    await page.getByText('Atlas is in the library.').waitFor({ timeout: 60_000 });
    await page.getByRole('navigation').getByRole('link', { name: 'Steer' }).waitFor();
  });
  afterAll(async () => {
    await desktop.close();
    rmSync(out, { recursive: true, force: true });
  });

  it('is fitted on a pair written by keyboard alone', async () => {
    await page.keyboard.press('Control+8');
    await page.getByRole('heading', { level: 1, name: 'Steer' }).waitFor();
    await main().getByText('Nothing is fitted on Atlas yet').waitFor();
    await page.getByLabel('Method').selectOption({ label: 'Activation Addition' });
    await main().getByText('Beware: Pairs whose words do not stand').waitFor();
    expect(await button('Fit').isDisabled()).toBe(true);
    await lookAt(page, 'steer-empty');
    await page.getByLabel('First kind, line 1').focus();
    await page.keyboard.type("Norway's capital is");
    await page.keyboard.press('Tab');
    await page.keyboard.type("Norway's continent is");
    await button('Settings').focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Alignment', { exact: true }).selectOption('back');
    await page.getByLabel('Coefficient', { exact: true }).fill('1');
    await button('Fit').focus();
    await page.keyboard.press('Enter');
    await main().getByText('Nothing judges the places of this steering').waitFor({ timeout: 60_000 });
    await main()
      .getByRole('row', { name: /Alignment back chosen/ })
      .waitFor();
    expect(await page.getByLabel('Alignment', { exact: true }).isVisible()).toBe(false); // what was found is in sight
  });

  it('writes off, on and with random vectors, at the strength of the slider', async () => {
    await tab('Try it');
    await page.getByLabel('Prompt').fill("France's continent is");
    await page.getByLabel('Tokens to write').fill('2');
    await page.keyboard.press('Enter');
    const pane = (name: string) => main().getByRole('region', { name, exact: true });
    await pane('Random vectors of the same length').waitFor({ timeout: 60_000 });
    expect(await pane('Off').innerText()).toContain('Europe');
    expect(await pane('On').innerText()).toContain('Paris');
    expect(await pane('On').locator('mark').first().innerText()).toContain('Paris');
    expect(await pane('Random vectors of the same length').innerText()).toContain('Europe');
    expect(await pane('Tokens that were touched').locator('mark').count()).toBeGreaterThan(2);
    await pane('Tokens that were touched').scrollIntoViewIfNeeded();
    await lookAt(page, 'steer-written');
    const slider = main().getByRole('slider', { name: 'Strength' });
    await slider.focus();
    for (let step = 0; step < 20; step++) await page.keyboard.press('ArrowLeft');
    expect(await slider.getAttribute('aria-valuetext')).toBe('0.00 ×');
    await button('Write').focus();
    await page.keyboard.press('Enter');
    await pane('On').getByText('The same as without steering').waitFor({ timeout: 60_000 });
    await main().getByText('Written at 0.00 × the fitted strength.').waitFor();
  });

  it('says how it goes into an export', async () => {
    await tab('Export');
    await button('Look').click();
    await main()
      .getByRole('row', { name: /the graph/ })
      .first()
      .waitFor({ timeout: 60_000 });
  });

  it('is fitted on a file, with a map of the layers, measured beside its controls', async () => {
    const file = join(out, 'capitals.jsonl');
    writeFileSync(file, CAPITALS.map((one) => JSON.stringify(one)).join('\n'));
    await page.getByLabel('Method').selectOption({ label: 'Difference of means' });
    await chooseFrom(desktop.app, file);
    await button('Choose…').first().click();
    await main().getByText('12 questions with right and wrong answers came with them').waitFor();
    expect(await page.getByLabel('First kind, line 1').inputValue()).toBe("France's capital is Paris");
    await button('Fit').click();
    await main()
      .getByRole('grid', { name: /^Layers: share of held-out texts/ })
      .waitFor({ timeout: 60_000 });
    await main().getByText('Fitted on 9 groups, judged by 3 held out.').waitFor();
    await main().getByRole('grid').scrollIntoViewIfNeeded();
    await lookAt(page, 'steer-map');
    await tab('Measure it');
    await page.getByLabel('Draws of random vectors').fill('1');
    await page.getByLabel('Ordinary texts').fill('2');
    await page.getByLabel('Plain prompt that asks for the same').fill('Answer: ');
    await button('Measure').click();
    const measured = main().getByRole('table', { name: 'Measured beside its controls' });
    await measured.waitFor({ timeout: 120_000 });
    for (const form of ['Without steering', 'Steered', 'Random vectors', 'Shuffled labels', 'Asked for in the prompt'])
      await measured.getByRole('rowheader', { name: form }).waitFor();
    await main()
      .getByText(/^Steered, MC1 goes from \d/)
      .waitFor();
    await measured.scrollIntoViewIfNeeded();
    await lookAt(page, 'steer-measured');
  });

  it('is swept: effect against cost with its controls, as a drawing and as a table', async () => {
    await tab('Strength');
    await page.getByLabel('Strengths').fill('0.5, x');
    await main().getByText('Expected numbers with commas between').waitFor();
    await page.getByLabel('Strengths').fill('0.5, 1');
    await page.getByLabel('Each layer alone').uncheck();
    await button('Sweep').click();
    const table = main().getByRole('table', { name: 'Effect against cost' });
    await table.waitFor({ timeout: 120_000 });
    // Both strengths, no steering, and of the controls random vectors and shuffled labels: the prompt costs no vector.
    expect(await table.getByRole('row').count()).toBe(6);
    await table.scrollIntoViewIfNeeded();
    await lookAt(page, 'steer-swept');
    await saveTo(desktop.app, join(out, 'sweep.csv'));
    await main().getByRole('button', { name: 'CSV' }).click();
    await page.getByText(/^Saved as .*sweep\.csv/).waitFor();
    expect(readFileSync(join(out, 'sweep.csv'), 'utf8').trim().split('\r\n')).toHaveLength(6);
  });

  it('reads a text token by token', async () => {
    await tab('Read a text');
    await page.getByLabel('Text', { exact: true }).fill("Norway's capital is Oslo");
    await button('Read').click();
    const strip = main().getByRole('grid', { name: 'Above and below the threshold, token by token' });
    await strip.waitFor({ timeout: 60_000 });
    await strip.getByRole('gridcell').last().hover();
    await main()
      .getByText(/state \d+: [\d.]+ (above|below) the threshold/)
      .waitFor();
    await main()
      .getByText(/of the texts held out are told rightly by the threshold/)
      .first()
      .waitFor();
    await lookAt(page, 'steer-read');
  });

  it('reads an answer along the same directions while one asks', async () => {
    await go(page, 'Ask');
    await main().getByRole('button', { name: 'Options' }).click();
    await page.getByLabel('Read along', { exact: true }).selectOption({ index: 1 });
    await page.getByRole('textbox', { name: 'Prompt' }).fill("Norway's capital is");
    await page.keyboard.press('Enter');
    const strip = main().getByRole('grid', { name: 'Above and below the threshold, token by token' });
    await strip.waitFor({ timeout: 60_000 });
    // Prompt and answer, each token with a name of its own.
    expect(await strip.getByRole('gridcell').count()).toBeGreaterThan(5);
    await lookAt(page, 'ask-monitor');
    await page.getByLabel('Read along', { exact: true }).selectOption('');
    await strip.waitFor({ state: 'detached' });
    await go(page, 'Steer');
  });

  it('takes rows of a spreadsheet into the table', async () => {
    await button('Empty the table').click();
    await pasteInto(page.getByLabel('First kind, line 1'), 'It is good\tIt is bad\nYes\tNo\n');
    expect(await page.getByLabel('Second kind, line 2').inputValue()).toBe('No');
    await main().getByRole('button', { name: 'Remove line 1' }).click();
    expect(await page.getByLabel('First kind, line 1').inputValue()).toBe('Yes');
  });

  it('is saved, recorded with a reason, and then steers the current version', async () => {
    await page.getByLabel('Steering in sight').selectOption({ index: 1 });
    await main().getByText('Nothing judges the places of this steering').or(main().getByText('Read a text')).first().waitFor();
    await saveTo(desktop.app, join(out, 'pair.safetensors'));
    await button('Save…').click();
    await page.getByText(/^Saved as .*pair\.safetensors/).waitFor();
    await button('Commit…').click();
    const dialog = page.getByRole('dialog', { name: 'Commit the steering' });
    await dialog.getByRole('button', { name: 'Commit', exact: true }).click();
    await dialog.getByText('Say why in a sentence').waitFor();
    await lookAt(page, 'steer-commit');
    await dialog.getByLabel('Reason').fill('Capitals are asked for');
    await dialog.getByRole('button', { name: 'Commit', exact: true }).click();
    await page.getByText('Recorded as entry 2. The current version is steered.').waitFor({ timeout: 60_000 });
    // What was fitted on the version before is of an earlier version now.
    await main().getByText('It was fitted on a version that is no longer the current one').waitFor();
    await button('Discard').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click();
    await main().getByText('Nothing is fitted on Atlas yet').waitFor();
    await go(page, 'Ask');
    await page.getByRole('textbox', { name: 'Prompt' }).fill("Spain's continent is");
    await button('Ask').click();
    await main().getByText('Madrid').first().waitFor({ timeout: 60_000 });
    await go(page, 'Versions');
    await main().getByText('Capitals are asked for').first().waitFor();
    await main().getByRole('button', { name: 'Revert this steering…' }).waitFor();
    await lookAt(page, 'steer-version');
    await go(page, 'Audit log');
    await main()
      .getByRole('row', { name: /Capitals are asked for/ })
      .first()
      .click();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Entry 2' }).waitFor();
    await lookAt(page, 'steer-entry');
  });
});
