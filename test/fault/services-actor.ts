import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { forkEngine } from '../../electron/engine/channel.ts';
import { Application } from '../../electron/services/application.ts';
import type { Where } from './service-act.ts';
import { ACTS, noHost } from './services-doing.ts';

/**
 * Does the act that it is told on its first input line, in the data folder it is told, until it is killed.
 * Says "ready", then "opened", then "done" once the act is acknowledged; each a line, written at once.
 */
const say = (line: string) => writeSync(1, `${line}\n`);

// Started before it is needed, as the rest takes less time than this.
const fork = () => forkEngine(join(import.meta.dirname, 'process.mjs'), { EMEND_THREADS: '1' });
const engines = [fork()];
/** Held until the end, as a program holds it: what nobody holds is closed by the garbage collection, which complains of open files. */
let app: Application;
say('ready');
process.stdin.once('data', (line: Buffer) => void run(JSON.parse(line.toString()) as { act: string; where: Where }));

async function run({ act, where }: { act: string; where: Where }): Promise<void> {
  app = await Application.open({
    author: 'Ada',
    dataFolder: where.library,
    host: { methods: () => noHost, openChannel: () => engines.pop() ?? fork() },
  });
  say('opened');
  await ACTS.find((one) => one.name === act)!.run(app, where);
  say('done');
}
