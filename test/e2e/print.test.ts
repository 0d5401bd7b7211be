import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { expect, it } from 'vitest';
import { logHtml } from '../../electron/services/attest/log-html.ts';
import { loggedEntries } from '../../electron/services/logged.ts';
import { BY, commit, importBody, open } from '../unit/ledger/samples.ts';
import { MemoryFiles } from '../unit/storage/memory-files.ts';
import { pdfText } from './pdf-text.ts';

const shots = process.env['EMEND_SHOTS'];
const ENTRIES = 1000;

it('prints a log of 1,000 entries on A4 with every hash whole, and shows it in a window without scrolling sideways', async () => {
  const ledger = await open('/l', { files: new MemoryFiles(), create: true });
  await ledger.append('import', importBody(), BY);
  while (ledger.entries.length < ENTRIES) {
    const n = ledger.entries.length;
    const { version } = (await commit(ledger, n)).body;
    if (n % 50 === 1) await ledger.append('reject', { version, entry: n + 1 }, { author: 'Grace', reason: `Not so: ${n}` });
  }
  const { rows } = ledger.list({ order: 'oldest' });
  const html = logHtml(loggedEntries(ledger, rows), { model: 'atlas', head: ledger.head, app: '0.1.0', time: new Date().toISOString() });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    await page.setContent(html);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const sideways = "[...document.querySelectorAll('.wide')].filter((one) => one.scrollWidth > one.clientWidth).length";
    expect(await page.evaluate(sideways)).toBe(0);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    if (shots !== undefined) {
      writeFileSync(join(shots, 'log.pdf'), pdf);
      await page.screenshot({ path: join(shots, 'log-html.png') });
      // A4 without its margins.
      await page.setViewportSize({ width: 688, height: 1000 });
      await page.emulateMedia({ media: 'print' });
      await page.screenshot({ path: join(shots, 'log-paper.png') });
    }
    const { pages, text } = pdfText(pdf);
    expect(pages).toBeGreaterThan(100);
    const printed = new Set(text.match(/\b[0-9a-f]{64}\b/g));
    const hashes = new Set(JSON.stringify(ledger.entries).match(/\b[0-9a-f]{64}\b/g));
    expect(hashes.size).toBeGreaterThan(5 * ENTRIES);
    expect([...hashes].filter((hash) => !printed.has(hash))).toEqual([]);
    for (const said of ['Entry 1000', 'Not so: 951', 'Page 2 of']) expect(text.replaceAll(/\s+/g, ' ')).toContain(said);
  } finally {
    await browser.close();
  }
});
