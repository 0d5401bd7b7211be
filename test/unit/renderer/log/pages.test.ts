import { describe, expect, it, vi } from 'vitest';
import type { Row } from '../../../../shared/contract/audit.ts';
import { PAGE, Pages, pagesOf } from '../../../../renderer/screens/log/pages.ts';

const row = (seq: number): Row => ({
  seq,
  hash: '',
  time: '',
  author: '',
  kind: 'note',
  reason: '',
  subjects: [],
  relations: [],
  about: '',
  verdict: 'none',
});

it('names the pages of a stretch of rows', () => {
  expect(pagesOf(PAGE - 1, PAGE + 1)).toEqual([0, 1]);
  expect(pagesOf(PAGE, 2 * PAGE)).toEqual([1]);
  expect(pagesOf(5, 5)).toEqual([]);
});

describe('pages of rows', () => {
  const list = (total: number) => async (offset: number, limit: number) => ({
    total,
    rows: Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, at) => row(total - offset - at)),
  });

  it('lets pages go by that are only scrolled past', async () => {
    vi.useFakeTimers();
    try {
      const offsets: number[] = [];
      const fetch = list(10_000);
      const pages = new Pages(
        (offset, limit) => (offsets.push(offset), fetch(offset, limit)),
        () => undefined,
        () => undefined,
      );
      await pages.need(0, 30);
      for (let first = 0; first <= 8000; first += 400) {
        pages.follow(first, first + 30);
        await vi.advanceTimersByTimeAsync(20);
      }
      await vi.advanceTimersByTimeAsync(200);
      // Where it stays, and what is next to it.
      expect(offsets.sort((a, b) => a - b)).toEqual([0, 7800, 7900, 8000, 8100]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('fetches what one slowly scrolls to before it is in sight', async () => {
    vi.useFakeTimers();
    try {
      const fetch = list(10_000);
      const pages = new Pages(
        fetch,
        () => undefined,
        () => undefined,
      );
      await pages.need(0, 30);
      const missing: number[] = [];
      for (let first = 0; first <= 5000; first += 10) {
        if (pages.row(first + 29) === undefined) missing.push(first);
        pages.follow(first, first + 30);
        await vi.advanceTimersByTimeAsync(20);
      }
      expect(missing).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('fetches each page once, when it is needed', async () => {
    const offsets: number[] = [];
    const pages = new Pages(
      (offset, limit) => (offsets.push(offset), list(450)(offset, limit)),
      () => undefined,
      () => undefined,
    );
    await Promise.all([pages.need(0, 20), pages.need(0, 30)]);
    await pages.need(PAGE - 5, PAGE + 5);
    expect(offsets).toEqual([0, PAGE]);
    expect(pages.total).toBe(450);
    expect(pages.row(0)?.seq).toBe(450);
    expect(pages.row(PAGE)?.seq).toBe(450 - PAGE);
    expect(pages.row(449)).toBeUndefined();
    expect(pages.find(450 - PAGE)).toBe(PAGE);
    expect(pages.find(1)).toBeUndefined();
  });

  it('tells of a page that failed and tries it again', async () => {
    let fail = true;
    const failures: unknown[] = [];
    let changes = 0;
    const pages = new Pages(
      (offset, limit) => (fail ? Promise.reject(new Error('gone')) : list(3)(offset, limit)),
      () => changes++,
      (error) => failures.push(error),
    );
    await pages.need(0, 3);
    expect([failures.length, changes]).toEqual([1, 0]);
    fail = false;
    await pages.need(0, 3);
    expect(pages.row(2)?.seq).toBe(1);
    expect(changes).toBe(1);
  });
});
