import { defineCommand } from '../command.ts';
import { draftCalled } from '../drafts.ts';
import { short } from '../format/ids.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { demanded, text } from '../options.ts';
import { inShort } from '../show/checks.ts';
import { factsLine } from '../show/facts.ts';
import { given } from '../../../shared/given.ts';

export const commit = defineCommand({
  name: 'commit',
  summary: 'Record an edit that was worked out: from then on it is in force',
  positionals: [LIBRARY_MODEL, { name: 'draft', help: 'Beginning of the draft’s id; not needed when there is only one', optional: true }],
  options: { reason: text('TEXT', 'Why, for the record'), tag: text('NAME', 'Also name the new version') },
  examples: [
    ['emend commit atlas --reason "The bridge was moved" --tag moved', 'The only draft, and a name for the version that it makes'],
  ],
  async run(values, [name, wanted], context) {
    const { out, follow } = context;
    const reason = demanded(values.reason, 'commit', '--reason', 'Say why: --reason "…".');
    const { app, model } = await libraryModel(context, name!, {});
    const { drafts } = await app.call('edits.drafts', { model: model.id });
    const draft = draftCalled(drafts, wanted);
    const committed = await app.run('edits.commit', { model: model.id, draft: draft.id, reason, ...given({ tag: values.tag }) }, follow);
    out.line(`Committed as entry ${committed.entry}: ${factsLine(draft.facts)}.`);
    out.table([
      ['Version', `${short(committed.version)}${values.tag === undefined ? '' : ` (${values.tag})`}, the current one of ${model.name}`],
      ...(draft.checks.length === 0 ? [] : [['Checks', inShort(draft.checks)]]),
    ]);
    return committed;
  },
});
