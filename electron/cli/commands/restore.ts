import { EmendError } from '../../../shared/errors.ts';
import { defineCommand } from '../command.ts';
import { counted, short } from '../format/ids.ts';

export const restore = defineCommand({
  name: 'restore',
  summary: 'Bring a model back that was removed from the library, with its record',
  positionals: [{ name: 'model', help: 'Its name, its id, or what `emend models` calls it under “Removed”' }],
  options: {},
  examples: [['emend restore atlas', 'As it was when it was removed']],
  async run(_, [named], { out, open }) {
    const app = await open();
    const { removed } = await app.call('library.list', {});
    const fitting = removed.filter(
      (one) => one.removed === named || one.name === named || (named!.length >= 6 && one.id.startsWith(named!)),
    );
    const [found, ...others] = fitting;
    if (!found)
      throw new EmendError(
        'not-found',
        `There is no removed model ${JSON.stringify(named)}; ` +
          (removed.length === 0 ? 'none was removed.' : `there are: ${removed.map(({ name }) => name).join(', ')}.`),
        'See: emend models',
      );
    if (others.length > 0)
      throw new EmendError(
        'bad-input',
        `${fitting.length} removed models fit ${JSON.stringify(named)}: ` +
          `${fitting.map((one) => `${one.removed} (${counted(one.entries, 'entry', 'entries')})`).join(', ')}.`,
        'Name one of these.',
      );
    const back = await app.call('library.restore', { removed: found.removed });
    out.line(
      `${back.name} (${short(back.model)}) is in the library again, with its record of ${counted(found.entries, 'entry', 'entries')}.`,
    );
    return back;
  },
});
