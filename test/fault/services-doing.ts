import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Application, HostMethods } from '../../electron/services/application.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Scene } from './services-scene.ts';

/** Where an act is done: a data folder, and a folder for exports. Plain data, so that it can be told to another process. */
export interface Where {
  readonly library: string;
  readonly out: string;
  readonly target: string;
  readonly model: string;
  readonly draft: string;
}

/** An act of a person that writes: it adds one entry. */
export interface ServiceAct {
  readonly name: 'import' | 'commit' | 'rollback' | 'export';
  /** The data folder that it begins with. */
  readonly from: 'library' | 'empty';
  /** What is made of that folder before the act. */
  prepare(where: Where): void;
  run(app: Application, where: Where): Promise<unknown>;
}

/** What the model is called in every library of these tests. */
export const NAME = 'mini';
const refuse = () => {
  throw new EmendError('unsupported', 'Tests have no screen.');
};
export const noHost: HostMethods = {
  'host.info': refuse,
  'host.pick': refuse,
  'host.browse': refuse,
  'host.place': refuse,
  'host.reveal': refuse,
  'host.openLink': refuse,
};

/** The folder of the one model in a data folder. */
export function modelIn(library: string): string {
  return join(library, 'models', readdirSync(join(library, 'models'))[0]!);
}

const asItIs = () => undefined;

/** Versions are files that can be made again; without them a rollback and an export have more to do. */
function withoutVersions({ library }: Where): void {
  rmSync(join(modelIn(library), 'versions'), { recursive: true });
}

export const ACTS: readonly ServiceAct[] = [
  {
    name: 'import',
    from: 'empty',
    prepare: asItIs,
    run: (app, { model }) => app.run('library.import', { source: app.grants.grant(model).handle }),
  },
  {
    name: 'commit',
    from: 'library',
    prepare: asItIs,
    run: (app, { draft }) => app.run('edits.commit', { model: NAME, draft, reason: 'Bob learned it' }),
  },
  {
    name: 'rollback',
    from: 'library',
    prepare: withoutVersions,
    run: async (app) =>
      app.run('versions.rollback', {
        model: NAME,
        version: (await app.call('versions.list', { model: NAME })).versions[1]!.id,
        reason: 'One step back',
      }),
  },
  {
    name: 'export',
    from: 'library',
    prepare: withoutVersions,
    run: (app, { target }) => app.run('exports.start', { model: NAME, destination: app.grants.grant(target, 'write').handle }),
  },
];

export function whereIn(root: string, { model, draft }: Pick<Scene, 'model' | 'draft'>): Where {
  return { library: join(root, 'library'), out: join(root, 'out'), target: join(root, 'out', NAME), model, draft };
}
