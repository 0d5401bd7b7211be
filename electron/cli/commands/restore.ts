import { defineCommand } from '../command.ts';
import { counted, short } from '../format/ids.ts';
import { removedCalled } from '../removed.ts';

export const restore = defineCommand({
  name: 'restore',
  summary: 'Bring a model back that was removed from the library, with its record',
  positionals: [{ name: 'model', help: 'Its name, its id, or what `emend models` calls it under “Removed”' }],
  options: {},
  examples: [['emend restore atlas', 'As it was when it was removed']],
  async run(_, [named], { out, open }) {
    const app = await open();
    const found = await removedCalled(app, named!);
    const back = await app.call('library.restore', { removed: found.removed });
    out.line(
      `${back.name} (${short(back.model)}) is in the library again, with its record of ${counted(found.entries, 'entry', 'entries')}.`,
    );
    return back;
  },
});
