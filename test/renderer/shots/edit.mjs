import { at } from './place.mjs';

const row = (number) => `input[aria-label="Subject, fact ${number}"]`;

export const SHOTS = [
  { name: 'edit-empty', query: '?edits=none', hash: at('edit') },
  {
    name: 'edit-form',
    query: '?edits=form',
    hash: at('edit'),
    act: async (page) => {
      await page.focus(row(2));
    },
    wait: 900,
  },
  {
    name: 'edit-problem',
    query: '?edits=form',
    hash: at('edit'),
    act: async (page) => {
      await page.focus(row(5));
      await page.click('text=Advanced settings');
    },
    wait: 900,
    themes: ['light'],
  },
  {
    name: 'edit-grid',
    query: '?edits=form',
    hash: at('edit'),
    act: async (page) => {
      await page.focus(row(2));
      for (const keys of ['Shift+ArrowDown', 'Control+ArrowDown', 'Control+ArrowDown', 'Control+.']) await page.keyboard.press(keys);
      await page.click('[role=columnheader] button >> text=Subject');
      await page.keyboard.press('ArrowRight');
      for (let n = 0; n < 4; n++) await page.keyboard.press('Shift+ArrowRight');
      await page.focus(row(2));
      await page.keyboard.press('Control+F');
      await page.keyboard.type('city');
    },
    wait: 900,
  },
  {
    name: 'edit-told',
    query: '?edits=form',
    hash: at('edit'),
    size: { width: 1280, height: 1300 },
    act: async (page) => {
      await page.focus(row(1));
      await page.click('text=Advanced settings');
      await page.getByLabel('Told to the edit', { exact: true }).selectOption('all');
      await page.getByRole('button', { name: 'What is Told to the edit?' }).click();
    },
    wait: 900,
  },
  {
    name: 'edit-methods',
    query: '?edits=form',
    hash: at('edit'),
    size: { width: 720, height: 480 },
    act: (page) => page.getByRole('button', { name: 'What is each method?' }).click(),
    wait: 900,
  },
  {
    name: 'edit-first',
    query: '?new',
    hash: '#/library',
    act: async (page) => {
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Add Atlas' }).click();
      await page.getByRole('button', { name: 'Tower Bridge stands in the city of …' }).click();
      await page.getByRole('button', { name: 'Rome', exact: true }).click();
      await page.getByLabel('Neighbour 1', { exact: true }).waitFor();
    },
    wait: 900,
  },
  {
    name: 'edit-first-low',
    query: '?new',
    hash: '#/library',
    size: { width: 720, height: 480 },
    act: async (page) => {
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Add Atlas' }).click();
      await page.getByRole('button', { name: 'The painter of Mona Lisa is …' }).click();
      await page.getByRole('button', { name: 'Raphael', exact: true }).click();
      await page.getByText('Step 3 of 3, now').waitFor({ state: 'attached' });
    },
    wait: 900,
    themes: ['light'],
  },
  { name: 'edit-narrow', query: '?edits=form', hash: at('edit'), size: { width: 900, height: 700 }, wait: 900, themes: ['light'] },
  {
    name: 'edit-read',
    query: '?edits=none',
    hash: at('edit'),
    act: async (page) => {
      await page.click('text=Open file');
      await page.waitForSelector('text=Take the first');
    },
    themes: ['light'],
  },
  {
    name: 'edit-running',
    query: '?edits=form',
    hash: at('edit'),
    act: async (page) => {
      for (const number of [5, 8]) {
        await page.focus(row(number));
        await page.keyboard.press('Control+Delete');
      }
      await page.keyboard.press('Control+Enter');
      await page.waitForSelector('[role=progressbar]');
    },
    wait: 1200,
  },
  {
    name: 'edit-report',
    query: '?edits=mixed',
    hash: `${at('edit')}?draft=mixed`,
    act: async (page) => {
      await page.waitForSelector('article');
    },
  },
  {
    name: 'edit-report-open',
    query: '?edits=mixed',
    hash: `${at('edit')}?draft=mixed`,
    act: async (page) => {
      await page.click('article li button >> nth=0');
      await page.evaluate('document.querySelector(".screen-body").scrollTo(0, 580)');
    },
  },
  {
    name: 'edit-report-end',
    query: '?edits=mixed',
    hash: `${at('edit')}?draft=bare`,
    act: async (page) => {
      await page.waitForSelector('article');
      await page.evaluate('document.querySelector(".screen-body").scrollTo(0, 99999)');
    },
    themes: ['light'],
  },
  ...[
    ['', { width: 1280, height: 800 }],
    ['-narrow', { width: 720, height: 480 }],
    ['-zoomed', { width: 640, height: 400 }],
  ].flatMap(([suffix, size]) => [
    {
      name: `edit-report-figure${suffix}`,
      size,
      query: '?edits=mixed',
      hash: `${at('edit')}?draft=mixed`,
      act: async (page) => {
        await page.locator('article h3:has-text("Before and after")').evaluate((title) => title.scrollIntoView());
      },
    },
    {
      name: `edit-report-groups${suffix}`,
      size,
      query: '?edits=mixed',
      hash: `${at('edit')}?draft=mixed`,
      act: async (page) => {
        await page.click('article li button >> nth=0');
        await page
          .locator('article li .inside')
          .first()
          .evaluate((facts) => facts.parentElement.scrollIntoView());
      },
    },
    {
      name: `edit-report-weights${suffix}`,
      size,
      query: '?edits=mixed',
      hash: `${at('edit')}?draft=mixed`,
      act: async (page) => {
        await page.locator('article h2:has-text("How well")').evaluate((title) => title.scrollIntoView());
      },
    },
  ]),
  {
    name: 'edit-compare',
    query: '?edits=mixed',
    hash: `${at('edit')}?draft=mixed`,
    act: async (page) => {
      await page.selectOption('label:has-text("Compare with") select', { index: 1 });
      await page.waitForSelector('table[aria-label="Facts, in both drafts"]');
    },
  },
  {
    name: 'edit-report-stale',
    query: '?edits=mixed',
    hash: `${at('edit')}?draft=old`,
    act: async (page) => {
      await page.waitForSelector('article');
    },
    themes: ['dark'],
  },
  {
    name: 'edit-commit',
    query: '?edits=mixed',
    hash: `${at('edit')}?draft=mixed`,
    act: async (page) => {
      await page.click('text=Commit…');
      await page.click('dialog >> text=/^Commit/ >> nth=-1');
      await page.hover('dialog h2');
    },
  },
  {
    name: 'edit-drafts',
    query: '?edits=mixed',
    hash: at('edit'),
    act: async (page) => {
      await page.click('text=Fill in an example');
      await page.keyboard.press('End');
    },
    wait: 900,
  },
  { name: 'edit-undo', query: '?edits=none', hash: `${at('edit')}?revert=7`, themes: ['light'] },
];
