import { Refusal } from './refusal.ts';

const MOST_PARTS = 32;
/** Longest name that common file systems take (bytes). */
const LONGEST_NAME = 255;
const CONTROL = /[\p{Cc}\p{Cs}/\\]/u;
/** Names that Windows reads as devices or streams, or shortens. */
const NOT_ON_WINDOWS = /[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * The names on the way from an upload's folder to a file.
 * @param header relative path with forward slashes, percent-encoded as a whole
 * @throws Refusal for a path that could lead anywhere else
 */
export function uploadPath(header: string | string[] | undefined, platform: NodeJS.Platform = process.platform): string[] {
  const names = decoded(header).split('/');
  if (names.length > MOST_PARTS) throw wrong(`it is more than ${MOST_PARTS} folders deep`);
  for (const name of names) {
    if (name === '' || name === '.' || name === '..') throw wrong('it is not a plain relative path');
    if (CONTROL.test(name) || (platform === 'win32' && NOT_ON_WINDOWS.test(name)))
      throw wrong(`${JSON.stringify(name.slice(0, 100))} cannot be the name of a file here`);
    if (Buffer.byteLength(name) > LONGEST_NAME)
      throw wrong(`${JSON.stringify(`${name.slice(0, 40)}…`)} is longer than ${LONGEST_NAME} bytes`);
  }
  return names;
}

function decoded(header: string | string[] | undefined): string {
  if (typeof header !== 'string') throw wrong('it is missing');
  try {
    return decodeURIComponent(header);
  } catch {
    throw wrong('it is not percent-encoded');
  }
}

function wrong(why: string): Refusal {
  return new Refusal(
    400,
    'bad-input',
    `The path of the file that was sent is refused: ${why}.`,
    'Rename the file or folder, then drop it again.',
  );
}
