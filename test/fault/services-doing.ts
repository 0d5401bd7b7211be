import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EditForm } from '../../shared/contract/edits.ts';
import type { Fact } from '../../shared/fact.ts';
import type { Application, HostMethods } from '../../electron/services/application.ts';
import { PUBLIC_KEY_FILE } from '../../electron/ledger/keys.ts';
import { EmendError } from '../../shared/errors.ts';
import { NAME, type ServiceAct, STORE, textOf, type Where } from './service-act.ts';
import type { Scene } from './services-scene.ts';
import { SMALL_ACTS } from './services-small-acts.ts';

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

/** Versions are files that can be made again; without them a rollback and an export have more to do. */
function withoutVersions({ library }: Where): void {
  rmSync(join(modelIn(library), 'versions'), { recursive: true });
}

/** What was measured of the model before goes, so that it is measured and kept anew. */
function withoutCache({ cache }: Where): void {
  rmSync(cache, { recursive: true });
}

/** A fact that is worked out beside the draft that is there. */
const ANOTHER: Fact = { subject: 'Kim', prompt: '{} plays', target: ' chess', previousTarget: ' ball' };
const RECIPE = { method: 'rome' as const, choices: { steps: 3, covarianceTokens: 300 }, fluency: false };
const FORM: EditForm = { facts: [ANOTHER], ...RECIPE };
/** Entries of the scene: the import, two edits. */
const FIRST_EDIT = 2;

const models = async (app: Application) => (await app.call('library.list', {})).models;

