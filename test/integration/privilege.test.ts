import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { forkEngine, type Rights } from '../../electron/engine/channel.ts';

const scratch = mkdtempSync(join(tmpdir(), 'emend-rights-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What a script says when it is run as the engine is. */
async function saidBy(script: string, rights?: Rights): Promise<unknown> {
  const entry = join(scratch, 'entry.mjs');
  writeFileSync(entry, script);
  const channel = forkEngine(entry, {}, rights);
  const said = await new Promise((resolve) => {
    channel.onMessage(resolve);
    void channel.ended.then(resolve);
  });
  channel.kill();
  await channel.ended;
  return said;
}

it('the engine starts no other program, and is not told what a person typed for one command', async () => {
  process.env['EMEND_PASSPHRASE'] = 'correct horse';
  const said = await saidBy(`
    import { spawnSync, execFile } from 'node:child_process';
    import { Session } from 'node:inspector';
    const codes = [() => spawnSync('true'), () => execFile('true'), () => new Session().connect()].map((act) => {
      try { act(); return 'done' } catch (error) { return error.code }
    });
    process.send([codes, process.env.EMEND_PASSPHRASE ?? null]);
  `);
  delete process.env['EMEND_PASSPHRASE'];
  expect(said).toEqual([['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED'], null]);
});

it('but the one that runs GGUF files, for the package that does it', async () => {
  const script = `
    import { spawnSync } from 'node:child_process';
    process.send(spawnSync(process.execPath, ['--version']).status);
  `;
  expect(await saidBy(script, { programs: true })).toBe(0);
});
