import { createHash, hash } from 'node:crypto';
import * as v from 'valibot';
import { canonical } from './canonical.ts';
import type { Files } from './files.ts';

/** A SHA-256 as 64 lower-case hexadecimal digits. */
export const Sha256Schema = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'expected a SHA-256: 64 lower-case hexadecimal digits'));

/** What the first entry has in place of the hash of the one before. */
export const NO_HASH = '0'.repeat(64);

/** SHA-256 of bytes, or of a text's UTF-8 form, in hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}

/** SHA-256 of the canonical JSON of a value. @throws EmendError 'bad-input' for what JSON cannot hold */
export function hashOf(value: unknown): string {
  return sha256(canonical(value));
}

/** SHA-256 of a file, read in pieces. */
export async function sha256OfFile(files: Files, path: string): Promise<string> {
  return (await hashPieces(files.pieces(path))).sha256;
}

/** SHA-256 and length of what comes piece by piece. */
export async function hashPieces(pieces: AsyncIterable<Uint8Array>): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
