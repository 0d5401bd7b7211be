import { describe, expect, it } from 'vitest';
import type { Row } from '../../../../shared/contract/audit.ts';
import { inSight, PAGE, Pages, pagesOf, scrollTo } from '../../../../renderer/screens/log/pages.ts';

const row = (seq: number): Row => ({ seq, hash: '', time: '', author: '', kind: 'note', reason: '', subjects: [], relations: [], verdict: 'none' });

describe('what is in sight', () => {
  it('stays within the list at both ends', () => {
    expect(inSight({ scrollTop: 0, height: 400, rowHeight: 40, total: 10_000, spare: 2 })).toEqual({ first: 0, last: 12 });
    expect(inSight({ scrollTop: 399_600, height: 400, rowHeight: 40, total: 10_000, spare: 2 })).toEqual({ first: 9988, last: 10_000 });
    expect(inSight({ scrollTop: 4000, height: 400, rowHeight: 40, total: 0 })).toEqual({ first: 0, last: 0 });
  });
  it('scrolls no further than it must', () => {
    const view = { scrollTop: 400, height: 200, rowHeight: 40 };
    expect(scrollTo(12, view)).toBe(400);
    expect(scrollTo(9, view)).toBe(360);
    expect(scrollTo(15, view)).toBe(440);
  });
  it('names the pages of a stretch of rows', () => {
    expect(pagesOf(PAGE - 1, PAGE + 1)).toEqual([0, 1]);
    expect(pagesOf(PAGE, 2 * PAGE)).toEqual([1]);
    expect(pagesOf(5, 5)).toEqual([]);
  });
});

describe('pages of rows', () => {
  const list = (total: number) => async (offset: number, limit: number) => ({ total, rows: Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, at) => row(total - offset - at)) });

  it('fetches each page once, when it is needed', async () => {
    const offsets: number[] = [];
    const pages = new Pages((offset, limit) => (offsets.push(offset), list(450)(offset, limit)), () => undefined, () => undefined);
    await Promise.all([pages.need(0, 20), pages.need(0, 30)]);
    await pages.need(PAGE - 5, PAGE + 5);
    expect(offsets).toEqual([0, PAGE]);
    expect(pages.total).toBe(450);
    expect(pages.row(0)?.seq).toBe(450);
    expect(pages.row(PAGE)?.seq).toBe(250);
    expect(pages.row(449)).toBeUndefined();
    expect(pages.find(250)).toBe(PAGE);
    expect(pages.find(1)).toBeUndefined();
  });

  it('tells of a page that failed and tries it again', async () => {
    let fail = true;
    const failures: unknown[] = [];
    let changes = 0;
    const pages = new Pages((offset, limit) => (fail ? Promise.reject(new Error('gone')) : list(3)(offset, limit)), () => changes++, (error) => failures.push(error));
    await pages.need(0, 3);
    expect([failures.length, changes]).toEqual([1, 0]);
    fail = false;
    await pages.need(0, 3);
    expect(pages.row(2)?.seq).toBe(1);
    expect(changes).toBe(1);
  });
});
