import { writeSync } from 'node:fs';
import type { Application } from '../../electron/services/application.ts';
import type { Where } from './service-act.ts';
import { ACTS } from './services-doing.ts';
import { openHere } from './services-scene.ts';
import { Striking, type Strike } from './services-strike.ts';

/** What this process is told: an act, where to do it, and the call that is to be its last; none where it is to end after the act. */
export interface Told {
  readonly act: string;
  readonly root: string;
  readonly where: Where;
  readonly strike: Strike | undefined;
}

/**
 * Does the act that it is told on its first input line, with the engine in this process so that what that writes counts too, and ends
 * itself with SIGKILL. Says "ready", then "opened", then, once the act is acknowledged, "done" and every call that it made; each a line,
 * written at once.
 */
const say = (line: string) => writeSync(1, `${line}\n`);
say('ready');
process.stdin.once('data', (line: Buffer) => void run(JSON.parse(line.toString()) as Told));

/** Held until the end, as a program holds it: what nobody holds is closed by the garbage collection, which complains of open files. */
let app: Application;

async function run({ act: name, root, where, strike }: Told): Promise<void> {
  process.env['EMEND_CACHE'] = where.cache;
  process.env['TMPDIR'] = where.temporary;
  const striking = await Striking.below(root);
  const act = ACTS.find((one) => one.name === name)!;
  app = await openHere(where.library);
  await app.call('library.list', {}); // as someone who sits before it
  say('opened');
  striking.arm(strike);
  await act.run(app, where, async () => (app = await openHere(where.library)));
  say(`done ${JSON.stringify(striking.calls)}`);
  process.kill(process.pid, 'SIGKILL');
}
