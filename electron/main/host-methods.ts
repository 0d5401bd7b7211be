import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { app, shell } from 'electron';
import { PICKS } from '../../shared/contract/host.ts';
import { EmendError } from '../../shared/errors.ts';
import { given } from '../../shared/given.ts';
import type { HostMethods, HostTools } from '../services/application.ts';
import { builtOn } from '../services/build-date.ts';
import { LINKS } from '../services/page/links.ts';
import { pick } from './pick.ts';
import { STRINGS } from './strings.ts';
import type { MainWindow } from './window.ts';

/** The host's methods of the contract, on the desktop. */
export function hostMethods(application: HostTools, window: MainWindow): HostMethods {
  const { grants } = application;
  return {
    'host.info': () => ({
      mode: 'desktop',
      app: `${STRINGS.name} ${app.getVersion()}`,
      platform: process.platform,
      ...given({ built: builtOn() }),
      picker: 'native',
      canPrint: true,
      canReveal: true,
      dataFolder: application.dataFolder,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
    }),
    'host.pick': async ({ kind, name }) => ({
      picked: (await pick(kind, name, window.current)).map((path) =>
        grants.grant(path, PICKS[kind].takes === 'place' || kind === 'folder' ? 'write' : 'read'),
      ),
    }),
    'host.browse': () => {
      throw new EmendError(
        'unsupported',
        'Folders are not listed in the desktop application.',
        'Choose with the button, or drop the folder into the window.',
      );
    },
    'host.place': ({ folder, name }) => grants.grant(join(grants.target(folder), name), 'write'),
    'host.reveal': ({ handle }) => {
      const path = grants.path(handle);
      if (!existsSync(path)) throw new EmendError('not-found', `${path} is not there any more.`, 'It was moved or removed outside Emend.');
      shell.showItemInFolder(path);
      return {};
    },
    'host.openLink': async ({ link }) => {
      const url = LINKS[link];
      if (url === undefined)
        throw new EmendError('unsupported', 'This build names no page for its source.', 'Look where you got Emend from.');
      await shell.openExternal(url);
      return {};
    },
  };
}
