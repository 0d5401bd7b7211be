import { expect, test } from 'vitest';
import { editSettings } from '../../../electron/engine/edit/settings.ts';
import type { Choices } from '../../../shared/methods/list.ts';
import { mini } from '../runtime/mini.ts';

const settled = async (choices: Choices) => editSettings({ method: 'memit', choices }, (await mini()).anatomy, 'of mine').settings.together;

test('what cannot be beside something that is asked for is off, and says why; asked for itself it stays', async () => {
  expect(await settled({})).toMatchObject({ value: true });
  expect(await settled({ ownTargets: true })).toEqual({ value: false, source: 'since Targets of each layer is asked for' });
  expect(await settled({ ownTargets: false })).toMatchObject({ value: true });
  expect(await settled({ farAbove: 2 })).toEqual({ value: false, source: 'since Written from is asked for' });
  expect(await settled({ farBelow: 0 })).toMatchObject({ value: true });
  expect(await settled({ ownTargets: true, together: true })).toEqual({ value: true, source: 'as asked' });
});
