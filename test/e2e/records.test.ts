import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { lookAt } from './look.ts';
import { samplePage, type SamplePage } from './sample-page.ts';

/** The versions and log screens, act by act, on a sample ledger that grows as one acts. */

const at = (screen: 'versions' | 'log', query = '') => `#/model/${'a71a5000'.repeat(8)}/${screen}${query}`;
const entry = (page: Page, seq: number) => page.locator(`[data-entry="${seq}"]`);
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

let sample: SamplePage;
let page: Page;
beforeAll(async () => {
  sample = await samplePage();
});
afterEach(async () => {
  await page.context().close();
  expect(sample.errors).toEqual([]);
});
afterAll(() => sample.close());

it('rolls back with a reason, and undoes it from the message', async () => {
  page = await sample.open(at('versions'));
  await entry(page, 4).click();
  await button(page, 'Roll back to it…').click();
  await button(page, 'Roll back').click();
  await page.getByText('Say why in a sentence.').waitFor();
  await page.getByLabel('Reason').fill('To compare with the spring');
  await page.keyboard.press('Control+Enter');
  await page.getByText('Rolled back to 2026-spring. Recorded as entry 25.').waitFor();
  await entry(page, 25).waitFor();
  await button(page, 'Undo').click();
  await entry(page, 26).waitFor();
});

it('shows what was computed on top before it reverts, computes that anew, and shows the new checks', async () => {
  page = await sample.open(at('versions'));
  await entry(page, 4).click();
  await button(page, 'Revert this edit…').click();
  await page.getByText('3 later edits were computed on top of it:').waitFor();
  await page.getByRole('radio', { name: 'Compute them anew on what is left' }).check();
  await page.getByLabel('Reason').fill('The wrong currency');
  await button(page, 'Revert').click();
  await heading(page, 'Reverted, recorded as entry 25').waitFor();
  await page.getByText('Computed anew as 3 entries 26, 27, 28.').waitFor();
  await page.getByRole('table', { name: 'Checks of entry 28' }).getByText('New answer given').waitFor();
});

it('opens a dialog again that was closed a moment before, and the palette too', async () => {
  page = await sample.open(at('versions'));
  await entry(page, 4).click();
  await button(page, 'Roll back to it…').click();
  const dialog = page.locator('dialog[open]');
  await dialog.waitFor();
  // Both in one step, as a quick hand does: the browser tells that a dialog was closed only after the second.
  await page.evaluate(
    `document.querySelector('dialog[open]').requestClose();
     [...document.querySelectorAll('button')].find(({ innerText }) => innerText === 'Roll back to it…').click();`,
  );
  await page.waitForTimeout(200);
  expect(await dialog.getByLabel('Reason').evaluate((field) => field.matches(':focus'))).toBe(true);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await page.keyboard.press('Control+K');
  await dialog.waitFor();
  await page.evaluate(
    `document.querySelector('dialog[open]').requestClose();
     document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', code: 'KeyK', ctrlKey: true, bubbles: true }));`,
  );
  await page.waitForTimeout(200);
  expect(await dialog.count()).toBe(1);
});

it('cancels a revert, and nothing was changed', async () => {
  page = await sample.open(at('versions'));
  await entry(page, 4).click();
  await button(page, 'Revert this edit…').click();
  await page.getByLabel('Reason').fill('The wrong currency');
  await button(page, 'Revert').click();
  await page.getByRole('dialog').locator('.work').getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Cancelled, nothing changed.').waitFor();
  expect(await entry(page, 25).count()).toBe(0);
});

it('refuses a name that is taken in the words of the host, and takes another', async () => {
  page = await sample.open(at('versions'));
  await button(page, 'Tag…').click();
  await page.getByLabel('Name').fill('release-1');
  await page.keyboard.press('Enter');
  await page.getByText('The name "release-1" is taken').waitFor();
  await page.getByLabel('Name').fill('autumn');
  await page.keyboard.press('Enter');
  await page.getByText('Tagged autumn. Recorded as entry 25.').waitFor();
});

it('checks a version now', async () => {
  page = await sample.open(at('versions'));
  await button(page, 'Check now').click();
  await heading(page, 'Checked just now, recorded as entry 25').waitFor();
});

