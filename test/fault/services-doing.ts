import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EditForm } from '../../shared/contract/edits.ts';
import type { Fact } from '../../shared/fact.ts';
import type { Application, HostMethods } from '../../electron/services/application.ts';
import { PUBLIC_KEY_FILE } from '../../electron/ledger/keys.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Scene } from './services-scene.ts';

/** Data folders that acts begin with; {@link Scene} says what lies in each. */
export type Beginning = 'library' | 'empty' | 'removed' | 'unanchored';

/** Where an act is done: a data folder, and a folder for exports. Plain data, so that it can be told to another process. */
export interface Where {
  readonly library: string;
  readonly out: string;
  readonly target: string;
  /** What is kept between edits, and the system's temporary folder. */
  readonly cache: string;
  readonly temporary: string;
  readonly model: string;
  /** Drafts of an edit and of a steering. */
  readonly draft: string;
  readonly steering: string;
  /** What the removed model is called. */
  readonly removed: string;
  /** The public half of the library's key, and of another person's in a file. */
  readonly publicKey: string;
  readonly person: string;
}

/** An act of a person that writes. One more is one entry of {@link ACTS}. */
export interface ServiceAct {
  readonly name: string;
  /** The data folder that it begins with. */
  readonly from: Beginning;
  /** What is made of that folder before the act. */
  prepare?(where: Where): void;
  /** @param reopen opens the library anew, once the application was closed */
  run(app: Application, where: Where, reopen?: () => Promise<Application>): Promise<unknown>;
  /** As {@link run}, by a program that goes on. */
  again?(app: Application): Promise<unknown>;
  /** How many entries it adds, as one act. */
  readonly adds: number;
  /** Whether it is done; where left out its entries tell. @throws where it is done by half */
  isDone?(app: Application, where: Where): Promise<boolean>;
  /** Whether what lies there is recorded at the latest when its model is opened next; of every other act nothing is recorded then. */
  isForOpening?(where: Where): boolean;
  /** Has the model in the library under its name again, once the act is done. */
  bringBack?(app: Application, where: Where): Promise<unknown>;
  /** The record is gone with it, so that a new one begins. */
  readonly forgets?: boolean;
  /** What the next opening may say of an act that was stopped. */
  readonly says?: RegExp;
  /** Takes the longest, and is disturbed by disks that fail or are full, too. */
  readonly isLong?: boolean;
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
const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
/** Settings are one file with the state before beside it: a kill between two renames is told at the next opening. */
const STORE = /\.json is missing\. The state before the last change was taken from its backup/;

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
