import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Application } from '../../electron/services/application.ts';
import { verdictWords } from '../../shared/verdict.ts';
import { root } from '../fixtures.ts';
import { openApplication, removeTemporary, temporary } from './application.ts';

/** Data folders as earlier releases left them. */
const homes = join(root, 'reports/record/fixtures');
const HOMES = existsSync(homes) ? readdirSync(homes).filter((name) => existsSync(join(homes, name, 'models'))) : [];

afterAll(removeTemporary);

async function opened(home: string): Promise<{ app: Application; model: string; entries: number }> {
  const folder = join(temporary(), 'home');
  cpSync(join(homes, home), folder, { recursive: true });
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) await chmod(join(folder, path), 0o755);
  const app = await openApplication({ dataFolder: folder });
  const [card] = (await app.call('library.list', {})).models;
  return { app, model: card!.id, entries: card!.entries };
}

describe.each(HOMES)('the library %s of an earlier release', (home) => {
  it('opens, takes entries, and gets its anchor when a person asks for it', async () => {
    const { app, model, entries } = await opened(home);
    try {
      const before = (await app.run('audit.verify', { model, record: false })).verdict;
      expect(verdictWords(before)).toMatch(
        /^Whole in itself; proven up to entry \d+ by its own checkpoint .*; end not proven: it has no anchor/,
      );
      await app.call('audit.note', { model, comment: 'It goes on' });
      const { entry, verdict } = await app.run('audit.anchor', { model, reason: 'Looked through' });
      expect(entry).toBe(entries + 2);
      expect(verdict).toMatchObject({ upTo: entry, end: true, since: entry, problems: 0 });
      expect(verdictWords(verdict)).toContain(`anchored from entry ${entry} on`);
      expect((await app.call('library.list', {})).models[0]!.anchored).toEqual({ since: entry, upTo: entry });
    } finally {
      await app.close();
    }
  });

  it('exports what is compared as far as can be, and in full once the record was anchored', async () => {
    const { app, model } = await opened(home);
    try {
      const { publicKey } = await app.call('settings.key', {});
      const exported = async () => {
        const target = app.grants.grant(join(temporary(), 'out'), 'write');
        const { path } = await app.run('exports.start', { model, destination: target.handle });
        expect(readFileSync(join(path, 'emend/ledger.jsonl')).length).toBeGreaterThan(0);
        return app.run('exports.verify', { source: target.handle, publicKey });
      };
      const old = await exported();
      expect(old.problems).toEqual([]);
      expect(old.verdict).toMatchObject({ end: true });
      expect(old.verdict.unchecked.length).toBe(old.about!.edits > 0 ? 1 : 0);
      await app.run('audit.anchor', { model });
      expect((await exported()).verdict).toMatchObject({ end: true, unchecked: [] });
    } finally {
      await app.close();
    }
  });
});
