import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
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
    const state = {
      intact: style.good('intact'),
      damaged: style.bad('damaged'),
      held: style.accent('in use'),
      newer: style.accent('newer'),
    };
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
            state[m.state],
          ]),
        ],
        { heading: true, right: [3, 4, 5, 6, 7, 8] },
      );
    }
    for (const { name, state: is, says } of listed.models) if (is === 'damaged' || is === 'newer') warn(`${name}: ${says ?? is}`);
    for (const { message, hint } of listed.notices) warn(message, hint);
    return listed;
  },
});
