import { mkdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import { NAME } from '../fault/service-act.ts';
import { ACTS } from '../fault/services-doing.ts';
import { makeScene, openHere, prepared, removeTemporary, temporary, type Scene } from '../fault/services-scene.ts';
import { buildHolder, OtherProcess } from './other-process.ts';

let scene: Scene;
let built: { program: string; remove: () => void };
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  [scene, built] = [await makeScene(), await buildHolder()];
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(() => {
  removeTemporary();
  built.remove();
});

/** A library that another process holds, and an application here that came second. */
async function held(options: { readOnly?: boolean } = {}): Promise<{ first: OtherProcess; second: Application }> {
  const { library } = prepared(scene, ACTS[1]!);
  const first = new OtherProcess(built.program, library);
  expect(await first.opened).toEqual({ ok: true });
  expect(await first.call('library.list')).toMatchObject({ ok: true, value: { models: [{ state: 'intact' }] } });
  const second = await openHere(library, options);
  open.push(second, { close: () => first.kill() });
  return { first, second };
}

const stateIn = async (app: Application) => (await app.call('library.list', {})).models.map(({ state, says }) => ({ state, says }));
const totalIn = async (app: Application) => (await app.call('audit.list', { model: NAME })).total;

it('one that was killed holds nothing any more, for those too that only read', async () => {
  const { first, second } = await held({ readOnly: true });
  expect(await stateIn(second)).toMatchObject([{ state: 'held' }]);
  await first.kill();
  expect(await stateIn(second)).toEqual([{ state: 'intact', says: undefined }]);
});

describe('the second of two processes', () => {
  it('is told who holds the model, and that it can only read', async () => {
    const { first, second } = await held();
    const who = new RegExp(`Emend .*process ${first.pid}`);
    expect(await stateIn(second)).toEqual([{ state: 'held', says: expect.stringMatching(who) as string }]);
    const refused = {
      code: 'failed',
      message: expect.stringMatching(who) as string,
      hint: expect.stringContaining('close the other program') as string,
    };
    await expect(second.call('audit.note', { model: NAME, comment: 'Mine' })).rejects.toMatchObject(refused);
    await expect(second.call('versions.tag', { model: NAME, version: 'current', name: 'mine' })).rejects.toMatchObject(refused);
    await expect(second.run('edits.commit', { model: NAME, draft: scene.draft, reason: 'Mine' })).rejects.toMatchObject(refused);
    await expect(second.run('versions.rollback', { model: NAME, version: 'base', reason: 'Mine' })).rejects.toMatchObject(refused);
    await expect(
      second.run('exports.start', { model: NAME, destination: second.grants.grant(`${temporary()}/out`, 'write').handle }),
    ).rejects.toMatchObject(refused);
    await expect(second.call('library.remove', { model: NAME })).rejects.toMatchObject(refused);
  });

  it.each([{}, { readOnly: true }])('reads, asks and verifies, and sees what the first appends (%o)', async (options) => {
    const { first, second } = await held(options);
    const before = await totalIn(second);
    expect((await second.run('probing.ask', { model: NAME, prompt: 'Ada lives in', maxTokens: 2 })).pieces).toHaveLength(2);
    expect((await second.run('audit.verify', { model: NAME })).problems).toEqual([]);
    expect(await first.call('audit.note', { model: NAME, comment: 'From the first' })).toMatchObject({ ok: true });
    expect(await totalIn(second)).toBe(before + 1);
    expect(await first.run('edits.commit', { model: NAME, draft: scene.draft, reason: 'From the first' })).toMatchObject({ ok: true });
    const { current, versions } = await second.call('versions.list', { model: NAME });
    expect(versions.find((version) => version.id === current)?.parts).toHaveLength(3);
    expect((await second.run('probing.ask', { model: NAME, prompt: 'Bob speaks', maxTokens: 2 })).version).toBe(current);
  });

  it.each([
    ['closes', 'close'],
    ['is killed', 'kill'],
  ] as const)('takes over when the first %s', async (_, how) => {
    const { first, second } = await held();
    expect(await first.call('audit.note', { model: NAME, comment: 'From the first' })).toMatchObject({ ok: true });
    expect(await stateIn(second)).toMatchObject([{ state: 'held' }]);
    await first[how]();
    expect(await stateIn(second)).toEqual([{ state: 'intact', says: undefined }]);
    const before = await totalIn(second);
    await second.call('audit.note', { model: NAME, comment: 'From the second' });
    expect(await totalIn(second)).toBe(before + 1);
    expect((await second.run('audit.verify', { model: NAME, record: false })).problems).toEqual([]);
  });
});

it('two that import the same model at the same time end with one', async () => {
  const { library } = prepared(scene, ACTS[0]!);
  mkdirSync(library, { recursive: true });
  const others = [new OtherProcess(built.program, library), new OtherProcess(built.program, library)];
  open.push(...others.map((one) => ({ close: () => one.kill() })));
  for (const one of others) expect(await one.opened).toEqual({ ok: true });
  const results = await Promise.all(others.map((one) => one.run('library.import', { source: `path:${scene.model}` })));
  expect(results, JSON.stringify(results)).toMatchObject([{ ok: true }, { ok: true }]);
  for (const one of others) await one.close();
  const app = await openHere(library);
  open.push(app);
  expect((await app.call('library.list', {})).models).toHaveLength(1);
  expect((await app.run('audit.verify', { model: NAME, record: false })).problems).toEqual([]);
});
