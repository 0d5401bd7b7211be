import { defineCommand } from '../command.ts';
import { draftCalled } from '../drafts.ts';
import { shortDraft } from '../format/ids.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';

export const discard = defineCommand({
  name: 'discard',
  summary: 'Throw a draft away',
  positionals: [LIBRARY_MODEL, { name: 'draft', help: 'Beginning of the draft’s id' }],
  options: {},
  examples: [['emend discard atlas 3f2a91c0', 'As `emend drafts atlas` lists it']],
  async run(_, [name, wanted], context) {
    const { app, model } = await libraryModel(context, name!, {});
    const { drafts } = await app.call('edits.drafts', { model: model.id });
    const { id } = draftCalled(drafts, wanted!);
    await app.call('edits.discard', { model: model.id, draft: id });
    context.out.line(`Draft ${shortDraft(id)} is gone. The record is as it was.`);
    return { discarded: id };
  },
});
