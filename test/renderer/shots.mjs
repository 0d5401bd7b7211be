/**
 * Pictures of screens with sample data, light and dark: `node test/renderer/shots.mjs /tmp/shots [beginnings of names]`.
 * The page is built, served under the policy that the desktop application sends, and every violation and error is printed; so is what axe
 * finds.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright';
import { build } from 'vite';
import { SHOTS } from './shot-list.mjs';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html";
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const [out = '/tmp/emend-shots', ...wanted] = process.argv.slice(2);
const here = import.meta.dirname;
// Each output folder has its own build, so that two people can take pictures at once.
const dist = resolve(out, '.page');
mkdirSync(out, { recursive: true });
await build({ configFile: resolve(here, '../../build/vite.renderer-dev.ts'), logLevel: 'warn', build: { outDir: dist } });

const server = createServer((request, response) => {
  try {
    const path = join(dist, new URL(request.url, 'http://page').pathname);
    const file = readFileSync(path);
    response
      .writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY })
      .end(file);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const address = `http://127.0.0.1:${server.address().port}/dev.html`;
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
let found = 0;
for (const shot of SHOTS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.startsWith(part)))) {
  for (const theme of shot.themes ?? ['light', 'dark']) {
    const context = await browser.newContext({
      colorScheme: theme,
      viewport: shot.size ?? { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      bypassCSP: false,
    });
    const page = await context.newPage();
    const say = (what) => (found++, console.log(`${shot.name} ${theme}: ${what}`));
    page.on('pageerror', (error) => say(error.stack ?? error.message));
    page.on(
      'console',
      (message) => ['error', 'warning'].includes(message.type()) && !message.text().includes('404') && say(message.text()),
    );
    await page.goto(`${address}${shot.query ?? ''}${shot.hash ?? ''}`);
    try {
      await shot.act?.(page);
      await page.waitForTimeout(shot.wait ?? 250);
    } catch (error) {
      say(error.message);
    }
    await page.screenshot({ path: join(out, `${shot.name}-${theme}.png`) });
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    for (const { id, help, nodes } of violations)
      say(
        `axe ${id}: ${help}\n${nodes
          .slice(0, 4)
          .map(({ html, failureSummary }) => `    ${html.slice(0, 160)}\n      ${failureSummary?.split('\n')[1]?.trim() ?? ''}`)
          .join('\n')}`,
      );
    await context.close();
  }
}
await browser.close();
server.close();
console.log(found === 0 ? 'Nothing found.' : `${found} findings.`);
process.exitCode = found === 0 ? 0 : 1;
