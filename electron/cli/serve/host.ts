import { existsSync } from 'node:fs';
import { availableParallelism, homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import { given } from '../../../shared/given.ts';
import { builtOn } from '../../services/build-date.ts';
import { LINKS } from '../../services/page/links.ts';
import type { HostParts } from '../../services/application.ts';
import { version } from '../../services/models.ts';
import { browse } from './browse.ts';

/** The browser as a host: it has no dialogs of this machine, so the page lists folders itself. */
export const browserHost: HostParts = {
  methods: ({ grants, dataFolder }) => ({
    'host.info': () => ({
      mode: 'browser',
      app: `Emend ${version()}`,
      platform: process.platform,
      ...given({ built: builtOn() }),
      picker: 'list',
      canPrint: false,
      canReveal: false,
      dataFolder,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    }),
    'host.pick': () => {
      throw new EmendError(
        'unsupported',
        'There is no system dialog in a browser.',
        'Choose from the list of folders, or drop the folder into the page.',
      );
    },
    'host.browse': ({ folder }) => browse(folder === undefined ? homedir() : grants.path(folder), grants),
    'host.place': ({ folder, name }) => {
      const path = join(grants.path(folder), name);
      // No dialog of the system asks here whether to replace.
      if (existsSync(path)) throw new EmendError('bad-input', `${path} is there already.`, 'Choose another name.', { field: 'name' });
      return grants.grant(path, 'write');
    },
    'host.reveal': ({ handle }) => {
      throw new EmendError(
        'unsupported',
        'A browser cannot show files of the serving machine.',
        `It lies at ${grants.path(handle)}; or download it.`,
      );
    },
    'host.openLink': ({ link }) => {
      const url = LINKS[link];
      throw new EmendError(
        'unsupported',
        'Emend opens no other pages in this browser.',
        url === undefined ? 'Look where you got Emend from.' : `Open it in a tab of your own: ${url}`,
      );
    },
  }),
};
