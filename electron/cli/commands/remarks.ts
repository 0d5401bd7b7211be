import { resolve } from 'node:path';
import { type Command, defineCommand } from '../command.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { demanded, integer, orElse, text } from '../options.ts';
import { versionText } from '../versions.ts';
import { given } from '../../../shared/given.ts';
import { askPassphrase, isPassphraseMissing } from '../passphrase.ts';

type Remark = 'note' | 'approve' | 'reject';

export const note = remark(
  'note',
  'Add a remark to the record',
  'Noted',
  true,
  'emend note atlas --entry 3 --comment "Source: the city’s web site"',
);
export const approve = remark(
  'approve',
  'Approve a version',
  'Approved',
  false,
  'emend approve atlas --at release-1 --comment "Read the report; fine"',
);
export const reject = remark(
  'reject',
  'Reject a version, with the reason',
  'Rejected',
  true,
  'emend reject atlas --comment "Neighbours changed"',
);

function remark(name: Remark, summary: string, done: string, needsComment: boolean, example: string): Command {
  return defineCommand({
    name,
    summary,
    positionals: [LIBRARY_MODEL],
    options: {
      at: orElse(text('VERSION', 'Which version'), 'current'),
      entry: integer('N', 'An entry that it is about', { min: 1 }),
      sign: text('FILE', 'Sign it with a key of your own, as emend key --new made it'),
      comment: text('TEXT', needsComment ? 'What there is to say' : 'What there is to say; may be left out'),
    },
    examples: [[example, 'Signed by the author']],
    async run(values, [named], context) {
      const comment = needsComment ? demanded(values.comment, name, '--comment', 'Write: --comment "…".') : (values.comment ?? '');
      const { app, model } = await libraryModel(context, named!, {});
      const key = values.sign === undefined ? undefined : app.grants.grant(resolve(values.sign)).handle;
      const say = (passphrase?: string) =>
        app.call(`audit.${name}`, { model: model.id, version: values.at, comment, ...given({ entry: values.entry, key, passphrase }) });
      const { entry } = await say().catch(async (error: unknown) => {
        if (!isPassphraseMissing(error)) throw error;
        return say(await askPassphrase(`The passphrase of ${values.sign}: `));
      });
      context.out.line(
        `${done}: ${values.entry === undefined ? versionText(values.at) : `entry ${values.entry}`} of ${model.name}. Recorded as ` +
          `entry ${entry}.`,
      );
      return { entry };
    },
  });
}
