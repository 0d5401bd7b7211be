import { defineCommand } from '../command.ts';
import { counted } from '../format/ids.ts';
import { flag } from '../options.ts';
import { removedCalled } from '../removed.ts';
import { UsageError } from '../usage.ts';

export const purge = defineCommand({
  name: 'purge',
  summary: 'Delete a model that was removed from the library, and its record, for good',
  about:
    'What is removed is set aside with its record, so that it can be brought back. This deletes one of those: model, edits and the ' +
    'whole record. Nothing brings it back. Its anchor stays beside the key: it says that there was a record, and up to which entry.',
  positionals: [{ name: 'model', help: 'Its name, its id, or what `emend models` calls it under “Removed”' }],
  options: { recordToo: flag('Says that you know that the record goes too') },
  examples: [['emend purge atlas --record-too', 'Nothing of it is left']],
  async run({ recordToo }, [named], { out, open }) {
    const app = await open();
    const found = await removedCalled(app, named!);
    const what = `${found.name} (${found.removed}), with its record of ${counted(found.entries, 'entry', 'entries')}`;
    if (!recordToo) throw new UsageError(`This deletes ${what}, for good.`, 'Say that you know: --record-too.');
    await app.call('library.purge', { removed: found.removed });
    out.line(`Deleted: ${what}.`);
    return { removed: found.removed, name: found.name, entries: found.entries };
  },
});
