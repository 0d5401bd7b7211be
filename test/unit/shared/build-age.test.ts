import { expect, it } from 'vitest';
import { buildAge } from '../../../shared/build-age.ts';

it('tells how old a build is, and when it is old', () => {
  const at = (day: string) => buildAge('2026-11-01', new Date(`${day}T12:00:00Z`));
  expect(at('2026-11-01')).toEqual({ words: '2026-11-01, today', isOld: false });
  expect(at('2026-11-02').words).toBe('2026-11-01, a day ago');
  expect(at('2026-11-30')).toEqual({ words: '2026-11-01, 29 days ago', isOld: false });
  expect(at('2027-03-01')).toEqual({ words: '2026-11-01, 120 days ago', isOld: true });
  expect(at('2026-10-01').words).toBe('2026-11-01, today'); // a clock that was set back
});
