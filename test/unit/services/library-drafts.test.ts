import { expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormFile, LibraryDrafts } from '../../../electron/services/library-drafts.ts';
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

it('keeps a form where it may write, and says where it may not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emend-form-'));
  try {
    const form = { facts: [{ subject: 'A', prompt: '{} is', target: 'B' }], method: 'rome' as const, choices: {}, fluency: false };
    const path = join(folder, 'form.json');
    expect(await new FormFile(path, true).save(form)).toBe(false);
    expect(await new FormFile(path, false).load()).toBeNull();
    expect(await new FormFile(path, false).save(form)).toBe(true);
    expect(await new FormFile(path, true).load()).toEqual(form);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
