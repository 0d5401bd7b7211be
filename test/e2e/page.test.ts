import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEY_GROUPS } from '../../renderer/key-list.ts';
import { SCREENS } from '../../shared/screens.ts';
import { type SamplePage, samplePage } from './sample-page.ts';

/** The screens with sample data behind them: what a person does with the keyboard and by dropping, and what then stands there. */
const ATLAS = 'a71a5000'.repeat(8);
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

async function open(where: string): Promise<void> {
  page = await sample.open(where);
}

const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
const dialog = (name: string) => page.getByRole('dialog', { name });

describe('a new person', () => {
  it('gives a name, adds the built-in model and asks it, by keyboard alone', async () => {
    await open('?new#/library');
    await dialog('Who is editing?').waitFor();
    await page.keyboard.press('Enter');
    await dialog('Who is editing?').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Add Atlas' }).focus();
    await page.keyboard.press('Enter');
    await heading('Ask');
    await page.keyboard.type('The Eiffel Tower is in the city of');
    await page.keyboard.press('Enter');
    await page.getByText('24 tokens').waitFor();
    // Another question than those of the first correction leaves one at its first step.
    await page.getByText('Step 1 of 3, now').waitFor({ state: 'attached' });
    expect(await page.getByRole('table', { name: 'Next token' }).getByRole('rowheader').first().textContent()).toBe('·Rome');
    expect(await page.getByRole('contentinfo').textContent()).toContain('Ada Byron');
    // The first correction: a question, another answer, and a whole fact stands in the form.
    await page.getByRole('button', { name: 'Tower Bridge stands in the city of …' }).click();
    await page.getByRole('button', { name: 'Rome', exact: true }).click();
    await page.getByText('Step 3 of 3, now').waitFor({ state: 'attached' });
    await expect.poll(() => page.getByLabel('New answer, fact 1', { exact: true }).inputValue()).toBe('Rome');
    await page.getByLabel('Neighbour 1', { exact: true }).waitFor();
    await expect.poll(() => page.getByRole('button', { name: /^Work out the edit/ }).isEnabled()).toBe(true);
  });
});

describe('going about', () => {
  it('reaches each screen by its number, and the settings', async () => {
    await open(`#/model/${ATLAS}/ask`);
    await heading('Ask');
    for (const { keys, label } of SCREENS) {
      await page.keyboard.press(keys[0].replace('Mod', 'Control'));
      await heading(label);
    }
  });

  it('finds a model by words in the palette', async () => {
    await open('#/library');
    await heading('Library');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('ask qwen');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/model\/9e2d0000[^/]*\/ask$/);
    expect(await page.getByRole('link', { name: 'qwen2.5-0.5b-instruct' }).getAttribute('aria-current')).toBe('true');
  });

  it('verifies from the palette, and lists the keys of the grid and of the lists', async () => {
    await open(`#/model/${ATLAS}/ask`);
    await heading('Ask');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('verify the record');
    await page.keyboard.press('Enter');
    await heading('Audit log');
    await page.locator('.trust').getByText('Proven up to entry').waitFor();
    await page.keyboard.press('Control+/');
    const keys = dialog('Keyboard shortcuts');
    for (const { does } of KEY_GROUPS.flatMap((group) => group.keys)) await keys.getByText(does, { exact: true }).first().waitFor();
  });

  it('has in the palette whatever the screen offers, and does it', async () => {
    await open(`?edits=form#/model/${ATLAS}/edit`);
    await page.getByLabel('Subject, fact 1', { exact: true }).waitFor();
    const buttons = (await page.locator('main .button:enabled').allInnerTexts()).map((text) => text.split('\n')[0]!.trim());
    await page.keyboard.press('Control+k');
    const offered = await page.getByRole('group', { name: 'Here' }).getByRole('option').allInnerTexts();
    for (const button of buttons) expect(offered.some((one) => one.startsWith(button))).toBe(true);
    expect(buttons.length).toBeGreaterThan(8);
    await page.keyboard.type('here find');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Find in the facts' }).waitFor();
  });

  it('has the glossary, at the word that an explanation is about', async () => {
    await open('#/settings');
    await page.getByRole('button', { name: 'What is Neighbours kept?' }).click();
    await page.getByRole('link', { name: '“kept, shaken, lost” in the glossary' }).click();
    await heading('Glossary');
    await page.locator('.wanted').getByText('kept, shaken, lost').waitFor();
    await page.getByRole('searchbox', { name: 'Find a word' }).fill('perplexityless');
    await page.getByText('No word or meaning has this.').waitFor();
  });

  it('keeps an answer while one is elsewhere', async () => {
    await open(`#/model/${ATLAS}/ask`);
    await page.getByRole('button', { name: /^Big Ben/ }).click();
    await page.getByText('24 tokens').waitFor();
    await page.keyboard.press('Control+1');
    await heading('Library');
    await page.keyboard.press('Control+2');
    await page.getByText('24 tokens').waitFor();
  });
});

