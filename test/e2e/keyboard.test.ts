import type { Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch, type Desktop } from './desktop-app.ts';

// The whole job with the keyboard alone, by someone who has just installed Emend.

/** What has the focus: its name, and whether it shows. */
interface Focus {
  readonly name: string;
  readonly role: string;
  readonly isShown: boolean;
}

const FOCUS = `(() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const frame = element.closest('.asking') && getComputedStyle(element.closest('.asking'));
  const box = element.getBoundingClientRect();
  return {
    name: (element.getAttribute('aria-label') || element.labels?.[0]?.textContent || element.textContent).trim().slice(0, 80),
    role: element.getAttribute('role') ?? element.tagName.toLowerCase(),
    isShown: [style, frame].some((one) => one && one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) > 0) &&
      box.width > 0 && box.bottom > 0 && box.top < innerHeight,
  };
})()`;

describe('by keyboard alone', () => {
  let desktop: Desktop;
  let page: Page;
  /** Keys pressed since the start, typed letters included. */
  let keys = 0;

  beforeAll(async () => {
    desktop = await launch();
    page = desktop.page;
    await page.getByRole('dialog', { name: 'Who is editing?' }).waitFor();
  });
  beforeEach(({ onTestFinished }) =>
    onTestFinished(() => void (process.env['EMEND_KEYS'] !== undefined && console.log(`${keys} keys so far`))),
  );
  afterAll(() => desktop.close());

  const focus = () => page.evaluate<Focus>(FOCUS);
  /** Presses keys, after each of which the focus must be seen. */
  async function press(...names: string[]): Promise<void> {
    for (const name of names) {
      await page.keyboard.press(name);
      keys++;
      await expect.poll(focus, { message: `the focus shows after ${name}` }).toMatchObject({ isShown: true });
    }
  }
  async function type(text: string): Promise<void> {
    await page.keyboard.type(text);
    keys += text.length;
  }
  /** Goes on with a key until something has the focus; it must be near. */
  async function reach(name: string | RegExp, key = 'Tab', atMost = 12): Promise<void> {
    const passed: string[] = [];
    for (let step = 0; step < atMost; step++) {
      await press(key);
      const { name: now } = await focus();
      passed.push(now);
      if (typeof name === 'string' ? now === name : name.test(now)) return;
    }
    throw new Error(`${key} did not reach ${String(name)}; passed ${passed.join(', ')}`);
  }
  const lands = (name: string) => expect.poll(async () => (await focus()).name, { timeout: 60_000 }).toBe(name);
  const says = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 120_000 });

  it('says who one is, and adds the built-in model', async () => {
    await lands('Your name');
    // The name that the system has is selected: what one types stands in its place.
    await type('Ada Lovelace');
    await press('Enter');
    await reach('Add Atlas');
    await press('Enter');
    await says('Atlas is in the library.');
    // Its screens are there a moment later; a key for one that is not there does nothing.
    await page.getByRole('navigation').getByRole('link', { name: /^Edit/ }).waitFor();
    expect(await focus()).toMatchObject({ isShown: true });
  });

  it('writes a fact, has checks suggested, and works the edit out', async () => {
    await press('Control+4');
    await lands('Subject, fact 1');
    await type('Los Angeles');
    await press('Tab');
    await type('{} is in');
    await press('Tab');
    await type('Poland');
    await page.locator('button:not([disabled])', { hasText: 'Suggest checks' }).waitFor();
    await reach('Suggest checks', 'Shift+Tab');
    await press('Enter');
    await says('Checks added to 1 fact.');
    await page.locator('button:not([disabled])', { hasText: 'Work out the edit' }).waitFor();
    await press('Control+Enter');
    await page.getByRole('article', { name: 'Report' }).waitFor({ timeout: 240_000 });
  });

  it('reads the report to its end, and commits with a reason', async () => {
    const body = () =>
      page.evaluate<{ top: number; rest: number }>(
        '(({ scrollTop, scrollHeight, clientHeight }) => ({ top: scrollTop, rest: scrollHeight - clientHeight - scrollTop ' +
          "}))(document.querySelector('.screen-body'))",
      );
    await press('End');
    await expect.poll(async () => (await body()).rest).toBeLessThan(2);
    expect((await body()).top).toBeGreaterThan(0);
    await press('Home');
    await reach(/^Commit/, 'Shift+Tab', 2);
    await press('Enter');
    await lands('Reason');
    await press('Escape');
    expect((await focus()).name).toMatch(/^Commit/);
    await press('Enter');
    await lands('Reason');
    await type('Moved, says the atlas');
    await page.keyboard.press('Control+Enter');
    keys++;
    await says('Committed as entry 2.');
    await lands('Subject, fact 1');
    expect(await focus()).toMatchObject({ isShown: true });
  });

  it('asks the model', async () => {
    await press('Control+2');
    await lands('Prompt');
    await type('Los Angeles is in');
    await press('Enter');
    await expect
      .poll(() => page.getByRole('region', { name: 'Answer of Current version' }).textContent(), { timeout: 60_000 })
      .toMatch(/Los Angeles is in\s*Poland/);
    expect(await focus()).toMatchObject({ name: 'Prompt', isShown: true });
  });

  it('rolls back to the model as it was imported, with a reason', async () => {
    await press('Control+5');
    await page.getByRole('list', { name: /Timeline/ }).waitFor();
    await reach(/^Los Angeles → Poland/);
    await press('ArrowDown');
    expect((await focus()).name).toMatch(/^The model as it was imported/);
    await reach('Roll back to it…');
    await press('Enter');
    await lands('Reason');
    await press('Escape');
    await lands('Roll back to it…');
    await press('Enter');
    await lands('Reason');
    await type('It is not in Poland');
    await page.keyboard.press('Control+Enter');
    keys++;
    await says(/^Rolled back.*Recorded as entry/);
    await expect.poll(async () => (await focus()).name, { timeout: 10_000 }).toMatch(/^The model as it was imported|^Rolled back/);
    expect(await focus()).toMatchObject({ isShown: true });
  });

  it('reads what the methods are, and the glossary', async () => {
    await press('Control+4');
    await lands('Subject, fact 1');
    await reach('What is each method?');
    await press('Enter');
    await says(/^Spreads the change over several layers, worked out/);
    await press('Escape');
    expect((await focus()).name).toBe('What is each method?');
    await press('F1');
    await page.getByRole('heading', { level: 1, name: 'Glossary' }).waitFor();
  });
});
