import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Channel, forkEngine } from '../../electron/engine/channel.ts';
import { Application, type ApplicationOptions, type HostMethods } from '../../electron/services/application.ts';
import { EmendError } from '../../shared/errors.ts';

const refuse = () => {
  throw new EmendError('unsupported', 'Tests have no screen.');
};
const methods: HostMethods = {
  'host.info': refuse,
  'host.pick': refuse,
  'host.browse': refuse,
  'host.place': refuse,
  'host.reveal': refuse,
  'host.openLink': refuse,
};

/** The built-in model's folder. */
export const ATLAS = join(import.meta.dirname, '../../models/atlas');

/**
 * An application with the engine as built, in a data folder of its own unless one is named.
 * @param onEngine is given every engine process that is started
 */
export function openApplication(
  options: Partial<Omit<ApplicationOptions, 'host'>> = {},
  onEngine: (channel: Channel) => void = () => undefined,
): Promise<Application> {
  const engine = inject('engine');
  return Application.open({
    author: 'Ada',
    threads: 1,
    ...options,
    dataFolder: options.dataFolder ?? temporary(),
    host: {
      methods: () => methods,
      openChannel: (_, env, rights) => {
        const channel = forkEngine(engine, env, rights);
        onEngine(channel);
        return channel;
      },
    },
  });
}

const made: string[] = [];

export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emend-app-'));
  made.push(folder);
  return folder;
}

export async function removeTemporary(): Promise<void> {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
}
