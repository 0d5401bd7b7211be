import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
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
import { NAME, noHost, type ServiceAct, type Where, whereIn } from './services-doing.ts';

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

/** A library as it stands before the acts that are to be disturbed. */
export interface Scene {
  /**
   * Data folder: the model with two edits in force, a rollback behind it, a tag, and a draft made for the current version. Nobody holds it.
   */
  readonly library: string;
  /** A data folder with nothing in it but a key. */
  readonly empty: string;
  /** The model as it was imported. */
  readonly model: string;
  readonly draft: string;
}

/** Makes the {@link Scene}; the slow part, done once. */
export async function makeScene(): Promise<Scene> {
  const root = temporary();
  process.env['EMEND_CACHE'] = join(root, 'cache');
  const [library, empty, model] = [join(root, 'library'), join(root, 'empty'), writeMini(join(root, NAME))];
  await (await openHere(empty)).close();
  cpSync(empty, library, { recursive: true });
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
    return { library, empty, model, draft: await work(FACTS[2]!) };
  } finally {
    await app.close();
  }
}

/** A folder with a copy of the library that an act begins with. */
export function prepared(scene: Scene, act: ServiceAct): Where & { readonly root: string } {
  const root = temporary();
  const where = whereIn(root, scene);
  cpSync(scene[act.from], where.library, { recursive: true });
  mkdirSync(where.out);
  act.prepare(where);
  return { root, ...where };
}
