import type { Settings } from '../../shared/contract/settings.ts';
import type { Review } from '../../shared/contract/versions.ts';
import { EmendError } from '../../shared/errors.ts';
import { shortId } from '../../shared/ids.ts';
import { exportHindrances, type Reviewed } from './policy.ts';

/** @throws EmendError 'bad-input' where the policy still asks for something, or a rejection was not known of */
export function mustBeLetOut(
  model: string,
  one: Reviewed,
  { settings, author }: { settings: Pick<Settings, 'policy' | 'thresholds'>; author: string },
  rejections: readonly Review[],
  despite: readonly number[],
): void {
  const { id } = one.version;
  const [hindrance] = exportHindrances(one, settings, author);
  if (hindrance !== undefined)
    throw new EmendError(
      'bad-input',
      `${model} ${shortId(id)} is not exported: ${hindrance}`,
      'Do what the policy asks for, or change the policy in the settings.',
      { version: id },
    );
  if (rejections.some(({ entry }) => !despite.includes(entry))) throw rejected(model, id, rejections);
}

/** What is asked a second time: each rejection in its own words. */
function rejected(model: string, version: string, rejections: readonly Review[]): EmendError {
  const said = rejections.map(
    ({ author, comment, entry, time }) => `${author} on ${time.slice(0, 10)}, entry ${entry}${comment === '' ? '' : `: “${comment}”`}`,
  );
  const entries = rejections.map(({ entry }) => entry);
  return new EmendError(
    'bad-input',
    `${model} ${shortId(version)} is not exported: it was rejected (${said.join('; ')}).`,
    `Export another version. To let this one out all the same, say that you know: --despite ${entries.join(',')} on the command line, ` +
      'or the second question of the window.',
    { version, rejections: entries },
  );
}