it('compares two ticked versions, swaps them, and asks prompts of one’s own', async () => {
  page = await sample.open(at('versions'));
  await page.getByLabel('Compare the version of entry 2', { exact: true }).check();
  await page.getByLabel('Compare the version of entry 10', { exact: true }).check();
  await button(page, 'Compare the two').click();
  await page.getByText('3 tensors that differ').waitFor();
  const before = await page.getByLabel('Version A', { exact: true }).inputValue();
  await button(page, 'Swap A and B').click();
  await expect.poll(() => page.getByLabel('Version B', { exact: true }).inputValue()).toBe(before);
  await page.getByLabel('Own prompts, one a line').fill('Rome is\nOslo is');
  await button(page, 'Compare').click();
  await page.locator('.answers').getByText('Oslo is', { exact: true }).waitFor();
});

it('draws a fact and the measures over the versions, each with its values as a table', async () => {
  page = await sample.open(at('log', '?entry=6'));
  await page
    .getByRole('link', { name: /^Over the versions/ })
    .first()
    .click();
  await heading(page, 'Over the versions').waitFor();
  const fact = page.getByLabel('A fact', { exact: true });
  const chosen = await fact.inputValue();
  const table = (name: string) => page.getByRole('table', { name, exact: true });
  await table(chosen).getByText('97.0%').waitFor();
  await page.getByRole('img', { name: new RegExp(`^${chosen}: \\d+ values`) }).waitFor();
  await table('Neighbours kept')
    .getByText(/measured by entry 6, with \d+ fact/)
    .waitFor();
  const other = (await fact.locator('option').allInnerTexts()).find((one) => one !== chosen)!;
  await fact.selectOption({ label: other });
  await table(other).waitFor();
  await button(page, 'Close the figures').click();
  await heading(page, 'Over the versions').waitFor({ state: 'detached' });
});

it('says why the policy keeps a version in, and exports one that it lets out', async () => {
  page = await sample.open(at('versions'));
  await button(page, 'Export…').click();
  await page.getByText('The policy asks for an approval of this version, and there is none.').waitFor();
  expect(await button(page, 'Export').isDisabled()).toBe(true);
  await button(page, 'Cancel').click();
  await entry(page, 10).click();
  await button(page, 'Export…').click();
  await button(page, 'Choose where…').click();
  await button(page, 'Export').click();
  await heading(page, 'What lies beside it').waitFor();
});

