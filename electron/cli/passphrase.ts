import { stdin } from 'node:process';
import { EmendError } from '../../shared/errors.ts';
import { UsageError } from './usage.ts';

/** Where a program that has no terminal finds it; never on the command line, where others on the computer can read it. */
export const VARIABLE = 'EMEND_PASSPHRASE';

/** Whether a call failed for want of a passphrase, or of the right one. */
export function isPassphraseMissing(error: unknown): boolean {
  return error instanceof EmendError && error.details['field'] === 'passphrase';
}

/** Asks for a passphrase at the terminal, without showing it. @throws UsageError where nobody can be asked */
export async function askPassphrase(question: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const given = env[VARIABLE];
  if (given !== undefined && given !== '') return given;
  if (!stdin.isTTY) throw new UsageError('A passphrase is needed, and there is no terminal to ask at.', `Set ${VARIABLE}.`);
  process.stderr.write(question);
  stdin.setRawMode(true);
  try {
    return await typed();
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    process.stderr.write('\n');
  }
}

/** What is typed up to the end of the line. @throws UsageError where it was left, or is empty */
function typed(): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    const done = (end: () => void) => {
      stdin.off('data', hear);
      end();
    };
    const hear = (data: Buffer) => {
      for (const key of data.toString('utf8')) {
        if (key === '\r' || key === '\n')
          return done(() => (line === '' ? reject(new UsageError('A passphrase has at least one character.', '')) : resolve(line)));
        if (key === '\u0003' || key === '\u0004') return done(() => reject(new UsageError('No passphrase was given.', '')));
        line = key === '\u007f' || key === '\b' ? [...line].slice(0, -1).join('') : line + key;
      }
    };
    stdin.on('data', hear);
    stdin.resume();
  });
}
