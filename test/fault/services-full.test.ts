import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { forkEngine } from '../../electron/engine/channel.ts';
import { Application } from '../../electron/services/application.ts';
import { EmendError } from '../../shared/errors.ts';
import { afterwards, hashesIn } from './services-afterwards.ts';
import { LONG_ACTS, noHost, whereIn } from './services-doing.ts';
import { makeScene, removeTemporary, temporary, type Scene } from './services-scene.ts';

/** Free bytes that an act finds; each is too little for some act, and enough for some others to get further. */
const ROOM = [0, 4096, 20_480, 65_536, 131_072, 262_144, 400_000];
/** Of the disk in memory. */
const SIZE = 2 << 20;

let scene: Scene;
const mounted = mount();
afterAll(() => {
  if (mounted !== undefined) execFileSync('umount', [mounted]);
  removeTemporary();
});

/** A small disk in memory; undefined where mounting one is not permitted. */
function mount(): string | undefined {
  const folder = temporary();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return undefined;
  }
}

// Mounting takes root on Linux; where that is not permitted, services-disk.test.ts simulates the same.
describe.skipIf(mounted === undefined)('on a real disk that is full, with the engine in its own process', () => {
  beforeAll(async () => void (scene = await makeScene()));

  it.each(LONG_ACTS)('$name says so and changes nothing, and is done when there is room', async (act) => {
    const root = mounted!;
    let refusals = 0;
    for (const room of ROOM) {
      for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
      const where = whereIn(root, scene);
      cpSync(scene[act.from], where.library, { recursive: true });
      mkdirSync(where.out);
      act.prepare?.(where);
      const before = hashesIn(where.library);
      const engine = inject('engine');
      const app = await Application.open({
        author: 'Ada',
        threads: 1,
        dataFolder: where.library,
        host: { methods: () => noHost, openChannel: (_, env) => forkEngine(engine, env) },
      });
      try {
        // As someone who sits before it: it is open, then the disk fills up.
        await app.call('library.list', {});
        fill(root, room);
        const error = await act.run(app, where).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        const when = `${act.name} with ${room} bytes free`;
        if (error !== undefined) {
          refusals++;
          expect(error, when).toBeInstanceOf(EmendError);
          expect((error as EmendError).message, when).toMatch(/full|ENOSPC|no space/i);
          expect((error as EmendError).hint, when).toMatch(/space|room/);
          expect(hashesIn(where.library), when).toEqual(before);
          expect(existsSync(where.target), when).toBe(false);
          expect(
            (await app.call('library.list', {})).models.map((model) => model.state),
            when,
          ).toEqual(before.length > 0 ? ['intact'] : []);
          rmSync(join(root, 'filling'));
          await act.run(app, where);
        }
        rmSync(join(root, 'filling'), { force: true });
        expect(hashesIn(where.library), when).toHaveLength(before.length + 1);
      } finally {
        await app.close();
      }
      await afterwards(act, where, before, true, `${act.name} with ${room} bytes free`);
    }
    expect(refusals).toBeGreaterThan(0);
  });
});

/** Leaves so many bytes free. */
function fill(root: string, room: number): void {
  const { bavail, bsize } = statfsSync(root);
  writeFileSync(join(root, 'filling'), Buffer.alloc(Math.max(0, bavail * bsize - room)));
}