it('warns of a rejection and asks a second time before such a version goes out, though the policy would let it', async () => {
  page = await sample.open(at('log', '?entry=10'));
  await page.getByLabel('Comment').fill('The neighbours moved');
  await button(page, 'Reject').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
  await page.locator('.remark').getByText('The neighbours moved').waitFor();
  await page.goto(page.url().replace(/#.*/, at('versions', '?entry=10')));
  await button(page, 'Export…').click();
  const dialog = page.getByRole('dialog', { name: 'Export Atlas' });
  await dialog.getByText('This version was rejected.').waitFor();
  await dialog.getByText('The neighbours moved').waitFor();
  expect(await page.getByText('The policy lets this version out.').count()).toBe(0);
  await button(page, 'Choose where…').click();
  await button(page, 'Export the rejected version…').click();
  await button(page, 'Do not export').click();
  expect(await heading(page, 'What lies beside it').count()).toBe(0);
  await button(page, 'Export the rejected version…').click();
  await button(page, 'Export all the same').click();
  await heading(page, 'What lies beside it').waitFor();
});

it('does not offer to import first what is not as it was signed, and asks before it comes in', async () => {
  page = await sample.open('?look=spoilt#/library');
  await button(page, 'Import a model…').first().click();
  await button(page, 'Verify').click();
  await page.getByText('Damaged: 1 problem found.').waitFor();
  expect(await button(page, 'Import').count()).toBe(0);
  const all = button(page, 'Import all the same…');
  expect(await all.evaluate((element) => element.classList.contains('primary'))).toBe(false);
  await all.click();
  const question = page.getByRole('dialog', { name: 'Import what is not as it was signed?' });
  await question.getByText('1 thing here is not as it was signed').waitFor();
  await button(page, 'Cancel').last().click();
  await all.waitFor();
});

it('lists a removed model, and brings it back when its message is long gone', async () => {
  page = await sample.open('#/library');
  await button(page, 'Details of Atlas').click();
  await button(page, 'Remove from the library').click();
  const section = page.getByRole('region', { name: 'Removed' });
  await section.getByText(/\d entries, imported/).waitFor();
  expect(await button(page, 'Details of Atlas').count()).toBe(0);
  await button(page, 'Bring Atlas back').click();
  await button(page, 'Details of Atlas').waitFor();
  expect(await section.count()).toBe(0);
  // By keyboard: set aside once more, and deleted for good after a question.
  await button(page, 'Details of Atlas').click();
  await button(page, 'Remove from the library').click();
  await button(page, 'Delete Atlas for good').press('Enter');
  const question = page.getByRole('dialog', { name: 'Delete Atlas and its record for good?' });
  await question.getByText('Nothing brings them back.', { exact: false }).waitFor();
  if (process.env['EMEND_SHOTS']) await page.screenshot({ path: `${process.env['EMEND_SHOTS']}/purge.png` });
  await question.getByRole('button', { name: 'Delete' }).press('Enter');
  await page.getByText('Atlas was deleted.').waitFor();
  expect(await section.count()).toBe(0);
});

it('walks the timeline by keyboard', async () => {
  page = await sample.open(at('versions'));
  await entry(page, 21).focus();
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowDown');
  await heading(page, 'Rolled back to release-1').waitFor();
  expect(await entry(page, 16).evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  expect(page.url()).toContain('entry=16');
});

it('walks and filters 10,000 entries by keyboard, with few rows in the page', async () => {
  page = await sample.open(`?entries=10000${at('log')}`);
  await page.getByRole('grid').focus();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await heading(page, 'Entry 9999').waitFor();
  await page.keyboard.press('End');
  await heading(page, 'Entry 1').waitFor();
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  await page.keyboard.press('Escape');
  await expect.poll(() => heading(page, 'Entry 1').count()).toBe(0);
  await page.keyboard.press('/');
  await page.keyboard.type('saint-saëns');
  await page
    .locator('.foot')
    .getByText(/^\d{1,3}(,\d{3})? of 10,000 entries$/)
    .waitFor();
});

it('takes a filter from the address, chip by chip away, and out of the address', async () => {
  page = await sample.open(at('log', '?kinds=edit+tag&text=euro'));
  await page.getByText('1 of 24 entries').waitFor();
  await button(page, 'Remove the filter Search: euro').click();
  await page.getByText('8 of 24 entries').waitFor();
  await button(page, 'Clear the filter').click();
  await page.locator('.foot').getByText('24 entries', { exact: true }).waitFor();
  expect(page.url()).not.toContain('kinds');
  // Where nothing is left, the foot of the list stays where it is.
  const foot = async () => Math.round((await page.locator('.foot').boundingBox())!.y);
  const before = await foot();
  await page.keyboard.press('/');
  await page.keyboard.type('nothing like this');
  await page.locator('.foot').getByText('0 of 24 entries').waitFor();
  expect(await foot()).toBe(before);
});

it('needs words for a rejection, and shows it among the remarks', async () => {
  page = await sample.open(at('log', '?entry=17'));
  await button(page, 'Reject').click();
  await page.getByText('A rejection needs a comment').waitFor();
  await page.getByLabel('Comment').fill('Hopper is wrong');
  await button(page, 'Reject').click();
  // It stays for ever, so it asks once, and says what it is about.
  const question = page.getByRole('dialog', { name: 'Reject the version of entry 17 (Camille Saint-Saëns → Paris and 1 more)?' });
  await question.getByText('“Hopper is wrong”').waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  expect(await page.locator('.remark').getByText('Hopper is wrong').count()).toBe(0);
  await button(page, 'Reject').click();
  await question.getByRole('button', { name: 'Reject' }).click();
  await page.locator('.remark').getByText('Hopper is wrong').waitFor();
  await button(page, 'entry 25').click();
  await heading(page, 'Entry 25').waitFor();
});

it('lists what waits for a review, marks what was open, and approves from a version too, which no longer waits then', async () => {
  page = await sample.open(at('log'));
  await button(page, '4 versions to review, 4 not opened by you yet').click();
  await page.getByText('4 of 24 entries').waitFor();
  await page
    .getByRole('row', { name: /Camille Saint-Saëns/ })
    .getByText('not reviewed')
    .waitFor();
  await page.getByRole('row', { name: /Camille Saint-Saëns/ }).click();
  await heading(page, 'Opened here').waitFor();
  await page.getByText('not that it was read', { exact: false }).waitFor();
  await button(page, '4 versions to review, 3 not opened by you yet').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /Camille Saint-Saëns.*Ada Byron/ }).waitFor();
  await page.goto(page.url().replace(/#.*/, at('versions', '?entry=17')));
  await button(page, 'Approve').click();
  const question = page.getByRole('dialog', { name: 'Approve the version of entry 17 (Camille Saint-Saëns → Paris and 1 more)?' });
  await question.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Approved. Recorded as entry 25.').waitFor();
  await page.getByRole('article').getByText('Approved', { exact: true }).waitFor();
  await page.goto(page.url().replace(/#.*/, at('log', '?review=approved')));
  await page.getByRole('row', { name: /Camille Saint-Saëns/ }).waitFor();
  await button(page, '3 versions to review, 3 not opened by you yet').waitFor();
});

it('names in the settings whose signatures count, and signs an approval with a key of one’s own', async () => {
  page = await sample.open('#/settings');
  await page.getByLabel('Approval').selectOption({ label: 'By someone else, signed with a key of their own' });
  await page.getByText('Nobody’s key is named yet', { exact: false }).waitFor();
  await button(page, 'Add a person…').click();
  const adding = page.getByRole('dialog');
  await adding.getByLabel('Name').fill('Grace');
  await adding.getByRole('button', { name: 'Add a person…' }).click();
  await adding.getByText('Write a name and choose a file first.').waitFor();
  await adding.getByRole('button', { name: 'Choose…' }).click();
  await adding.getByRole('button', { name: 'Add a person…' }).click();
  await page.getByText('Grace', { exact: true }).waitFor();
  // By keyboard: a key of one's own.
  await page.getByRole('button', { name: 'Choose…' }).press('Enter');
  await page.getByText('ada.pem').waitFor();
  await lookAt(page, 'settings-keys');
  await page.goto(page.url().replace(/#.*/, at('log', '?entry=17')));
  await button(page, 'Approve').click();
  const question = page.getByRole('dialog');
  await question.getByText('The policy does not name this key', { exact: false }).waitFor();
  await question.getByLabel('Passphrase of the key').fill('wrong');
  await question.getByRole('button', { name: 'Approve' }).click();
  await question.getByText('This passphrase does not open the key', { exact: false }).waitFor();
  await lookAt(page, 'approve-signed');
  await question.getByLabel('Passphrase of the key').fill('correct horse');
  await question.getByRole('button', { name: 'Approve' }).press('Enter');
  await page.getByText('Approved. Recorded as entry 25.').waitFor();
  await page
    .locator('.remark')
    .getByText(/^Signed with key [0-9a-f]{12} of Ada Byron/)
    .waitFor();
});

it('lists every fact ever changed, filters by what became of it, keeps that in the address, and writes it out', async () => {
  page = await sample.open(`#/model/${'a71a5000'.repeat(8)}/facts`);
  const row = page.getByRole('row', { name: /Los Angeles/ });
  for (const said of ['Canada', 'failed', 'rejected', 'taken out']) await row.getByText(said).waitFor();
  await page.getByRole('grid').press('ArrowDown');
  await page.getByRole('link', { name: /over the versions$/ }).waitFor();
  await page.getByLabel('Now', { exact: true }).selectOption('taken out');
  await page.getByText('1 of 8 facts').waitFor();
  expect(page.url()).toContain('state=taken+out');
  await button(page, 'Export…').click();
  await page.getByRole('radio', { name: 'HTML' }).check();
  await button(page, 'Choose where to save…').click();
  await page.getByText(/^Wrote \d facts to/).waitFor();
  await row.click();
  await heading(page, 'Entry 6').waitFor();
});

it('opens evidence: text laid out, the report as a report, and says of the rest what it is', async () => {
  page = await sample.open(at('log', '?entry=17'));
  await button(page, 'View Fact set').click();
  await page.getByRole('dialog').getByText('"Camille Saint-Saëns"').first().waitFor();
  await page.keyboard.press('Escape');
  await button(page, 'View Delta').click();
  await page.getByText('A binary file').waitFor();
  await page.keyboard.press('Escape');
  await button(page, 'View Report').click();
  await page.getByRole('dialog').getByText('New answer given').first().waitFor();
});

it('opens the report of a check: what was asked of every fact, with what came', async () => {
  page = await sample.open(at('log', '?entry=16'));
  await page
    .getByRole('row', { name: /\bCheck\b/ })
    .first()
    .click();
  await page.keyboard.press('Enter');
  await button(page, 'View Report').click();
  const report = page.getByRole('dialog', { name: 'Check report' });
  await report.getByText('3 neighbours and wordings were left out').waitFor();
  await report.locator('summary', { hasText: 'wordings' }).first().click();
  await report.getByText('The prompt itself').first().waitFor();
  await report.getByText('1 prompt more asked, of which no answer is known that it should give.').first().waitFor();
  await report.getByRole('heading', { name: 'Asked as people ask' }).waitFor();
  await lookAt(page, 'check-report');
});

it('walks the hash chain, and goes on to the version', async () => {
  page = await sample.open(at('log', '?entry=17'));
  await button(page, 'Entry 16').click();
  await heading(page, 'Entry 16').waitFor();
  await page.getByRole('link', { name: 'Show in Versions' }).click();
  await heading(page, 'Rolled back to release-1').waitFor();
});

it('verifies: the badge turns, and a damaged ledger is shown at its entry', async () => {
  page = await sample.open(at('log'));
  // One state, in the same words at the head and at the foot of the window; the entry of a verification counts as none that waits.
  for (const place of [page.locator('.trust'), page.locator('footer.status')]) await place.getByText('4 entries not verified').waitFor();
  await button(page, 'Verify').click();
  for (const place of [page.locator('.trust'), page.locator('footer.status')]) await place.getByText('Proven up to entry 24').waitFor();
  await page.locator('.trust').getByText('24 entries verified').waitFor();
  await page.goto(page.url().replace(/#.*/, `#/model/${'b07f0000'.repeat(8)}/log`));
  await button(page, 'Verify').click();
  await heading(page, 'First damage').waitFor();
  await page.locator('.trust').getByText('Damaged at entry 17').waitFor();
  await button(page, 'Go to entry 17').click();
  await heading(page, 'Entry 17').waitFor();
  await page.locator('.evidence').getByText('missing').waitFor();
});

it.each([
  ['the smallest window', { width: 720, height: 480 }],
  ['200 % zoom of 1280×800', { width: 640, height: 400 }],
])('keeps every action within reach in %s', async (_, size) => {
  page = await sample.open(at('log'));
  await page.setViewportSize(size);
  const isInWindow = async (name: string) => {
    const box = await button(page, name).first().boundingBox();
    return box !== null && box.x >= 0 && box.x + box.width <= size.width && box.y + box.height <= size.height;
  };
  for (const name of ['Verify', 'Export…']) await expect.poll(() => isInWindow(name), { message: name }).toBe(true);
  await page.goto(page.url().replace(/#.*/, at('versions')));
  await entry(page, 17).click();
  await heading(page, 'Camille Saint-Saëns → Paris and 1 more').waitFor();
  // The detail has the whole width beside the folded sidebar, and one gets back.
  expect((await page.getByRole('article').boundingBox())!.width).toBeGreaterThan(size.width * 0.8);
  for (const name of ['Check now', 'Export…']) expect(await isInWindow(name), name).toBe(true);
  await button(page, 'All changes').click();
  expect(await entry(page, 17).evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
});

it('folds the sidebar by button and by key, and remembers it', async () => {
  page = await sample.open(at('log'));
  const sidebar = page.getByRole('navigation', { name: 'Emend' });
  const width = async () => (await sidebar.boundingBox())!.width;
  await expect.poll(width).toBeGreaterThan(170);
  await button(page, 'Fold the sidebar').click();
  await expect.poll(width).toBeLessThan(60);
  expect(await page.evaluate("emend.call('settings.get', {}).then(({ value }) => value.settings.sidebar)")).toBe('folded');
  await sidebar.getByRole('link', { name: 'Versions' }).click();
  await page.getByRole('heading', { level: 1, name: 'Versions' }).waitFor();
  await page.keyboard.press('Control+B');
  await expect.poll(width).toBeGreaterThan(170);
});

it('exports every row that fits the filter', async () => {
  page = await sample.open(at('log', '?kinds=edit'));
  await button(page, 'Export…').click();
  await page.getByRole('radio', { name: 'HTML' }).check();
  await button(page, 'Choose where to save…').click();
  await page.getByText('Wrote 6 entries to /home/ada/audit-log.html.').waitFor();
});

it.each([
  ['the facts that were changed', `#/model/${'a71a5000'.repeat(8)}/facts`],
  // Others are in screens.test.ts.
  ['an edit no longer in force', at('versions', '?entry=6')],
  ['a filter that leaves nothing', at('log', '?text=nothing+like+this&kinds=edit')],
])('leaves axe nothing to find: %s, light and dark', async (_, address) => {
  page = await sample.open(address);
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(500);
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`)).toEqual([]);
  }
});

it('follows a link to another change while it is open', async () => {
  page = await sample.open(at('versions'));
  await heading(page, 'Burundi → Gitega').waitFor();
  await page.goto(page.url().replace(/#.*/, at('versions', '?entry=6')));
  await heading(page, 'Los Angeles → Canada').waitFor();
  await page.goto(page.url().replace(/#.*/, at('log', '?entry=4')));
  await heading(page, 'Entry 4').waitFor();
  await page.goto(page.url().replace(/#.*/, at('log', '?entry=2&kinds=edit')));
  await heading(page, 'Entry 2').waitFor();
  await page.getByText('6 of 24 entries').waitFor();
});
