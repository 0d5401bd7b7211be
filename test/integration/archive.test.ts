import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { zipFolder, zipOf } from '../zip.ts';
import { ATLAS, openApplication, removeTemporary, temporary } from './application.ts';

afterAll(removeTemporary);

test('a model in an archive is unpacked, imported as its folder would be, and not left lying about', async () => {
  const app = await openApplication();
  try {
    const archive = join(temporary(), 'downloaded.zip');
    writeFileSync(archive, zipFolder(ATLAS));
    const { handle } = app.grants.grant(archive);
    expect(await app.call('library.look', { source: handle })).toMatchObject({ what: 'archive', name: 'downloaded', problems: [] });
    const inside = await app.run('library.unpack', { source: handle });
    const look = await app.call('library.look', { source: inside.handle });
    expect(look).toMatchObject({ what: 'model', name: 'atlas', problems: [] });
    expect(JSON.stringify(look)).not.toContain(app.dataFolder);
    const { model } = await app.run('library.import', { source: inside.handle });
    expect(await app.run('library.import', { source: app.grants.grant(ATLAS).handle })).toMatchObject({ model, known: true });
    await expect.poll(() => contents(join(app.dataFolder, 'unpacked'))).toEqual(['LOCK']);

    const facts = join(temporary(), 'facts.zip');
    writeFileSync(facts, zipOf([{ path: 'our facts.csv', content: 'subject,prompt,target\nTower Bridge,{} stands in,Rome\n' }]));
    const table = await app.run('library.unpack', { source: app.grants.grant(facts).handle });
    expect(await app.call('library.look', { source: table.handle })).toMatchObject({ what: 'facts', name: 'our facts.csv' });
    expect(await app.call('edits.readFacts', { source: table.handle })).toMatchObject({ total: 1 });
  } finally {
    await app.close();
  }
  expect(readdirSync(join(app.dataFolder, 'unpacked'))).toEqual([]);
});

/** What lies in the folder that a process unpacks into. */
function contents(above: string): string[] {
  return readdirSync(above).flatMap((own) => readdirSync(join(above, own)));
}
