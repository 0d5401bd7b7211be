import { EmendError } from '../../shared/errors.ts';
import type { HostParts } from '../services/application.ts';

/** The command line as a host: paths stand on the line, so nothing is chosen in dialogs or shown in windows. */
export const terminalHost: HostParts = {
  methods: () => ({
    'host.info': refuse,
    'host.pick': refuse,
    'host.browse': refuse,
    'host.place': refuse,
    'host.reveal': refuse,
    'host.openLink': refuse,
  }),
};

function refuse(): never {
  throw new EmendError(
    'unsupported',
    'This needs a window, and the command line has none.',
    'Start the desktop application, or `emend serve`.',
  );
}
