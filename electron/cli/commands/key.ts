import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { flag, text } from '../options.ts';
import { askPassphrase, isPassphraseMissing, VARIABLE } from '../passphrase.ts';
import { UsageError } from '../usage.ts';
import { given } from '../../../shared/given.ts';

export const key = defineCommand({
  name: 'key',
  summary: 'Show the public key of this library, for others to verify exports with',
  about:
    'The private key stays in the data folder. Whoever has the public key can check that an export is yours: emend verify <folder> ' +
    '--key public.pem',
  positionals: [],
  options: {
    new: text('FILE', 'Make a key for a person, who approves versions with it: emend approve --sign FILE. Its public half lies beside it'),
    protect: flag(`With --new: protect it by a passphrase, which is asked for, or is in ${VARIABLE}`),
    trust: text(
      'FILE',
      'Let the signatures of this public key (PEM) count too: an earlier one of yours, or that of another computer of yours',
    ),
    distrust: text('KEY', 'Let the signatures of a trusted key count no more, by its id: one that others may have had'),
    rotate: flag('Put a new key in the place of the library’s own; what the old one signed goes on counting'),
    import: text('FILE', 'The same, with the private key of a file, such as that of another computer of yours'),
  },
  examples: [
    ['emend key > public.pem', 'As a file to hand out'],
    ['emend key --rotate', 'From time to time, or when others may have read the file'],
    ['emend key --trust old-public.pem', 'After the old key was lost'],
    ['emend key --new grace.pem --protect', 'A key of one’s own, to approve with'],
  ],
  async run({ trust, new: made, protect, distrust, rotate, import: from }, _, { out, open }) {
    const acts = Object.entries({
      '--new': made,
      '--trust': trust,
      '--distrust': distrust,
      '--rotate': rotate || undefined,
      '--import': from,
    });
    const asked = acts.filter(([, value]) => value !== undefined).map(([name]) => name);
    if (asked.length > 1) throw new UsageError(`${asked.join(' and ')} are different acts.`, 'Do one after the other.');
    if (protect && made === undefined) throw new UsageError('--protect goes with --new.', 'See: emend key --help');
    const passphrase = protect ? await askPassphrase('A passphrase for it: ') : undefined;
    const app = await open();
    if (made !== undefined) {
      const destination = app.grants.grant(resolve(made), 'write').handle;
      const key = await app.call('settings.newKey', { destination, ...given({ passphrase }) });
      out.line(`The key ${key.id} lies in ${resolve(made)}. Keep that file to yourself. Its public half, ${key.path}, is for those who`);
      out.line('want your approval: emend settings --person NAME=FILE.');
      return key;
    }
    if (trust !== undefined) {
      const trusted = await app.call('settings.trustKey', { source: app.grants.grant(resolve(trust)).handle });
      out.line(`What key ${trusted.id} signed counts from now on.`);
      return trusted;
    }
    if (distrust !== undefined) {
      const gone = await app.call('settings.distrustKey', { id: distrust });
      out.line(`What key ${gone.id} signed does not count any more.`);
      return gone;
    }
    if (rotate || from !== undefined) {
      const source = from === undefined ? undefined : app.grants.grant(resolve(from)).handle;
      const change = (opening?: string) => app.call('settings.changeKey', given({ source, passphrase: opening }));
      const changed = await change().catch(async (error: unknown) => {
        if (!isPassphraseMissing(error)) throw error;
        return change(await askPassphrase(`The passphrase of ${from}: `));
      });
      out.line(`Key ${changed.now} signs from the next start on; what ${changed.before} signed goes on counting here.`);
      out.line(`Hand out the new public half, ${changed.path}: whoever has the old one cannot prove with it what is exported from now on.`);
      return changed;
    }
    const found = await app.call('settings.key', {});
    const { ids: trusted } = await app.call('settings.trustedKeys', {});
    out.piece(found.publicKey);
    return { ...found, trusted };
  },
});
