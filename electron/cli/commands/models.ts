import type { ModelCard } from '../../../shared/contract/library.ts';
import { trustOf, trustWords, verifiedAt } from '../../../shared/trust.ts';
import { defineCommand } from '../command.ts';
import type { Style } from '../format/style.ts';
import { minute, short } from '../format/ids.ts';
import { whole } from '../format/numbers.ts';

export const models = defineCommand({
  name: 'models',
  summary: 'List the models of the library',
  positionals: [],
  options: {},
  examples: [['emend models', 'The one opened last comes first']],
  async run(_, __, { out, open, warn }) {
    const app = await open({ readOnly: true });
    const listed = await app.call('library.list', {});
    const { style } = out;
    if (listed.models.length === 0) out.line('There is no model yet. Bring one in: emend import <folder>, or emend import atlas.');
    else {
      out.table(
        [
          ['name', 'id', 'architecture', 'parameters', 'edits', 'steerings', 'versions', 'drafts', 'entries', 'state'],
          ...listed.models.map((m) => [
            m.name,
            short(m.id),
            m.architecture,
            whole(m.parameters),
            String(m.edits),
            String(m.steerings),
            String(m.versions),
            String(m.drafts + m.fitted),
            String(m.entries),
            stateOf(m, style),
          ]),
        ],
        { heading: true, right: [3, 4, 5, 6, 7, 8] },
      );
    }
    if (listed.removed.length > 0) {
      out.line();
      out.line('Removed, with their records; emend restore brings them back, emend purge deletes them:');
      out.table(
        [
          ['name', 'id', 'entries', 'imported', ''],
          ...listed.removed.map((one) => [
            one.name,
            short(one.id),
            String(one.entries),
            one.imported === undefined ? 'no record tells' : minute(one.imported),
            one.removed,
          ]),
        ],
        { heading: true, right: [2] },
      );
    }
    for (const { name, state: is, says } of listed.models) if (is === 'damaged' || is === 'newer') warn(`${name}: ${says ?? is}`);
    for (const { message, hint } of listed.notices) warn(message, hint);
    return listed;
  },
});

/** How the record stands, in the words of the window, and what keeps it from being written to. */
function stateOf(model: ModelCard, style: Style): string {
  const trust = trustOf(model, model.verified);
  const { label, says, tone } = trustWords(trust);
  const time = verifiedAt(trust);
  const said = `${label}${time === undefined ? '' : `, ${says} ${minute(time)} UTC`}`;
  const shown = tone === 'plain' ? said : style[tone](said);
  const odd = { intact: '', damaged: '', held: 'in use; ', newer: 'of a newer Emend; ' }[model.state];
  return odd === '' ? shown : `${style.accent(odd)}${shown}`;
}
