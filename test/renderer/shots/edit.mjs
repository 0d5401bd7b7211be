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
