import { expect, it } from 'vitest';
import { LibraryDrafts } from '../../../electron/services/library-drafts.ts';
import { BY, importBody, open } from '../ledger/samples.ts';
import { MemoryFiles } from '../storage/memory-files.ts';

it('gives back what a draft was worked out from, whatever its report says', async () => {
  const ledger = await open('/l', { files: new MemoryFiles(), create: true });
  await ledger.append('import', importBody(), BY);
  const fact = { subject: 'Tower Bridge', prompt: '{} stands in', target: 'Rome', paraphrases: ['Where is Tower Bridge? In'] };
  const json = (value: unknown) => ledger.blobs.put(Buffer.from(JSON.stringify(value)), 'application/json');
  const request = {
    method: 'rome',
    choices: { clamp: 2, layers: [1] },
    hyperparameterFile: { name: 'gpt2.json', text: '{"layers":[5]}' },
    fluency: true,
  };
  const { id } = await ledger.drafts.save(
    {
      kind: 'edit',
      parent: ledger.history.current.id,
      facts: [{ subject: fact.subject, prompt: fact.prompt, target: fact.target }],
      blobs: { factSet: await json({ facts: [fact] }), report: await json({}) },
      content: { request },
    },
    new Date(0),
  );
  const drafts = new LibraryDrafts({ id: 'atlas', name: 'atlas', ledger });
  expect(await drafts.form(id.slice(0, 8))).toEqual({ facts: [fact], ...request });
  await expect(drafts.form('nothing')).rejects.toMatchObject({ code: 'not-found' });
});
