import type { Removed } from '../../shared/contract/library.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Application } from '../services/application.ts';
import { counted } from './format/ids.ts';

/** The removed model that a person names. @throws EmendError 'not-found' that lists what there is, 'bad-input' where several fit */
export async function removedCalled(app: Application, named: string): Promise<Removed> {
  const { removed } = await app.call('library.list', {});
  const fitting = removed.filter((one) => one.removed === named || one.name === named || (named.length >= 6 && one.id.startsWith(named)));
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
  return found;
}
