import { AxeBuilder } from '@axe-core/playwright';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { expect } from 'vitest';
import { until } from './desktop-app.ts';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** What another theme can change; the rest is the same page. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];
/** What windows and fonts can change: what is cut off, and whether it can be reached then. */
const OF_LAYOUT = ['scrollable-region-focusable', 'target-size'];
const LAYOUTS = [
  { name: 'narrow', width: 720, height: 560, text: 1 },
  { name: 'narrow, text twice as large', width: 720, height: 560, text: 2 },
  { name: 'text twice as large', width: 1280, height: 800, text: 2 },
  { name: 'wide', width: 1600, height: 1000, text: 1 },
] as const;
/** The layout that a picture is saved of. */
const SHOWN = 'narrow, text twice as large';
/** In the page: multiplies every size of text that styles/tokens.css has. */
const scaleText = (by: number) => `(() => {
  const { style } = document.documentElement;
  for (const size of ['xs', 'sm', 'base', 'md', 'lg', 'xl']) style.removeProperty('--text-' + size);
  if (${by} === 1) return;
  const computed = getComputedStyle(document.documentElement);
  for (const size of ['xs', 'sm', 'base', 'md', 'lg', 'xl'])
    style.setProperty('--text-' + size, parseFloat(computed.getPropertyValue('--text-' + size)) * ${by} + 'px');
})()`;
const shots = process.env['EMEND_SHOTS'] ?? join(tmpdir(), 'emend-shots');

type Violation = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number];
const said = ({ id, nodes }: Violation) =>
  `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary ?? ''}`).join(' | ')}`;

/** Saves a picture of what is in the window in both themes, and lets axe look: all there is, then the other theme and other layouts. */
export async function lookAt(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true });
  for (const theme of ['light', 'dark'] as const) {
    await page.evaluate(`emend.call('settings.set', { settings: { theme: '${theme}' } })`);
    await until(page, `document.documentElement.dataset.theme === '${theme}'`);
    await page.screenshot({ path: join(shots, `${name}-${theme}.png`), animations: 'disabled' });
    const axe = new AxeBuilder({ page }).setLegacyMode();
    const { violations } = await (theme === 'light' ? axe.withTags(WCAG) : axe.withRules(OF_COLOURS)).analyze();
    expect.soft(violations.map(said), `${name}, ${theme}`).toEqual([]);
  }
  const usual = (await page.evaluate('({ width: innerWidth, height: innerHeight })')) as { width: number; height: number };
  for (const { name: layout, width, height, text } of LAYOUTS) {
    await page.setViewportSize({ width, height });
    await page.evaluate(scaleText(text));
    // In two frames: what follows the size of the window has drawn itself anew.
    const violations = await page.evaluate(
      `new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
        .then(() => axe.run({ runOnly: ${JSON.stringify(OF_LAYOUT)} })).then(({ violations }) => violations)`,
    );
    expect.soft((violations as Violation[]).map(said), `${name}, ${layout}`).toEqual([]);
    if (layout === SHOWN) await page.screenshot({ path: join(shots, `${name}-narrow.png`), animations: 'disabled' });
  }
  await page.evaluate(scaleText(1));
  await page.setViewportSize(usual);
}
