import * as v from 'valibot';
import { type Bridge, CONTRACT, isMethod, type MethodName, type Parsed, type Reply } from '../../../shared/contract.ts';
import type { Event } from '../../../shared/contract/events.ts';
import type { Picked } from '../../../shared/contract/host.ts';
import type { Job } from '../../../shared/contract/jobs.ts';
import type { ModelCard } from '../../../shared/contract/library.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../shared/contract/settings.ts';
import { cancelled as cancelledError, EmendError, errorData } from '../../../shared/errors.ts';
import { answer } from './answers.ts';
import { fakeDissectMethods } from './dissect.ts';
import { fakeChecked, type EditScenario, fakeEditMethods } from './edits.ts';
import { plainest } from './from-schema.ts';
import { fakeNearMethods } from './near.ts';
import { fakeRecordMethods } from './records.ts';
import { detail, hash, MODELS } from './samples.ts';
import { ggufReport } from './gguf.ts';

export interface Scenario {
  /** An empty library, and nobody has given a name yet. */
  readonly isNew?: boolean;
  readonly picker?: 'native' | 'list';
  /** A running and an ended job in the tray from the start. */
  readonly hasJobs?: boolean;
  /** Length of the first model's ledger. */
  readonly entries?: number | undefined;
  readonly edits?: EditScenario | undefined;
  /** What is chosen or dropped is an export that somebody changed. */
  readonly isSpoilt?: boolean;
}

/** What has something of its own to say; the rest is answered with the plainest value that its schema allows. */
type Methods = { [M in MethodName]?: (params: Parsed<M>) => Reply<M> | Promise<Reply<M>> };

const OWN_KEY = {
  handle: 'own',
  path: '/home/ada/keys/ada.pem',
  name: 'ada.pem',
  folder: false,
  id: hash('own').slice(0, 32),
  isProtected: true,
};
const FOLDER: Picked = { handle: 'h1', path: '/home/ada/models/gpt2-onnx', name: 'gpt2-onnx', folder: true };

