import type { Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { looksSound } from './look.ts';
import { go, pasteInto } from './pages.ts';
import { type SamplePage, samplePage } from './sample-page.ts';

const ATLAS = 'a71a5000'.repeat(8);

/** The form by its keys alone, in the page with sample data. */
describe('the edit form', () => {
  let sample: SamplePage;
  let page: Page;

  beforeAll(async () => {
    sample = await samplePage();
  });
  afterAll(() => sample.close());
  beforeEach(() => open('?edits=none'));
  afterEach(async () => {
    await page.context().close();
    expect(sample.errors).toEqual([]);
  });

  async function open(query: string, words = ''): Promise<void> {
    await page?.context().close();
    page = await sample.open(`${query}#/model/${ATLAS}/edit${words}`);
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

  it('selects several rows by keys and by pointer, copies, duplicates and removes them, and takes that back', async () => {
    await pasteInto(cell('Subject', 1), 'A\t{} lies in\tRome\nB\t{} lies in\tBonn\nC\t{} lies in\tOslo\nD\t{} lies in\tParis');
    const selected = () => page.getByRole('row', { selected: true }).count();
    await cell('Subject', 2).focus();
    await press('Shift+ArrowDown');
    await page.getByText('2 of 4 rows selected.').waitFor();
    await cell('New answer', 4).click({ modifiers: ['ControlOrMeta'] });
    await expect.poll(selected).toBe(3);
    await press('Control+.');
    await expect.poll(selected).toBe(2);
    await page.evaluate("addEventListener('copy', (event) => (copied = event.clipboardData.getData('text/plain')))");
    await press('Control+C');
    expect(await page.evaluate('copied')).toBe('B\t{} lies in\tBonn\t\nC\t{} lies in\tOslo\t');
    await press('Control+D');
    expect((await rows()).map((row) => row[0])).toEqual(['A', 'B', 'C', 'B', 'C', 'D']);
    await press('Control+Delete');
    expect((await rows()).map((row) => row[0])).toEqual(['A', 'B', 'C', 'D']);
    await press('Control+Z', 'Control+Z');
    await cell('Subject', 1).focus();
    await press('Control+A', 'Control+A', 'Control+Delete');
    expect(await rows()).toEqual(['|||']);
    await press('Control+Z');
    expect(await rows()).toHaveLength(4);
  });

  it('is sorted without moving the facts or losing what is wrong, and finds a cell', async () => {
    await pasteInto(cell('Subject', 1), 'Zoo\t{} is in\tRome\nMall\t{} is in\tBonn\nMall\t{} is in\tOslo\nAbbey\t{} is in\tParis');
    await expect.poll(() => cell('New answer', 3).getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('columnheader', { name: 'Subject' }).getByRole('button').click();
    await page.getByText('Shown sorted by subject, ascending; the edit takes the facts by their numbers.').waitFor();
    expect((await rows()).map((row) => row.split('|')[0])).toEqual(['Abbey', 'Mall', 'Mall', 'Zoo']);
    expect(await page.getByRole('columnheader', { name: 'Subject' }).getAttribute('aria-sort')).toBe('ascending');
    expect(await cell('New answer', 3).getAttribute('aria-invalid')).toBe('true');
    expect(await cell('New answer', 2).getAttribute('aria-invalid')).toBeNull();
    await cell('Subject', 4).focus();
    await press('Control+F');
    await page.keyboard.type('oslo');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await press('Escape');
    await expect.poll(focused).toBe('New answer, fact 3');
    await page.getByRole('button', { name: 'As given' }).click();
    expect((await rows()).map((row) => row.split('|')[0])).toEqual(['Zoo', 'Mall', 'Mall', 'Abbey']);
  });

  it('has columns and a panel that are made wider by keys and by dragging, and stay so', async () => {
    await cell('Subject', 1).fill('Louvre');
    const width = async () => (await cell('Subject', 1).boundingBox())!.width;
    const before = await width();
    await cell('Subject', 1).focus();
    await press('ArrowUp');
    await press('Shift+ArrowRight', 'Shift+ArrowRight');
    await expect.poll(async () => Math.round((await width()) - before)).toBe(32);
    const edge = page.getByRole('separator', { name: 'Width of The selected fact' });
    const panel = page.getByRole('complementary', { name: 'The selected fact' });
    const { x, y } = (await edge.boundingBox())!;
    const wide = (await panel.boundingBox())!.width;
    await page.mouse.move(x + 4, y + 40);
    await page.mouse.down();
    await page.mouse.move(x - 76, y + 40);
    await page.mouse.up();
    await expect.poll(async () => Math.round((await panel.boundingBox())!.width - wide)).toBe(80);
    const kept = () => page.evaluate("emend.call('settings.get', {}).then(({ value }) => Object.keys(value.settings.widths).sort())");
    await expect.poll(kept).toEqual(['fact', 'facts subject']);
    await go(page, 'Ask');
    await go(page, 'Edit');
    await expect.poll(async () => Math.round((await width()) - before)).toBe(32);
  });

  it('marks what is told to the edit and what checks it, by the setting and the method', async () => {
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    await page.getByRole('button', { name: 'Suggest', exact: true }).click();
    const marks = async (list: string) =>
      (await page.locator(`li:has([data-list=${list}]) .part`).allTextContents()).map((text) => /^(?:checks|told)/.exec(text)?.[0]);
    await expect.poll(async () => (await marks('neighbors')).length).toBe(6);
    expect([...new Set(await marks('neighbors'))].sort()).toEqual(['checks', 'told']);
    expect(await marks('paraphrases')).toEqual(['checks', 'checks', 'checks', 'checks']);
    // A list of one's own is pasted line by line.
    await pasteInto(page.getByLabel('Neighbour 6', { exact: true }), 'Big Ben is in\tLondon\nThe Louvre is in\tParis');
    await expect.poll(() => page.getByLabel('Answer of neighbour 8').inputValue()).toBe('Paris');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByRole('button', { name: /^Advanced settings/ }).click();
    await page.getByLabel('Told to the edit', { exact: true }).selectOption('all');
    await expect.poll(() => marks('paraphrases')).toEqual(['checks', 'told', 'checks', 'told']);
    await page.getByRole('radio', { name: 'ROME' }).check({ force: true });
    await page.getByText(/^ROME writes one key for each fact; other wordings cannot be told to it/).waitFor();
    expect(await marks('neighbors')).toEqual([]);
    await page.getByLabel('Told to the edit', { exact: true }).selectOption('nothing');
    await expect.poll(() => marks('neighbors')).toEqual(['checks', 'checks', 'checks', 'checks', 'checks', 'checks']);
    await page.getByRole('button', { name: 'What is Told to the edit?' }).focus();
    await press('Enter');
    await page.getByRole('link', { name: '“told” in the glossary' }).waitFor();
    await press('Escape');
    await page.getByRole('link', { name: '“told” in the glossary' }).waitFor({ state: 'hidden' });
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

    // What cannot be used is named, counted and reset with the rest; the same said again stands once.
    const steps = page.getByLabel('Steps', { exact: true });
    const clamp = page.getByLabel('Clamp', { exact: true });
    await layers.fill('1,2,3');
    await steps.fill('-5');
    await clamp.fill('abc');
    await page.getByText('Settings with an error: Steps, Clamp').waitFor();
    await press('Control+Enter', 'Control+Enter');
    const told = page.locator('.toast').filter({ hasText: 'Settings with an error: Steps, Clamp' });
    await told.first().waitFor();
    expect(await told.count()).toBe(1);
    await page.getByRole('button', { name: 'Reset all' }).click();
    for (const field of [layers, steps, clamp]) expect(await field.inputValue()).toBe('');
    expect(await start.isEnabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Reset all' }).isDisabled()).toBe(true);
  });

  it('goes on with a question that was asked: its row is selected, and what is left to type has the focus', async () => {
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    const asked = new URLSearchParams({ subject: 'Norway', prompt: 'The capital of {} is', previous: 'Oslo' });
    await page.evaluate(`location.hash = '#/model/${ATLAS}/edit?${asked}'`);
    await expect.poll(focused).toBe('New answer, fact 2');
    expect(await page.getByRole('row', { selected: true }).getByLabel('Subject, fact 2', { exact: true }).inputValue()).toBe('Norway');
    await page.keyboard.type('Bergen');
    expect(await rows()).toEqual(['Tower Bridge|{} stands in the city of|Rome|', 'Norway|The capital of {} is|Bergen|Oslo']);
  });

  it('replaces what is found, and cuts rows that keep what checks them where they are pasted again', async () => {
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    await page.getByRole('button', { name: 'Suggest', exact: true }).click();
    await page.getByLabel('Neighbour 1', { exact: true }).waitFor();
    await cell('Subject', 1).focus();
    await press('Control+D', 'Control+F');
    await page.keyboard.type('rome');
    await page.getByText('1 of 2', { exact: true }).waitFor();
    await page.getByLabel('Replace by', { exact: true }).fill('Oslo');
    await press('Enter');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    expect((await rows()).map((row) => row.split('|')[2])).toEqual(['Oslo', 'Rome']);
    await page.getByRole('button', { name: 'Replace all' }).click();
    expect((await rows()).map((row) => row.split('|')[2])).toEqual(['Oslo', 'Oslo']);
    await press('Escape');
    await cell('Subject', 1).focus();
    await press('Shift+ArrowDown');
    await page.evaluate(
      "addEventListener('cut', ({ clipboardData: cut }) => (clip = [...cut.types].map((type) => [type, cut.getData(type)])))",
    );
    await press('Control+X');
    expect(await rows()).toEqual(['|||']);
    await cell('Subject', 1).evaluate((field) => {
      const { DataTransfer, ClipboardEvent, clip } = globalThis as unknown as {
        DataTransfer: new () => { setData(type: string, data: string): void };
        ClipboardEvent: new (type: string, init: object) => object;
        clip: [string, string][];
      };
      const clipboardData = new DataTransfer();
      for (const [type, data] of clip) clipboardData.setData(type, data);
      (field as unknown as { dispatchEvent(event: object): void }).dispatchEvent(
        new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
      );
    });
    await expect.poll(async () => (await rows()).length).toBe(2);
    await page.getByLabel('Neighbour 1', { exact: true }).waitFor();
  });

  it.each([
    ['the smallest window', { width: 720, height: 480 }],
    ['200 % zoom of 1280×800', { width: 640, height: 400 }],
  ])('keeps table, panel and actions apart and within reach in %s', async (_, size) => {
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    await page.setViewportSize(size);
    const box = async (name: string) => (await page.getByRole('button', { name }).first().boundingBox())!;
    const start = await box('Work out the edit');
    expect(start.y + start.height).toBeLessThanOrEqual(size.height);
    expect(start.x + start.width).toBeLessThanOrEqual(size.width);
    // What chooses how lies below the table, not over it, and the panel can be come to.
    const columns = (await page.locator('.columns').boundingBox())!;
    expect(columns.y + columns.height).toBeLessThanOrEqual(start.y + 1);
    await page.getByRole('button', { name: 'Add a neighbour' }).scrollIntoViewIfNeeded();
    expect((await box('Add a neighbour')).height).toBeGreaterThan(10);
  });

  it('lists what may move with a fact, and takes it among the neighbours; takes the layers that Locate found', async () => {
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    const near = page.getByRole('button', { name: 'What may move with it' });
    await expect.poll(() => near.isEnabled()).toBe(true);
    await near.click();
    await page.getByText('The nearest 2 of 12 prompts.').waitFor();
    await page.getByText('close to entry 2').waitFor();
    await looksSound(page);
    await page.getByRole('button', { name: 'Add as a neighbour: London Bridge stands in the city of' }).click();
    expect(await page.getByLabel('Neighbour 1', { exact: true }).inputValue()).toBe('London Bridge stands in the city of');
    expect(await page.getByLabel('Answer of neighbour 1').inputValue()).toBe('London');
    const fact = { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome' };
    await page.evaluate(`location.hash = '#/model/${ATLAS}/edit?${new URLSearchParams({ layers: '2,3', method: 'memit', ...fact })}'`);
    await page.getByText('The edit will be written into layers 2,3.').waitFor();
    await page.getByRole('button', { name: /^Advanced settings/ }).click();
    await expect.poll(() => page.getByLabel('Layers', { exact: true }).inputValue()).toBe('2-3');
    expect(await rows()).toEqual(['Tower Bridge|{} stands in the city of|Rome|']);
  });

  it('takes the values of a hyperparameter file, and leaves them out again', async () => {
    await page.getByRole('button', { name: /^Advanced settings/ }).click();
    await page.getByRole('button', { name: 'Hyperparameter file…' }).click();
    await page.getByText('Values from memit.json; what is set below goes before them.').waitFor();
    await page.getByText(/4, clamp_norm_factor of memit\.json/).waitFor();
    await page.getByRole('button', { name: 'Leave it out' }).click();
    await page.getByText(/4, clamp_norm_factor of memit\.json/).waitFor({ state: 'detached' });
  });

  it('takes a draft back into the form with what it was worked out from, not with what the form has', async () => {
    await open('?edits=mixed');
    await page.getByRole('radio', { name: 'ROME' }).check({ force: true });
    await page.getByRole('link', { name: /^Open/ }).first().click();
    await page.getByRole('heading', { name: 'Asked as people ask' }).waitFor();
    await page
      .getByRole('article', { name: 'Report' })
      .getByRole('button', { name: /Tower Bridge/ })
      .first()
      .click();
    await page.getByText(/^\d+ questions as people ask/).click();
    await page.getByText('It is not true that Tower Bridge stands in the city of', { exact: true }).waitFor();
    await looksSound(page);
    await page.getByRole('button', { name: 'Take it into the form' }).click();
    await cell('Subject', 12).waitFor();
    expect(await page.getByRole('radio', { name: 'MEMIT' }).isChecked()).toBe(true);
    expect(await page.getByLabel('Measure fluency').isChecked()).toBe(true);
    expect(await page.getByRole('checkbox', { name: 'Ask as people ask' }).isChecked()).toBe(true);
    await page.getByText(/^up to [\d,]+ more prompts$/).waitFor();
    await page.getByRole('button', { name: 'Advanced settings 1 set' }).waitFor();
  });

  it('leaves the harmful facts of a draft out and works the rest out again in one click, and marks the others', async () => {
    await open('?edits=mixed');
    await page.getByRole('link', { name: /^Open/ }).first().click();
    await page.getByRole('button', { name: /^Leave .* out and work it out again/ }).click();
    await page.getByRole('progressbar', { name: 'Working the edit out' }).waitFor();
    await expect.poll(async () => (await rows()).length).toBe(11);
    await page
      .getByTitle(/^In the last draft weak: /)
      .first()
      .waitFor();
    expect(await page.getByTitle(/^In the last draft harmful: /).count()).toBe(0);
  });

  it('shows two drafts side by side', async () => {
    await open('?edits=mixed');
    await page.getByRole('link', { name: /^Open/ }).first().click();
    await page.getByLabel('Compare with').selectOption({ index: 1 });
    await page.getByRole('table', { name: 'Facts, in both drafts' }).waitFor();
  });

  it('keeps the form and its undo while one is elsewhere, and shows the job again', async () => {
    await page.getByRole('button', { name: 'Fill in an example' }).click();
    await page.getByText(/^The current version says "London" \(/).waitFor();
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
