import { at, DAMAGED, NEW } from './place.mjs';

const button = (page, name) => page.getByRole('button', { name, exact: false }).first();
const entry = (page, number) => page.locator(`[data-entry="${number}"]`).click();

export const SHOTS = [
  { name: 'versions', hash: at('versions') },
  { name: 'versions-old', hash: at('versions'), act: (page) => entry(page, 6) },
  { name: 'versions-new', hash: at('versions', NEW) },
  { name: 'versions-compare', hash: at('versions'), act: (page) => button(page, 'Compare…').click(), wait: 3500 },
  { name: 'versions-revert', hash: at('versions'), act: async (page) => { await entry(page, 4); await button(page, 'Revert this edit').click(); await button(page, 'Revert').waitFor(); } },
  { name: 'versions-rollback', hash: at('versions'), act: async (page) => { await entry(page, 4); await button(page, 'Roll back to it').click(); } },
  { name: 'versions-tag', hash: at('versions'), act: async (page) => { await button(page, 'Tag…').click(); await page.getByLabel('Name').fill('release-1'); await page.keyboard.press('Enter'); } },
  { name: 'versions-export', hash: at('versions'), act: async (page) => { await entry(page, 10); await button(page, 'Export…').click(); await button(page, 'Choose a folder').click(); } },
  { name: 'versions-exported', hash: at('versions'), act: async (page) => { await entry(page, 10); await button(page, 'Export…').click(); await button(page, 'Choose a folder').click(); await page.getByRole('dialog').getByRole('button', { name: 'Export', exact: true }).click(); await page.getByText('What lies beside it').waitFor(); } },
  { name: 'log', hash: at('log') },
  { name: 'log-long', query: '?entries=10000', hash: at('log'), act: async (page) => { await page.getByRole('grid').focus(); await page.keyboard.press('End'); await page.waitForTimeout(300); for (let press = 0; press < 5; press++) await page.keyboard.press('k'); await page.keyboard.press('Enter'); }, wait: 500 },
  { name: 'log-entry', hash: at('log') + '?entry=17', wait: 500 },
  { name: 'log-filter', hash: at('log') + '?text=euro&kinds=edit+check&author=Ada+Moreau' },
  { name: 'log-none', hash: at('log') + '?text=nothing+like+this' },
  { name: 'log-kinds', hash: at('log'), act: (page) => page.getByText('Any kind').click() },
  { name: 'log-verified', hash: at('log'), act: (page) => button(page, 'Verify').click(), wait: 6000 },
  { name: 'log-damaged', hash: at('log', DAMAGED), act: (page) => button(page, 'Verify').click(), wait: 6000 },
  { name: 'log-export', hash: at('log'), act: (page) => button(page, 'Export…').click() },
];
