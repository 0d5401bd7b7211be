import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Application } from '../../electron/services/application.ts';
import { POINTER, usualFolder } from '../../electron/services/places.ts';
import { NAME, type ServiceAct, STORE, textOf, type Where } from './service-act.ts';

// Acts of few calls: files that a person keeps, steerings that nothing recorded yet, keys, and where things lie.

const EXAMPLES = [
  { text: 'Bob lives in', label: true, group: 0 },
  { text: 'Bob works at', label: false, group: 0 },
];
const TABLE = 'layer,share\n0,0.25\n1,0.75\n';

/** Saves one file, which is there whole or not at all. */
function saves(
  what: string,
  ending: string,
  save: (app: Application, destination: string, where: Where) => Promise<unknown>,
  isWhole: (path: string) => boolean = (path) => readFileSync(path).length > 0,
): ServiceAct {
  const path = ({ target }: Where) => `${target}.${ending}`;
  return {
    name: `${what} in a file`,
    from: 'library',
    adds: 0,
    run: (app, where) => save(app, app.grants.grant(path(where), 'write').handle, where),
    isDone: (_, where) => Promise.resolve(existsSync(path(where)) && isWhole(path(where))),
  };
}

/** Drafts of steerings, of which the library has one. */
const steerings = async (app: Application) => (await app.call('steering.drafts', { model: NAME })).drafts;

/** Has the usual place of data folders lie beside the library for as long as something takes. */
async function withUsualPlace<T>({ temporary }: Where, act: () => Promise<T>): Promise<T> {
  const names = ['HOME', 'USERPROFILE', 'APPDATA', 'XDG_DATA_HOME'];
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = temporary;
  try {
    return await act();
  } finally {
    for (const [at, name] of names.entries()) {
      if (before[at] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[at];
    }
  }
}

export const SMALL_ACTS: readonly ServiceAct[] = [
  saves('delta', 'safetensors', (app, destination, { draft }) => app.call('edits.saveDelta', { model: NAME, draft, destination })),
  saves('steering', 'steering.safetensors', (app, destination, { steering: draft }) =>
    app.call('steering.save', { model: NAME, draft, destination }),
  ),
  saves(
    'facts',
    'facts.json',
    (app, destination) => app.run('facts.export', { model: NAME, format: 'json', destination }),
    (path) => JSON.parse(readFileSync(path, 'utf8')) !== null,
  ),
  saves(
    'figure',
    'csv',
    (app, destination) => app.call('figures.save', { format: 'csv', content: TABLE, destination }),
    (path) => textOf(path) === TABLE,
  ),
  {
    name: 'draft of a steering',
    from: 'library',
    adds: 0,
    run: (app) =>
      app.run('steering.fit', {
        model: NAME,
        method: 'actadd',
        choices: { layer: 0, coefficient: 1, alignment: 'back' },
        examples: EXAMPLES,
      }),
    isDone: async (app) => (await steerings(app)).length === 2,
  },
  {
    name: 'steering made stronger',
    from: 'library',
    adds: 0,
    run: (app, { steering: draft }) => app.call('steering.adjust', { model: NAME, draft, scale: 2 }),
    isDone: async (app) => (await steerings(app)).length === 2,
  },
  {
    name: 'steering taken from a file',
    from: 'library',
    adds: 0,
    run: async (app, { steering: draft, target }) => {
      const file = `${target}.safetensors`;
      if (!existsSync(file)) await app.call('steering.save', { model: NAME, draft, destination: app.grants.grant(file, 'write').handle });
      return app.call('steering.import', { model: NAME, source: app.grants.grant(file).handle });
    },
    isDone: async (app) => (await steerings(app)).length === 2,
  },
  {
    name: 'check of a steering',
    from: 'library',
    adds: 0,
    run: (app, { steering: draft }) =>
      app.run('steering.check', { model: NAME, draft, draws: 1, texts: 0, prompts: ['Ada lives in'], words: ['Rome'], maxTokens: 2 }),
    isDone: async (app, { steering: draft }) => (await app.call('steering.report', { model: NAME, draft })).check !== undefined,
  },
  {
    name: 'discard of a steering',
    from: 'library',
    adds: 0,
    run: (app, { steering: draft }) => app.call('steering.discard', { model: NAME, draft }),
    isDone: async (app) => (await steerings(app)).length === 0,
  },
  {
    name: 'commit of a steering',
    from: 'library',
    adds: 1,
    run: (app, { steering: draft }) => app.run('steering.commit', { model: NAME, draft, reason: 'Capitals' }),
  },
  {
    name: 'distrust of a key',
    from: 'library',
    adds: 0,
    prepare: ({ library, person }) => {
      mkdirSync(join(library, 'keys', 'trusted'));
      copyFileSync(person, join(library, 'keys', 'trusted', 'somebody.pem'));
    },
    run: async (app) => app.call('settings.distrustKey', { id: (await app.call('settings.trustedKeys', {})).ids[0]! }),
    isDone: async (app) => (await app.call('settings.trustedKeys', {})).ids.length === 0,
  },
  {
    name: 'key to sign with',
    from: 'library',
    adds: 0,
    says: STORE,
    run: (app, { person }) => app.call('settings.setOwnKey', { source: app.grants.grant(person.replace('.public.pem', '.pem')).handle }),
    isDone: async (app) => (await app.call('settings.ownKey', {})).key !== undefined,
  },
  {
    name: 'person whose approval counts',
    from: 'library',
    adds: 0,
    says: STORE,
    run: (app, { person }) => app.call('settings.addPerson', { source: app.grants.grant(person).handle, name: 'Grace' }),
    isDone: async (app) => Object.values((await app.call('settings.get', {})).settings.policy.people).includes('Grace'),
  },
  {
    name: 'other data folder',
    from: 'library',
    adds: 0,
    run: (app, where) => withUsualPlace(where, () => app.call('settings.setDataFolder', { folder: app.grants.grant(where.out).handle })),
    isDone: (_, where) =>
      withUsualPlace(where, () => {
        const text = textOf(join(usualFolder(), POINTER));
        return Promise.resolve(text !== '' && (JSON.parse(text) as { folder: string }).folder === where.out);
      }),
  },
  {
    name: 'look at a model',
    from: 'library',
    adds: 0,
    says: STORE,
    prepare: ({ library }) => {
      for (const name of ['library.json', 'library.json.bak']) rmSync(join(library, name), { force: true });
    },
    run: (app) => app.call('library.opened', { model: NAME }),
    isDone: async (app) => (await app.call('library.list', {})).models[0]?.opened !== undefined,
  },
];
