import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { JobMethodName } from '../../shared/contract.ts';
import { errorData } from '../../shared/errors.ts';
import { openHere } from '../fault/services-scene.ts';

/**
 * Another process with an application, for tests: each input line is a call, { method, params }, where a param that begins with "path:"
 * stands for a handle.
 * Each is answered by a line with what `handle` gives; of a job the result.
 */
const say = (value: unknown) => writeSync(1, `${JSON.stringify(value)}\n`);

const opening = openHere(process.argv[2]!);
opening.then(
  () => say({ ok: true }),
  (error: unknown) => say({ ok: false, error: errorData(error) }),
);

createInterface(process.stdin)
  .on('line', (line) => void answer(line))
  .on('close', () => void opening.then((app) => app.close()));

async function answer(line: string): Promise<void> {
  const app = await opening;
  const { method, params, isJob } = JSON.parse(line) as { method: string; params: Record<string, unknown>; isJob: boolean };
  const given = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'string' && value.startsWith('path:')
        ? app.grants.grant(value.slice(5), name === 'destination' ? 'write' : 'read').handle
        : value,
    ]),
  );
  if (!isJob) return void say(await app.handle(method, given));
  say(
    await app.run(method as JobMethodName, given as never).then(
      (value) => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, error: errorData(error) }),
    ),
  );
}
