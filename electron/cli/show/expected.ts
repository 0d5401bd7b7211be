import { EmendError } from '../../../shared/errors.ts';
import { shortId } from '../../../shared/ids.ts';
import { UsageError } from '../usage.ts';

/** What a record or an export says that it is of. */
interface Said {
  readonly model: string;
  readonly modelId: string;
  readonly version: string;
  readonly tags: readonly string[];
}

/**
 * Holds what was verified against what a person expected it to be: another, or an older, export of the same maker verifies as well.
 * @param expected such as "atlas@release-1": a name or id, and a tag or id
 * @throws UsageError when it is not written so; EmendError 'bad-input' when it is another
 */
export function mustBe(expected: string, found: Said | undefined): void {
  const at = expected.lastIndexOf('@');
  const [model, version] = [expected.slice(0, at), expected.slice(at + 1)];
  if (at < 1 || version === '')
    throw new UsageError(`--expect is ${JSON.stringify(expected)}; expected a model and a version.`, 'Write --expect atlas@release-1.');
  const isIt =
    found && (model === found.model || isIdOf(model, found.modelId)) && (found.tags.includes(version) || isIdOf(version, found.version));
  if (isIt) return;
  const said = found
    ? `${found.model} (${shortId(found.modelId)}), version ${[...found.tags, shortId(found.version)].join(', ')}`
    : 'nothing that can be told';
  throw new EmendError('bad-input', `This is not ${expected}: it is ${said}.`, 'Get the one that you expect from whoever made it.');
}

function isIdOf(asked: string, id: string): boolean {
  return /^[0-9a-f]{6,64}$/.test(asked) && id.startsWith(asked);
}
