import { verdictWords } from '../../../shared/verdict.ts';
import { defineCommand } from '../command.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { text } from '../options.ts';
import { endFor } from '../show/verification.ts';

export const anchor = defineCommand({
  name: 'anchor',
  summary: 'Anchor a record that has no anchor, having looked it over',
  about:
    'The anchor is a signed file beside the key that knows the last entry of a record, so that a record that was cut off or ' +
    'rewritten shows. New records have one from the beginning. A record of an earlier release, or one whose anchor was lost, gets one ' +
    'only here: what was cut off before cannot be told any more, so look first whether the log is all there is. The record is verified ' +
    'before; an entry says from where on it is anchored.',
  positionals: [LIBRARY_MODEL],
  options: { reason: text('TEXT', 'What it was held against, for the record') },
  examples: [['emend anchor atlas --reason "Compared with the printed log of May"', 'From here on']],
  async run({ reason }, [name], context) {
    const { app, model } = await libraryModel(context, name!, {});
    const done = await app.run('audit.anchor', { model: model.id, ...(reason === undefined ? {} : { reason }) }, context.follow);
    context.out.line(`The record of ${model.name} is anchored from entry ${done.entry} on.`);
    context.out.line(verdictWords(done.verdict));
    context.ends(endFor(done.verdict));
    return done;
  },
});
