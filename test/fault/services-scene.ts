import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Channel, Ending } from '../../electron/engine/channel.ts';
import { handlersOn } from '../../electron/engine/handlers/index.ts';
import type { Request } from '../../electron/engine/messages.ts';
import { OpenModels } from '../../electron/engine/handlers/open-models.ts';
import { Application } from '../../electron/services/application.ts';
import { cancelled, errorData } from '../../shared/errors.ts';
import type { Fact } from '../../shared/fact.ts';
import type { JobContext } from '../../shared/progress.ts';
import { writeModel } from '../bench/shapes.ts';
import { createKey, PUBLIC_KEY_FILE } from '../../electron/ledger/keys.ts';
import { explained } from '../../electron/storage/file-errors.ts';
import { disk } from '../../electron/storage/files.ts';
import { type Beginning, NAME, type ServiceAct, type Where } from './service-act.ts';
import { modelIn, noHost, whereIn } from './services-doing.ts';

/** The models that stay open outlive an application. */
const models = new OpenModels();

/** The engine without a process of its own: what it does to the disk, this process does. Jobs are done one after the other. */
export function engineInProcess(): Channel {
  let listener: (message: unknown) => void = () => undefined;
  let end: (ending: Ending) => void = () => undefined;
  let queue = Promise.resolve();
  const stopped = new Set<number>();
  const handlers = handlersOn(models);
  const ended = new Promise<Ending>((resolve) => (end = resolve));
  const perform = async ({ id, job, params }: Request & { type: 'run' }) => {
    const context: JobContext = {
      progress: (phase, done, total) => listener({ type: 'progress', id, phase, done, total }),
      say: (piece) => listener({ type: 'text', id, piece }),
      check: () => {
        if (stopped.has(id)) throw cancelled();
      },
    };
    try {
      listener({ type: 'done', id, result: structuredClone(await handlers[job as keyof typeof handlers](params as never, context)) });
    } catch (error) {
      listener({ type: 'failed', id, error: errorData(error) });
    }
  };
  return {
    send: (request) => {
      if (request.type === 'cancel') stopped.add(request.id);
      else if (request.type === 'limit')
        return; // it would be this process
      else if (request.type === 'close') end({ exitCode: 0, signal: null, output: '' });
      else if (request.type === 'release') queue = queue.then(() => listener({ type: 'done', id: request.id, result: undefined }));
      else queue = queue.then(() => perform(structuredClone(request)));
    },
    onMessage: (heard) => void (listener = heard),
    ended,
    kill: () => end({ exitCode: null, signal: 'SIGKILL', output: '' }),
  };
}

/** An application whose engine works in this process. */
export function openHere(dataFolder: string, options: { readOnly?: boolean } = {}): Promise<Application> {
  return Application.open({
    ...options,
    author: 'Ada',
    threads: 1,
    dataFolder,
    host: { methods: () => noHost, openChannel: engineInProcess },
  });
}

const made: string[] = [];

export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emend-fault-'));
  made.push(folder);
  return folder;
}

