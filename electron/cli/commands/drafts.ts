import { defineCommand } from '../command.ts';
import { minute, shortDraft } from '../format/ids.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { inShort } from '../show/checks.ts';
import { factsLine } from '../show/facts.ts';

export const drafts = defineCommand({
  name: 'drafts',
  summary: 'List edits that were worked out and not committed',
  positionals: [LIBRARY_MODEL],
  options: {},
  examples: [['emend drafts atlas', 'The newest first']],
  async run(_, [name], context) {
    const { out, warn } = context;
    const { app, model } = await libraryModel(context, name!, { readOnly: true });
    const listed = await app.call('edits.drafts', { model: model.id });
    if (listed.drafts.length === 0) out.line(`${model.name} has no drafts.`);
    else {
      out.table(
        [
          ['draft', 'from (UTC)', 'method', 'facts', 'checks', ''],
          ...listed.drafts.map((d) => [
            shortDraft(d.id),
            minute(d.changed),
            d.method,
            factsLine(d.facts),
            inShort(d.checks),
            d.stale ? out.style.bad('for an earlier version') : '',
          ]),
        ],
        { heading: true },
      );
    }
    for (const { message, hint } of listed.notices) warn(message, hint);
    return listed;
  },
});
