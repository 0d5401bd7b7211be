import { defineCommand } from '../command.ts';

export const key = defineCommand({
  name: 'key',
  summary: 'Show the public key of this library, for others to verify exports with',
  about:
    'The private key stays in the data folder. Whoever has the public key can check that an export is yours: emend verify <folder> ' +
    '--key public.pem',
  positionals: [],
  options: {},
  examples: [['emend key > public.pem', 'As a file to hand out']],
  async run(_, __, { out, open }) {
    const app = await open();
    const found = await app.call('settings.key', {});
    out.piece(found.publicKey);
    return found;
  },
});