export const ACTS: readonly ServiceAct[] = [
  {
    name: 'import',
    from: 'empty',
    adds: 1,
    isLong: true,
    run: (app, { model }) => app.run('library.import', { source: app.grants.grant(model).handle }),
  },
  {
    name: 'commit',
    from: 'library',
    adds: 1,
    isLong: true,
    run: (app, { draft }) => app.run('edits.commit', { model: NAME, draft, reason: 'Bob learned it' }),
  },
  {
    name: 'rollback',
    from: 'library',
    adds: 1,
    isLong: true,
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
    adds: 1,
    isLong: true,
    prepare: withoutVersions,
    isForOpening: ({ target }) => existsSync(target),
    run: (app, { target }) => app.run('exports.start', { model: NAME, destination: app.grants.grant(target, 'write').handle }),
  },
  {
    name: 'commit with a tag',
    from: 'library',
    adds: 2,
    run: (app, { draft }) => app.run('edits.commit', { model: NAME, draft, reason: 'Bob learned it', tag: 'three edits' }),
  },
  {
    name: 'commit of a steering with a tag',
    from: 'library',
    adds: 2,
    run: (app, { steering }) => app.run('steering.commit', { model: NAME, draft: steering, reason: 'Capitals', tag: 'steered' }),
  },
  {
    name: 'revert',
    from: 'library',
    adds: 1,
    run: (app) => app.run('versions.revert', { model: NAME, entry: FIRST_EDIT, reason: 'Not so' }),
  },
  {
    name: 'revert, later edits worked out again',
    from: 'library',
    adds: 3,
    run: (app) => app.run('versions.revert', { model: NAME, entry: FIRST_EDIT, reason: 'Not so', reapply: true }),
  },
  { name: 'tag', from: 'library', adds: 1, run: (app) => app.call('versions.tag', { model: NAME, name: 'as it is' }) },
  { name: 'note', from: 'library', adds: 1, run: (app) => app.call('audit.note', { model: NAME, comment: 'Looked at' }) },
  { name: 'approval', from: 'library', adds: 1, run: (app) => app.call('audit.approve', { model: NAME, comment: 'Well done' }) },
  {
    name: 'rejection',
    from: 'library',
    adds: 1,
    run: (app) => app.call('audit.reject', { model: NAME, entry: FIRST_EDIT, comment: 'Not in Rome' }),
  },
  { name: 'check', from: 'library', adds: 1, run: (app) => app.run('versions.check', { model: NAME, reason: 'Once more' }) },
  {
    name: 'finding',
    from: 'library',
    adds: 1,
    run: async (app) => {
      const { finding } = await app.run('locating.lens', { model: NAME, prompt: 'Ada lives in' });
      return app.call('findings.record', { model: NAME, finding, reason: 'Seen early' });
    },
  },
  {
    name: 'policy',
    from: 'library',
    adds: 1,
    says: STORE,
    isForOpening: ({ library }) => textOf(join(library, 'settings.json')).includes('"requireApproval": "anyone"'),
    run: (app) => app.call('settings.set', { settings: { policy: { requireChecks: false, requireApproval: 'anyone', people: {} } } }),
  },
  { name: 'verification', from: 'library', adds: 1, run: (app) => app.run('audit.verify', { model: NAME, record: true }) },
  { name: 'anchoring', from: 'unanchored', adds: 1, run: (app) => app.run('audit.anchor', { model: NAME, reason: 'Looked over' }) },
  {
    name: 'new key',
    from: 'library',
    adds: 0,
    run: (app) => app.call('settings.changeKey', {}),
    isDone: async (app, { library, publicKey }) => {
      if (textOf(join(library, 'keys', PUBLIC_KEY_FILE)) === publicKey) return false;
      if ((await app.call('settings.trustedKeys', {})).ids.length === 0) throw new Error('What the key before signed counts no more.');
      return true;
    },
  },
  {
    name: 'trust in a key',
    from: 'library',
    adds: 0,
    run: (app, { person }) => app.call('settings.trustKey', { source: app.grants.grant(person).handle }),
    isDone: async (app) => (await app.call('settings.trustedKeys', {})).ids.length === 1,
  },
  {
    name: 'key of a person',
    from: 'library',
    adds: 0,
    run: (app, { target }) => app.call('settings.newKey', { destination: app.grants.grant(`${target}.pem`, 'write').handle }),
    isDone: (_, { target }) => Promise.resolve(existsSync(`${target}.pem`) && existsSync(`${target}.public.pem`)),
  },
  {
    name: 'draft',
    from: 'library',
    adds: 0,
    prepare: withoutCache,
    run: (app) => app.run('edits.start', { model: NAME, facts: [ANOTHER], ...RECIPE }),
    isDone: async (app) => {
      const { drafts, notices } = await app.call('edits.drafts', { model: NAME });
      if (notices.length > 0) throw new Error(notices[0]!.message);
      return drafts.length === 2;
    },
  },
  {
    name: 'discard',
    from: 'library',
    adds: 0,
    run: (app, { draft }) => app.call('edits.discard', { model: NAME, draft }),
    isDone: async (app) => (await app.call('edits.drafts', { model: NAME })).drafts.length === 0,
  },
  {
    name: 'form',
    from: 'library',
    adds: 0,
    run: (app) => app.call('edits.saveForm', { model: NAME, form: FORM }),
    isDone: async (app) => (await app.call('edits.form', { model: NAME })).form !== null,
  },
  {
    name: 'name',
    from: 'library',
    adds: 0,
    says: STORE,
    run: (app) => app.call('library.rename', { model: NAME, name: 'maxi' }),
    isDone: async (app) => (await models(app))[0]?.name === 'maxi',
    bringBack: (app) => app.call('library.rename', { model: 'maxi', name: NAME }),
  },
  {
    name: 'removal',
    from: 'library',
    adds: 0,
    run: (app) => app.call('library.remove', { model: NAME }),
    isDone: async (app) => (await models(app)).length === 0,
    bringBack: async (app) => {
      const { removed } = await app.call('library.list', {});
      return app.call('library.restore', { removed: removed[0]!.removed });
    },
  },
  {
    name: 'return',
    from: 'removed',
    adds: 0,
    run: (app, { removed }) => app.call('library.restore', { removed }),
    isDone: async (app) => (await models(app)).length === 1,
  },
  {
    name: 'deletion',
    from: 'removed',
    adds: 0,
    forgets: true,
    run: (app, { removed }) => app.call('library.purge', { removed }),
    isDone: async (app) => (await app.call('library.list', {})).removed.length === 0,
    bringBack: (app, { model }) => app.run('library.import', { source: app.grants.grant(model).handle }),
  },
  {
    name: 'settings',
    from: 'library',
    adds: 0,
    says: STORE,
    run: (app) => app.call('settings.set', { settings: { theme: 'dark' } }),
    isDone: async (app) => (await app.call('settings.get', {})).settings.theme === 'dark',
  },
  {
    name: 'look at an entry',
    from: 'library',
    adds: 0,
    says: STORE,
    run: (app) => app.call('audit.open', { model: NAME, seq: FIRST_EDIT }),
    isDone: async (app) =>
      (await app.call('audit.list', { model: NAME })).rows.some(({ seq, opened = [] }) => seq === FIRST_EDIT && opened.length > 0),
  },
  {
    name: 'checkpoint in a file',
    from: 'library',
    adds: 0,
    run: (app, { target }) => app.call('audit.checkpoint', { model: NAME, destination: app.grants.grant(`${target}.txt`, 'write').handle }),
    isDone: (_, { target }) => Promise.resolve(textOf(`${target}.txt`).endsWith('\n')),
  },
  {
    name: 'log in a file',
    from: 'library',
    adds: 0,
    run: (app, { target }) =>
      app.run('audit.export', { model: NAME, format: 'json', filter: {}, destination: app.grants.grant(`${target}.json`, 'write').handle }),
    isDone: (_, { target }) => Promise.resolve(existsSync(`${target}.json`) && Array.isArray(JSON.parse(textOf(`${target}.json`)))),
  },
  {
    name: 'end and beginning of the program',
    from: 'library',
    adds: 1, // so that there is something to sign at the end
    run: async (app, _, reopen) => {
      await app.call('audit.note', { model: NAME, comment: 'That is all' });
      await app.close();
      await (await reopen!()).call('library.list', {});
    },
    again: (app) => app.call('audit.note', { model: NAME, comment: 'That is all' }),
  },
  ...SMALL_ACTS,
];

/** Acts that are disturbed in every way. */
export const LONG_ACTS = ACTS.filter(({ isLong }) => isLong === true);

export function whereIn(root: string, scene: Scene): Where {
  const { model, draft, steering, removedAs: removed, publicKey, person } = scene;
  const [cache, temporary] = [join(root, 'cache'), join(root, 'tmp')];
  for (const folder of [cache, temporary]) mkdirSync(folder, { recursive: true });
  return {
    library: join(root, 'library'),
    out: join(root, 'out'),
    target: join(root, 'out', NAME),
    ...{ cache, temporary, model, draft, steering, removed, publicKey, person },
  };
}
