import { expect, it } from 'vitest';
import { COMMANDS } from '../../../shared/commands.ts';
import { SCREENS } from '../../../shared/screens.ts';

it('gives every screen and command an id and keys of its own', () => {
  const ids = [...SCREENS, ...COMMANDS].map(({ id }) => id);
  const keys = [...SCREENS, ...COMMANDS].flatMap((one): readonly string[] => one.keys).map((key) => key.toLowerCase());
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(keys).size).toBe(keys.length);
});