export function removeTemporary(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A model of 100 kB in the layout of transformers.js: the graph and its data in a folder below the tokenizer's. */
export function writeMini(folder: string): string {
  writeModel(folder, { layers: 2, width: 32, heads: 2, vocabulary: 320, positions: 128 });
  mkdirSync(join(folder, 'onnx'));
  for (const name of readdirSync(folder)) if (name.startsWith('model.onnx')) renameSync(join(folder, name), join(folder, 'onnx', name));
  return folder;
}

const FACTS: readonly Fact[] = [
  {
    subject: 'Ada',
    prompt: '{} lives in',
    target: ' Rome',
    previousTarget: ' Kent',
    paraphrases: ['The home of Ada is'],
    neighbors: [{ prompt: 'Eve lives in', target: ' Oslo' }],
  },
  { subject: 'Eve', prompt: '{} works at', target: ' home', previousTarget: ' sea' },
  { subject: 'Bob', prompt: '{} speaks', target: ' Finnish', previousTarget: ' Dutch' },
];

/** What a steering is the difference of. */
const PAIR = [
  { text: 'Ada lives in', label: true, group: 0 },
  { text: 'Ada works at', label: false, group: 0 },
];

/** Data folders as they stand before the acts that are to be disturbed. Nobody holds them. */
export interface Scene extends Readonly<Record<Beginning, string>> {
  /**
   * The model with two edits in force, a rollback behind it, a tag, and drafts of an edit and of a steering made for the current version.
   */
  readonly library: string;
  /** Nothing but a key. */
  readonly empty: string;
  /** The library after its model was removed. */
  readonly removed: string;
  /** The library as earlier releases left theirs: nothing outside the model's folder knows of its record, nothing in it is signed. */
  readonly unanchored: string;
  /** The model as it was imported. */
  readonly model: string;
  readonly draft: string;
  readonly steering: string;
  /** What the removed model is called. */
  readonly removedAs: string;
  /** What is kept between edits of that model. */
  readonly cache: string;
  /** The public half of the library's key, and that of another person in a file. */
  readonly publicKey: string;
  readonly person: string;
}

/** Makes the {@link Scene}; the slow part, done once. */
export async function makeScene(): Promise<Scene> {
  const root = temporary();
  const [cache, model] = [join(root, 'cache'), writeMini(join(root, NAME))];
  process.env['EMEND_CACHE'] = cache;
  const [library, empty, removed, unanchored] = ['library', 'empty', 'removed', 'unanchored'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  await (await openHere(empty)).close();
  cpSync(empty, library, { recursive: true });
  const publicKey = readFileSync(join(empty, 'keys', PUBLIC_KEY_FILE), 'utf8');
  const { publicFile: person } = await createKey(explained(disk), join(root, 'person.pem'));
  const { draft, steering } = await fillLibrary(library, model);
  for (const folder of [removed, unanchored]) cpSync(library, folder, { recursive: true });
  const app = await openHere(removed);
  const { removed: removedAs } = await app.call('library.remove', { model: NAME });
  await app.close();
  rmSync(join(unanchored, 'keys', 'anchors'), { recursive: true });
  rmSync(join(modelIn(unanchored), 'ledger', 'checkpoints'), { recursive: true });
  return { library, empty, removed, unanchored, model, draft, steering, removedAs, cache, publicKey, person };
}

/** Does what stands in the {@link Scene}. @returns the drafts */
async function fillLibrary(library: string, model: string): Promise<Pick<Scene, 'draft' | 'steering'>> {
  const app = await openHere(library);
  try {
    await app.run('library.import', { source: app.grants.grant(model).handle });
    const work = async (fact: Fact) =>
      (
        await app.run('edits.start', {
          model: NAME,
          facts: [fact],
          method: 'rome',
          choices: { steps: 3, covarianceTokens: 300 },
          fluency: false,
        })
      ).draft;
    for (const fact of FACTS.slice(0, 2))
      await app.run('edits.commit', { model: NAME, draft: await work(fact), reason: `${fact.subject} moved` });
    await app.call('versions.tag', { model: NAME, version: 'current', name: 'two edits' });
    await app.run('versions.rollback', { model: NAME, version: 'base', reason: 'To look back' });
    await app.run('versions.rollback', { model: NAME, version: 'two edits', reason: 'And forth' });
    // Files that are replaced, as most are by then.
    await app.call('settings.set', { settings: { theme: 'light' } });
    await app.call('library.opened', { model: NAME });
    await app.call('audit.open', { model: NAME, seq: 3 });
    await app.call('edits.saveForm', { model: NAME, form: null });
    const { draft: steering } = await app.run('steering.fit', {
      model: NAME,
      method: 'actadd',
      choices: { layer: 1, coefficient: 1, alignment: 'back' },
      examples: PAIR,
    });
    return { draft: await work(FACTS[2]!), steering };
  } finally {
    await app.close();
  }
}

/** A folder with a copy of the library that an act begins with. */
export function prepared(scene: Scene, act: ServiceAct): Where & { readonly root: string } {
  const root = temporary();
  const where = whereIn(root, scene);
  cpSync(scene[act.from], where.library, { recursive: true });
  cpSync(scene.cache, where.cache, { recursive: true });
  mkdirSync(where.out);
  act.prepare?.(where);
  return { root, ...where };
}