/** Answers the contract with sample data, all of it held against the schemas, so that screens can be looked at without the services. */
export function fakeBridge({ isNew = false, picker = 'native', hasJobs = false, entries, edits, isSpoilt = false }: Scenario): Bridge {
  const hearers = new Set<(event: Event) => void>();
  const tell = (event: Event) => hearers.forEach((hear) => hear(event));
  let models: ModelCard[] = isNew ? [] : [...MODELS];
  let settings: Settings = { ...DEFAULT_SETTINGS, author: isNew ? '' : 'Ada Byron' };
  let isKeySet = false;
  let removed: ModelCard | undefined;
  const jobs = new Map<string, Job>();
  const cancelled = new Set<string>();
  let started = 0;
  const find = (name: string) => {
    const model = models.find(({ id, name: called }) => id.startsWith(name) || called === name);
    if (!model)
      throw new EmendError(
        'not-found',
        `There is no model ${JSON.stringify(name)} in the library.`,
        'Import it, or choose one of the list.',
      );
    return model;
  };

  /** A job that goes through its phases and ends with what `result` gives. */
  function start(
    kind: MethodName,
    title: string,
    phases: readonly string[],
    result: (id: string) => unknown,
    model?: string,
    tick = 350,
  ): { job: string } {
    const id = `job-${++started}`;
    const began = new Date().toISOString();
    const steps = phases.length * 4;
    let at = 0;
    const put = (job: Partial<Job>) => {
      const unit = phases[Math.floor(at / 4)] === 'copying' ? { unit: 'bytes' as const } : {};
      const next: Job = {
        id,
        kind,
        title,
        ...(model && { model }),
        state: 'running',
        phase: phases[Math.min(phases.length - 1, Math.floor(at / 4))]!,
        done: at * (unit.unit ? 2_500_000 : 1),
        total: steps * (unit.unit ? 2_500_000 : 1),
        share: at / steps,
        ...unit,
        secondsLeft: ((steps - at) * tick) / 1000,
        started: began,
        ...job,
      };
      jobs.set(id, next);
      tell({ type: 'job', job: next });
    };
    const step = () => {
      const ended = new Date().toISOString();
      if (cancelled.has(id)) return put({ state: 'cancelled', ended, error: errorData(cancelledError()) });
      at += 1;
      if (at < steps) {
        put({});
        setTimeout(step, tick);
        return;
      }
      try {
        const value = result(id);
        put({ state: 'done', ended, result: isMethod(kind) ? v.parse(CONTRACT[kind].result, value) : value });
      } catch (error) {
        put({ state: 'failed', ended, error: errorData(error) });
      }
    };
    put({});
    setTimeout(step, tick);
    return { job: id };
  }

  const methods: Methods = {
    'host.info': () => ({
      mode: picker === 'list' ? 'browser' : 'desktop',
      app: '0.1.0',
      platform: 'linux',
      picker,
      canPrint: true,
      canReveal: true,
      dataFolder: '/home/ada/.local/share/emend',
      built: '2026-11-20',
      cores: 8,
      memoryBytes: 17_179_869_184,
    }),
    'host.pick': () => ({ picked: [FOLDER] }),
    'host.browse': ({ folder }) => ({
      here: { handle: folder ?? 'home', path: folder ? `/home/ada/${folder}` : '/home/ada', name: folder ?? 'ada', folder: true },
      ...(folder && { parent: { handle: 'home', path: '/home/ada', name: 'ada', folder: true } }),
      entries: [
        ...['documents', 'exports', 'gpt2-onnx', 'models', 'qwen2.5-0.5b-onnx'].map((name) => ({
          handle: name,
          path: `/home/ada/${name}`,
          name,
          folder: true,
        })),
        { handle: 'facts', path: '/home/ada/facts.csv', name: 'facts.csv', folder: false, bytes: 18_230 },
      ],
    }),
    'host.place': ({ name }) => ({ handle: `new-${name}`, path: `/home/ada/${name}`, name, folder: false }),
    'host.reveal': () => ({}),
    'host.openLink': () => ({}),

    'library.get': ({ model }) => detail(find(model)),
    'library.look': ({ source }) =>
      isSpoilt
        ? {
            what: 'export',
            says: 'An export, 6 files, 31.4 MB',
            name: 'atlas-edited',
            bytes: 31_400_000,
            files: [{ path: 'model.onnx', bytes: 31_354_112 }],
            problems: [],
          }
        : source === 'bad'
          ? {
              what: 'model',
              says: 'ONNX folder, 3 files, 1.2 GB, external data missing',
              name: 'broken-export',
              bytes: 1_200_000_000,
              files: [
                { path: 'model.onnx', bytes: 812_000 },
                { path: 'config.json', bytes: 812 },
                { path: 'tokenizer.json', bytes: 2_100_000 },
              ],
              problems: [
                {
                  message: 'model.onnx names its weights in model.onnx_data; that file is not in the folder.',
                  hint: 'Copy model.onnx_data beside model.onnx, and drop the folder again.',
                },
              ],
            }
          : {
              what: 'model',
              says: 'ONNX folder, 6 files, 652.3 MB, external data present',
              name: 'gpt2-onnx',
              bytes: 652_300_000,
              files: [
                { path: 'model.onnx', bytes: 912_331 },
                { path: 'model.onnx_data', bytes: 649_297_920 },
                { path: 'config.json', bytes: 907 },
                { path: 'tokenizer.json', bytes: 2_107_653 },
                { path: 'tokenizer_config.json', bytes: 1281 },
                { path: 'generation_config.json', bytes: 119 },
              ],
              problems: [],
            },
    'library.compareGraphs': notHere,
    'library.examine': () =>
      start('library.examine', 'Look at gpt2-onnx', ['opening'], () => ({
        architecture: 'gpt2',
        parameters: 124_439_808,
        precision: 'float32',
        layers: 12,
        hiddenSize: 768,
        vocabulary: 50_257,
        memory: 995_518_464,
        warnings: [],
      })),
    'library.import': () =>
      start('library.import', 'Import gpt2-onnx', ['copying', 'hashing', 'reading the graph', 'testing the model'], () => {
        models = [{ ...MODELS[1]!, id: hash('gpt2'), name: 'gpt2-onnx', architecture: 'gpt2' }, ...models];
        setTimeout(() => tell({ type: 'library' }));
        return { model: hash('gpt2'), name: 'gpt2-onnx', known: false };
      }),
    'library.importBuiltIn': () =>
      start('library.importBuiltIn', 'Import Atlas', ['copying', 'reading the graph'], () => {
        models = [{ ...MODELS[0]!, edits: 0, versions: 1, tags: [], entries: 1, drafts: 0 }, ...models];
        setTimeout(() => tell({ type: 'library' }));
        return { model: MODELS[0]!.id, name: 'Atlas', known: false };
      }),
    'library.opened': () => ({}),
    'library.rename': ({ model, name }) => {
      const { id } = find(model);
      models = models.map((one) => (one.id === id ? { ...one, name } : one));
      tell({ type: 'library' });
      return {};
    },
    'library.remove': ({ model }) => {
      removed = find(model);
      models = models.filter((one) => one !== removed);
      tell({ type: 'library' });
      return { removed: removed.id, name: removed.name };
    },
    'library.purge': () => {
      removed = undefined;
      tell({ type: 'library' });
      return {};
    },
    'library.restore': () => {
      if (!removed) throw new EmendError('not-found', 'There is nothing to restore.', '');
      const back = removed;
      removed = undefined;
      models = [back, ...models];
      tell({ type: 'library' });
      return { model: back.id, name: back.name };
    },

    // The window opens no sessions yet, and inspects and measures by what the record has; only llama.cpp is asked anew.
    'sessions.open': notHere,
    'sessions.close': notHere,
    'probing.inspect': notHere,
    'checks.measure': notHere,
    'checks.try': notHere,
    'checks.report': () => fakeChecked(),
    'checks.gguf': ({ model, version }) =>
      start(
        'checks.gguf',
        `Check ${find(model).name} in llama.cpp`,
        ['prepare', 'gguf', 'before', 'after'],
        () => ({ version: version ?? 'current', facts: { source: "the version's edits", count: 1 }, warnings: [], report: ggufReport() }),
        find(model).id,
      ),
    'probing.ask': ({ model, prompt, version, top, maxTokens }) => {
      // The current version is the one that the list tells.
      const { models: listed } = methods['library.list']!({}) as Reply<'library.list'>;
      const { current } = listed.find(({ id }) => id === find(model).id)!;
      const said = answer(prompt, version ?? 'current', current, top, maxTokens);
      const reply = start('probing.ask', `Ask ${find(model).name}`, ['thinking', 'writing'], () => said, find(model).id, 120);
      said.pieces.forEach(({ text }, at) =>
        setTimeout(() => !cancelled.has(reply.job) && tell({ type: 'text', job: reply.job, piece: text }), 100 + at * 40),
      );
      return reply;
    },
    'probing.tokens': ({ text }) => ({ tokens: text.split(/(?= )/).map((piece, id) => ({ id, text: piece })) }),

    ...fakeDissectMethods(start, find),
    ...fakeEditMethods({ find, start }, edits),
    ...fakeNearMethods({ find, start }),
    ...fakeRecordMethods({
      find,
      models: () => models,
      removed: () =>
        removed ? [{ removed: removed.id, id: removed.id, name: removed.name, imported: removed.imported, entries: removed.entries }] : [],
      author: () => settings.author,
      start,
      tell,
      isSpoilt,
      ...(entries === undefined ? {} : { entries }),
    }),

    'settings.get': () => ({ settings, suggestedAuthor: 'Ada Byron', notices: [] }),
    'settings.set': ({ settings: some }) => {
      settings = v.parse(CONTRACT['settings.set'].result, { settings: { ...settings, ...some } }).settings;
      tell({ type: 'settings', settings });
      return { settings };
    },
    'settings.key': () => ({
      id: hash('key').slice(0, 16),
      publicKey: `-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA${hash('public').slice(0, 43)}=\n-----END PUBLIC KEY-----\n`,
      path: '/home/ada/.local/share/emend/keys/signing.pem',
    }),
    'settings.trustKey': () => ({ id: hash('trusted').slice(0, 32) }),
    'settings.newKey': () => ({ id: hash('new').slice(0, 32), publicKey: '', path: '/home/ada/grace.public.pem' }),
    'settings.ownKey': () => ({ ...(isKeySet ? { key: OWN_KEY } : {}) }),
    'settings.setOwnKey': ({ source }) => {
      isKeySet = source !== null;
      return { ...(isKeySet ? { key: OWN_KEY } : {}) };
    },
    'settings.addPerson': ({ name }) => {
      const id = hash('new').slice(0, 32);
      settings = { ...settings, policy: { ...settings.policy, people: { ...settings.policy.people, [id]: name } } };
      tell({ type: 'settings', settings });
      return { id };
    },
    'settings.setDataFolder': () => ({ folder: '/home/ada/models' }),

    'jobs.list': () => ({ jobs: [...jobs.values()].reverse() }),
    'jobs.get': ({ id }) => jobs.get(id)!,
    'jobs.cancel': ({ id }) => {
      cancelled.add(id);
      return {};
    },
    'jobs.clear': ({ id }) => {
      const ended = [...jobs.values()].filter((job) => job.state !== 'running' && (id === undefined || job.id === id));
      ended.forEach((job) => jobs.delete(job.id));
      return { cleared: ended.length };
    },
  };

  async function answerTo(method: string, params: unknown): Promise<unknown> {
    if (!isMethod(method)) throw new EmendError('bad-input', `There is no method ${method}.`, '');
    const { result, isJob, params: expected } = CONTRACT[method];
    const parsed = v.parse(expected, params);
    const act = methods[method] as ((params: unknown) => unknown) | undefined;
    if (act === undefined) return isJob ? start(method, method, ['working'], () => plainest(result)) : plainest(result);
    const value = await act(parsed);
    return isJob ? value : v.parse(result, value);
  }

  if (hasJobs) {
    start(
      'edits.start',
      'Edit 12 facts by MEMIT',
      ['keys', 'covariance', 'targets', 'solve', 'checks'],
      () => ({ draft: 'draft-1' }),
      MODELS[0]!.id,
      60_000,
    );
    start(
      'library.import',
      'Import llama-3-8b',
      ['copying'],
      () => {
        throw new EmendError(
          'bad-file',
          'model.onnx names its weights in model.onnx_data; that file is 1.2 GB, expected 4.9 GB.',
          'Copy the folder again; the last copy stopped early.',
          { file: 'model.onnx_data' },
        );
      },
      undefined,
      1,
    );
  }

  return {
    async call(method, params) {
      try {
        // As across a real bridge: nothing but plain data.
        return { ok: true, value: structuredClone(await answerTo(method, structuredClone(params))) };
      } catch (error) {
        return { ok: false, error: errorData(error) };
      }
    },
    listen(heard) {
      hearers.add(heard);
      return () => void hearers.delete(heard);
    },
    grant: async (files) => files.map((_file, at) => ({ ...FOLDER, handle: `dropped-${at}` })),
  };
}

function notHere(): never {
  throw new EmendError('unsupported', 'The page has no use for this.', 'Call it in a test of the services.');
}
