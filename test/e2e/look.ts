import { AxeBuilder } from '@axe-core/playwright';
import { mkdirSync } from 'node:fs';
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
  { name: 'narrow, text twice as large', width: 720, height: 560, text: 2 },
  { name: 'wide', width: 1600, height: 1000, text: 1 },
] as const;
/** In the page: what makes it scroll sideways. */
const TOO_WIDE = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll('*')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((one) => one.outerHTML.slice(0, 120))`;
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
/** Where pictures for people are saved; without it nobody looks, and none are made. */
const shots = process.env['EMEND_SHOTS'];

type Violation = Awaited<ReturnType<AxeBuilder['analyze']>>['violations'][number];
const said = ({ id, nodes }: Violation) =>
  `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary ?? ''}`).join(' | ')}`;

/** Lets axe look at what is in the window: all there is, then the other theme and other layouts. Saves pictures where that is asked for. */
export async function lookAt(page: Page, name: string): Promise<void> {
  const violations = async (rules: readonly string[]) =>
    ((await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations)`)) as Violation[]).map(said);
  await showTheme(page, 'light');
  await save(page, `${name}-light`);
  const { violations: found } = await new AxeBuilder({ page }).setLegacyMode().withTags(WCAG).analyze();
  expect.soft(found.map(said), `${name}, light`).toEqual([]);
  await showTheme(page, 'dark');
  await save(page, `${name}-dark`);
  // What was found is looked for again: Chromium may be late to draw one of many colours, a real fault stays.
  await expect.poll(() => violations(OF_COLOURS), { message: `${name}, dark`, interval: 300, timeout: 3000 }).toEqual([]);
  const usual = (await page.evaluate('({ width: innerWidth, height: innerHeight })')) as { width: number; height: number };
  for (const { name: layout, width, height, text } of LAYOUTS) {
    await page.setViewportSize({ width, height });
    await page.evaluate(scaleText(text));
    // In two frames: what follows the size of the window has drawn itself anew.
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    expect.soft(await violations(OF_LAYOUT), `${name}, ${layout}`).toEqual([]);
    // What is too wide scrolls within its own part: the page itself never does.
    expect.soft(await page.evaluate(TOO_WIDE), `${name}, ${layout}: too wide`).toEqual([]);
    if (layout === SHOWN) await save(page, `${name}-narrow`);
  }
  await page.evaluate(scaleText(1));
  await page.setViewportSize(usual);
}

/** Lets axe look at a page with sample data, in both themes. */
export async function looksSound(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found = async () => {
      const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
      return violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes[0]?.html}`);
    };
    // Looked for again where something is found: Chromium may be late to draw another theme, a real fault stays.
    await expect.poll(found, { interval: 300, timeout: 5000 }).toEqual([]);
  }
}

async function showTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.evaluate(`emend.call('settings.set', { settings: { theme: '${theme}' } })`);
  await until(page, `document.documentElement.dataset.theme === '${theme}'`);
  // Colours on their way from one theme to the other are nobody's. One that ends can begin others below it.
  await page.evaluate(`(async () => {
    for (;;) {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      const under = document.getAnimations().filter((one) => one instanceof CSSTransition);
      if (under.length === 0) return;
      for (const one of under) one.finish();
    }
  })()`);
}

async function save(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), animations: 'disabled' });
}
