import { at, DAMAGED, NEW } from './place.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: false }).first();
const entry = (page, number) => page.locator(`[data-entry="${number}"]`).click();

export const SHOTS = [
  { name: 'versions', hash: at('versions') },
  { name: 'versions-old', themes: ['light'], hash: at('versions'), act: (page) => entry(page, 6) },
  { name: 'versions-new', themes: ['dark'], hash: at('versions', NEW) },
  { name: 'versions-compare', hash: at('versions'), act: (page) => button(page, 'Compare…').click(), wait: 3500 },
  { name: 'versions-course', hash: at('versions'), act: (page) => button(page, 'Over the versions').click(), wait: 500 },
  {
    name: 'versions-course-narrow',
    size: { width: 720, height: 480 },
    hash: at('versions'),
    act: (page) => button(page, 'Over the versions').click(),
    wait: 500,
  },
  {
    name: 'versions-revert',
    themes: ['light'],
    hash: at('versions'),
    act: async (page) => {
      await entry(page, 4);
      await button(page, 'Revert this edit').click();
      await button(page, 'Revert').waitFor();
    },
  },
  {
    name: 'versions-rollback',
    themes: ['dark'],
    hash: at('versions'),
    act: async (page) => {
      await entry(page, 4);
      await button(page, 'Roll back to it').click();
    },
  },
  {
    name: 'versions-tag',
    themes: ['light'],
    hash: at('versions'),
    act: async (page) => {
      await button(page, 'Tag…').click();
      await page.getByLabel('Name').fill('release-1');
      await page.keyboard.press('Enter');
    },
  },
  {
    name: 'versions-export',
    themes: ['light'],
    hash: at('versions'),
    act: async (page) => {
      await entry(page, 10);
      await button(page, 'Export…').click();
      await button(page, 'Choose where').click();
    },
  },
  {
    name: 'versions-exported',
    themes: ['dark'],
    hash: at('versions'),
    act: async (page) => {
      await entry(page, 10);
      await button(page, 'Export…').click();
      await button(page, 'Choose where').click();
      await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click();
      await page.getByText('What lies beside it').waitFor();
    },
  },
  {
    name: 'versions-llama',
    hash: at('versions'),
    act: async (page) => {
      await button(page, 'Check in llama.cpp…').click();
      await page.getByRole('dialog').getByRole('button', { name: 'Choose' }).click();
    },
  },
  ...[
    { name: 'versions-llama-found', size: { width: 1280, height: 800 } },
    { name: 'versions-llama-narrow', size: { width: 720, height: 480 } },
  ].map((shot) => ({
    ...shot,
    hash: `${at('versions')}?entry=10`,
    act: async (page) => {
      await button(page, 'Check in llama.cpp…').click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Choose' }).click();
      await dialog.getByRole('button', { name: 'Check', exact: true }).click();
      await dialog.getByText('not in the file').waitFor();
    },
  })),
  { name: 'log', hash: at('log') },
  {
    name: 'log-long',
    query: '?entries=10000',
    hash: at('log'),
    act: async (page) => {
      await page.getByRole('grid').focus();
      await page.keyboard.press('End');
      await page.waitForTimeout(300);
      for (let press = 0; press < 5; press++) await page.keyboard.press('k');
      await page.keyboard.press('Enter');
    },
    wait: 500,
  },
  {
    name: 'log-opened',
    hash: at('log') + '?review=none',
    act: async (page) => {
      await page.getByRole('row').nth(1).click();
      await page.getByRole('heading', { name: 'Opened here' }).waitFor();
      await page.getByRole('heading', { name: 'Opened here' }).scrollIntoViewIfNeeded();
    },
  },
  { name: 'log-entry', hash: at('log') + '?entry=17', wait: 500 },
  { name: 'log-filter', themes: ['dark'], hash: at('log') + '?text=euro&kinds=edit+check&author=Ada+Moreau' },
  { name: 'log-none', themes: ['light'], hash: at('log') + '?text=nothing+like+this' },
  { name: 'log-kinds', themes: ['light'], hash: at('log'), act: (page) => page.getByText('Any kind').click() },
  { name: 'log-verified', themes: ['dark'], hash: at('log'), act: (page) => button(page, 'Verify').click(), wait: 6000 },
  { name: 'log-damaged', hash: at('log', DAMAGED), act: (page) => button(page, 'Verify').click(), wait: 6000 },
  { name: 'log-export', themes: ['light'], hash: at('log'), act: (page) => button(page, 'Export…').click() },
];
