import { expect, it } from 'vitest';
import { ago } from '../../../renderer/format.ts';

it.each([
  [30, 'just now'],
  [59 * 60 + 10, '59 minutes ago'],
  [59 * 60 + 45, '1 hour ago'],
  [23.6 * 3600, 'yesterday'],
  [3 * 3600, '3 hours ago'],
])('%s seconds ago is %s', (seconds, said) => {
  const now = Date.UTC(2026, 10, 29);
  expect(ago(new Date(now - seconds * 1000).toISOString(), now)).toBe(said);
});
