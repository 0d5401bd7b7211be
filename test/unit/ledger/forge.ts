import { hashOf, NO_HASH } from '../../../electron/storage/hash.ts';
import { canonical } from '../../../electron/storage/canonical.ts';

/** An entry as a forger sees it: plain JSON. */
export interface Plain {
  [field: string]: unknown;
  seq: number;
  kind: string;
  body: Record<string, unknown>;
}

/** Rewrites a journal as somebody without the key can: any change, and every hash made anew so that the chain fits again. */
export function forged(journal: Uint8Array, change: (entries: Plain[]) => Plain[]): Buffer {
  const entries = Buffer.from(journal)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Plain);
  let prev = NO_HASH;
  const lines = change(entries).map(({ hash: _, ...entry }) => {
    const linked: Record<string, unknown> = { ...entry, prev };
    // Earlier verifications name the head.
    if (entry.kind === 'verify') linked['body'] = { ...entry.body, head: prev };
    prev = hashOf(linked);
    return canonical({ ...linked, hash: prev });
  });
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}