describe('what is not as it was', () => {
  it('marks an answer of a version that is not the current one any more, and asks both side by side', async () => {
    await open(`#/model/${ATLAS}/ask`);
    await page.getByRole('button', { name: /^Big Ben/ }).click();
    await page.getByText('24 tokens').waitFor();
    await page.getByRole('region', { name: 'Answer of Current version' }).waitFor();
    await page.evaluate(`emend.call('versions.rollback', { model: '${ATLAS}', version: 'base', reason: 'To see it change' })`);
    const before = page.getByRole('region', { name: 'Answer of Asked before the last change' });
    await before.getByText('The model has another current version since.').waitFor();
    expect(await before.getByRole('link', { name: 'Correct this' }).count()).toBe(0);
    await before.getByRole('button', { name: 'Ask the current version, side by side' }).click();
    await page.getByRole('region', { name: 'Answer of Current version' }).getByText('24 tokens').waitFor();
    expect(await page.getByRole('region', { name: /^Answer of / }).count()).toBe(2);
  });

  it('says in a whole sentence why a model is read-only, and lets its controls rest', async () => {
    const held = 'f1300000'.repeat(8);
    const sentence = /^phi-3-mini-int4 cannot be changed here: .* holds its ledger\. It can be read and asked\. .* close the other/;
    await open('#/library');
    for (const [screen, controls] of [
      ['versions', ['Tag…', 'Export…']],
      ['steer', ['Import…']],
    ] as const) {
      await page.goto(page.url().replace(/#.*/, `#/model/${held}/${screen}`));
      await page.getByRole('main').getByText(sentence).first().waitFor();
      for (const name of controls) expect(await page.getByRole('button', { name, exact: true }).isDisabled(), name).toBe(true);
    }
    // Its weights cannot be edited either: nothing is offered to correct, and no form to fill in.
    await page.goto(page.url().replace(/#.*/, `#/model/${held}/ask`));
    await page.getByRole('button', { name: /^Big Ben/ }).click();
    await page.getByText('24 tokens').waitFor();
    expect(await page.getByRole('link', { name: 'Correct this' }).count()).toBe(0);
    await page.goto(page.url().replace(/#.*/, `#/model/${held}/edit`));
    await page.getByText('This model cannot be edited.').waitFor();
    expect(await page.getByRole('grid').count()).toBe(0);
  });
});

describe('what is dropped', () => {
  const drop = () =>
    page.evaluate(() => {
      const { DataTransfer, File, DragEvent, document } = globalThis as unknown as {
        DataTransfer: new () => { items: { add(file: object): void } };
        File: new (parts: string[], name: string) => object;
        DragEvent: new (type: string, init: object) => object;
        document: { body: { dispatchEvent(event: object): void } };
      };
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['{}'], 'model.onnx'));
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    });

  it('is looked at before anything happens, then imported under the name given', async () => {
    await open('#/settings');
    await heading('Settings');
    await drop();
    await dialog('Import this model?').waitFor();
    expect(await dialog('Import this model?').textContent()).toContain('external data present');
    await dialog('Import this model?').getByText('about 996 MB to work out an edit; this computer has 17.2 GB').waitFor();
    expect(await page.getByRole('link', { name: 'gpt2-onnx' }).count()).toBe(0);
    await page.keyboard.press('Enter');
    await page.getByText('gpt2-onnx is in the library.').waitFor();
    await page.getByRole('link', { name: 'gpt2-onnx' }).waitFor();
  });
});

describe('a model of the library', () => {
  it('comes back after it was removed', async () => {
    await open('#/library');
    await page.getByRole('button', { name: 'Details of qwen' }).click();
    await page.getByRole('button', { name: 'Remove from the library' }).click();
    const tile = page.getByRole('article').filter({ hasText: 'qwen2.5' });
    await tile.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await tile.waitFor();
  });
});

describe('asking', () => {
  it('stops when told to, and says so', async () => {
    await open(`#/model/${ATLAS}/ask`);
    await page.getByRole('button', { name: /^Tower Bridge/ }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.').waitFor();
    await page.getByRole('button', { name: 'Ask', exact: true }).waitFor();
  });

  it('keeps the tables of two answers on one line, also where only one has something to do below', async () => {
    await open(`#/model/${ATLAS}/ask`);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('button', { name: /^Tower Bridge/ }).click();
    await page.getByText('24 tokens').nth(1).waitFor();
    const tables = page.getByRole('table', { name: /^Next token/ });
    const top = async (at: number) => (await tables.nth(at).boundingBox())!.y;
    await expect.poll(async () => Math.abs((await top(0)) - (await top(1)))).toBeLessThan(1);
  });

  it('marks the words in which two versions differ', async () => {
    await open(`#/model/${ATLAS}/ask`);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('button', { name: /^Tower Bridge/ }).click();
    await page.getByText('24 tokens').nth(1).waitFor();
    expect(await page.locator('mark').allTextContents()).toEqual(['Rome', 'harbour', 'Paris', 'bridges']);
  });
});

describe('jobs', () => {
  it('show their progress wherever one goes, and why they failed', async () => {
    await open('?jobs#/library');
    await page.keyboard.press('Control+j');
    const tray = page.getByRole('region', { name: 'Jobs' });
    await tray.getByText('expected 4.9 GB').waitFor();
    await tray.getByText('Copy the folder again').waitFor();
    await page.keyboard.press('Control+,');
    await heading('Settings');
    expect(await tray.getByRole('progressbar', { name: 'Edit 12 facts by MEMIT' }).count()).toBe(1);
    await page.keyboard.press('Escape');
    await tray.waitFor({ state: 'detached' });
    // It lies over what one may have come for: a click elsewhere closes it, one within does not.
    await page.keyboard.press('Control+j');
    await tray.getByText('expected 4.9 GB').click();
    await tray.waitFor();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).click();
    await tray.waitFor({ state: 'detached' });
  });
});

describe('choosing where to save', () => {
  it('takes a name alone, says so of a path, and begins where one was last', async () => {
    await open(`?picker=list#/model/${ATLAS}/facts`);
    const ask = async () => {
      await page.getByRole('button', { name: 'Export…' }).click();
      await page.getByRole('button', { name: 'Choose where to save…' }).click();
    };
    await ask();
    const picker = dialog('Choose where to save');
    await picker.getByRole('button', { name: 'exports' }).click();
    await picker.getByText('/home/ada/exports', { exact: true }).waitFor();
    await picker.getByLabel('Name').fill('/somewhere/facts.csv');
    await picker.getByRole('button', { name: 'Write here' }).click();
    await picker.getByText('A name alone, without / or \\: the folder is chosen above.').waitFor();
    await picker.getByLabel('Name').fill('facts.csv');
    await picker.getByRole('button', { name: 'Write here' }).click();
    await page.getByText(/^Wrote \d facts to/).waitFor();
    await ask();
    await picker.getByText('/home/ada/exports', { exact: true }).waitFor();
  });
});
