import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { CONTRACT, type MethodName } from '../../../shared/contract.ts';
import { fakeBridge } from '../../renderer/fake/host.ts';
import { plainest } from '../../renderer/fake/from-schema.ts';

describe('the host with sample data', () => {
  it.each(Object.keys(CONTRACT) as MethodName[])('can answer %s by its schema alone', (method) => {
    expect(v.safeParse(CONTRACT[method].result, plainest(CONTRACT[method].result)).issues).toBeUndefined();
  });

  it('refuses what does not fit the contract', async () => {
    const { call } = fakeBridge({});
    expect(await call('library.get', { model: 7 })).toMatchObject({ ok: false });
    expect(await call('library.nothing', {})).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  });
});
