import { expect, test } from 'vitest';
import { editSettings } from '../../../electron/engine/edit/settings.ts';
import type { Choices } from '../../../shared/methods/list.ts';
import { mini } from '../runtime/mini.ts';

const MEMIT_FIELDS = {
  layers: [0],
  v_num_grad_steps: 3,
  v_lr: 0.5,
  clamp_norm_factor: 1,
  kl_factor: 0.1,
  v_weight_decay: 0.1,
  mom2_update_weight: 10,
};
const settled = async (choices: Choices) => editSettings({ method: 'memit', choices }, (await mini()).anatomy, 'of mine').settings.together;

test('what cannot be beside something that is asked for is off, and says why; asked for itself it stays', async () => {
  expect(await settled({})).toMatchObject({ value: true });
  expect(await settled({ ownTargets: true })).toEqual({ value: false, source: 'since Targets of each layer is asked for' });
  expect(await settled({ ownTargets: false })).toMatchObject({ value: true });
  expect(await settled({ farAbove: 2 })).toEqual({ value: false, source: 'since Written from is asked for' });
  expect(await settled({ farBelow: 0 })).toMatchObject({ value: true });
  expect(await settled({ ownTargets: true, together: true })).toEqual({ value: true, source: 'as asked' });
});

test('an edit that is made only to be measured is told nothing, whatever a file says', async () => {
  const { anatomy } = await mini();
  const hyperparameterFile = { name: 'mine.json', text: JSON.stringify({ ...MEMIT_FIELDS, told: 'all', background: 9 }) };
  const of = (method: 'memit' | 'locft') => {
    const { settings } = editSettings(
      { method, choices: {}, ...(method === 'memit' && { hyperparameterFile }), isTrial: true },
      anatomy,
      'x',
    );
    return settings as unknown as Readonly<Record<string, unknown>>;
  };
  expect(of('memit')).toMatchObject({
    told: { value: 'nothing', source: 'all that is named checks what is only measured' },
    background: { value: 0 },
    layers: { value: [0], source: 'from mine.json' },
  });
  expect(of('locft')['told']).toBeUndefined();
});
