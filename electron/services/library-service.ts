import { basename } from 'node:path';
import type { ModelCard, ModelDetail } from '../../shared/contract/library.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Inspection } from '../engine/jobs.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { lockOwner, stateOf } from '../storage/lock.ts';
import { writtenByNewer } from '../ledger/ledger.ts';
import { partsOf } from '../ledger/versions.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { examine, refusalOf } from './examine.ts';
import { importModel } from './import.ts';
import type { JobControl } from './job-list.ts';
import { CLOSE_FIRST, heldWords, ownerWords, type LibraryModel } from './library-model.ts';
import { compareGraphs } from './compare-graphs.ts';
import { asDropped, chosenSource, findSource, lookAt, type Source } from './look.ts';
import { findModel } from './models.ts';
import { lastVerified } from './verify-model.ts';
import { given } from '../../shared/given.ts';

type Part = Pick<
  Services,
  | 'library.list'
  | 'library.get'
  | 'library.look'
  | 'library.unpack'
  | 'library.compareGraphs'
  | 'library.examine'
  | 'library.import'
  | 'library.importBuiltIn'
  | 'library.opened'
  | 'library.rename'
  | 'library.remove'
  | 'library.restore'
  | 'library.purge'
>;

/** The models of the library: bringing them in, looking at them, taking them out. */
export function libraryService({ library, models, preferences, places, engine, grants, jobs, unpacked, tell }: Surroundings): Part {
  const card = (model: LibraryModel) => cardOf(model, preferences.openedAt(model.id));
  const startImport = <M extends 'library.import' | 'library.importBuiltIn'>(
    method: M,
    title: string,
    find: () => Promise<Source>,
    { asked, anew = false, copied = () => undefined }: { asked?: string | undefined; anew?: boolean; copied?: () => void } = {},
  ) =>
    jobs.start(method, title, undefined, async (control: JobControl) => {
      const source = await find();
      const [{ models }, removed] = [await library.list(), await library.removed()];
      let name = '';
      const known = new Map(models.map((model) => [model.id, model]));
      const result = await importModel(
        {
          source,
          name: async () => (name = await library.freeName(asked, source.name)),
          places,
          engine,
          key: preferences.key,
          anew,
          by: preferences.by(''),
          isKnown: (id) => known.has(id),
          removedOf: (id) => removed.filter((one) => one.id === id),
          mayBeKnown: [...models.map(filesOf), ...removed.map(({ files }) => files)].some((files) => sameSizes(files, source.files)),
        },
        control,
      );
      copied();
      if ('known' in result) return { model: result.known, name: (await library.find(result.known)).name, known: true };
      tell({ type: 'library' });
      return { model: result.id, name, known: false };
    });
  return {
    'library.list': async () => {
      const { models, unopened } = await library.list();
      const cards = await Promise.all(models.map(card));
      cards.sort((a, b) => ((a.opened ?? a.imported) < (b.opened ?? b.imported) ? 1 : -1));
      return {
        models: cards,
        removed: (await library.removed()).map(({ files: _, ...removed }) => removed),
        notices: [
          ...unopened.map(({ message, hint }) => ({ message, hint })),
          ...preferences.notices.map(({ message, hint }) => ({ message, hint })),
        ],
      };
    },
    'library.get': async ({ model: name }) => {
      const model = await models.recorded(name);
      return detailOf(model, await card(model));
    },
    'library.look': async ({ source, readBy }) => {
      const path = grants.path(source);
      const meanwhile = [places.uploads, places.unpacked];
      return meanwhile.reduce((look, place) => asDropped(look, path, place), await lookAt(engine, path, readBy));
    },
    'library.unpack': ({ source }) => {
      const path = grants.path(source);
      return {
        job: jobs.start('library.unpack', `Unpack ${lookName(path, undefined)}`, undefined, async (control) =>
          grants.grant(await unpacked.open(path, control)),
        ),
      };
    },
    'library.examine': ({ source, readBy }) => {
      const path = grants.path(source);
      return {
        job: jobs.start('library.examine', `Look at ${lookName(path, undefined)}`, undefined, (control) =>
          examine(engine, path, readBy, control),
        ),
      };
    },
    'library.compareGraphs': ({ source }) => {
      const path = grants.path(source);
      return {
        job: jobs.start('library.compareGraphs', `Compare the graphs of ${basename(path)}`, undefined, (control) =>
          compareGraphs(engine, path, control),
        ),
      };
    },
    'library.import': ({ source, name, anew, readBy }) => {
      const path = grants.path(source);
      const find = () => chosenSource(engine, path, readBy);
      return {
        job: startImport('library.import', `Import ${lookName(path, name)}`, find, {
          asked: name,
          anew,
          copied: () => {
            tell({ type: 'imported', source });
            void unpacked.remove(path).catch(() => undefined); // it goes when the application is closed
          },
        }),
      };
    },
    'library.importBuiltIn': () => ({
      job: startImport('library.importBuiltIn', 'Import the built-in model', async () => ({
        ...(await findSource(engine, findModel('atlas').folder)),
        name: 'atlas',
      })),
    }),
    'library.opened': async ({ model: name }) => {
      if (!library.readOnly) await preferences.opened((await models.recorded(name)).id);
      return {};
    },
    'library.rename': async ({ model: name, name: asked }) => {
      const model = await models.recorded(name);
      if (model.name !== asked.trim()) await preferences.rename(model.id, await library.freeName(asked, ''));
      tell({ type: 'library' });
      return {};
    },
    'library.remove': async ({ model: name }) => {
      const model = await models.recorded(name);
      const running = jobs.list().find((job) => job.model === model.id && job.state === 'running');
      if (running) throw new EmendError('bad-input', `${model.name} is in use: ${running.title}.`, 'Cancel that first, or wait for it.');
      const called = model.name;
      const removed = await library.remove(model);
      tell({ type: 'library' });
      return { removed, name: called };
    },
    'library.restore': async ({ removed }) => {
      const model = await library.restore(removed);
      tell({ type: 'library' });
      return { model: model.id, name: model.name };
    },
    'library.purge': async ({ removed }) => {
      if (library.readOnly) throw new EmendError('bad-input', 'The library was opened for reading only.', 'Open it for writing.');
      await library.purge(removed);
      tell({ type: 'library' });
      return {};
    },
  };
}

function lookName(path: string, name: string | undefined): string {
  return name ?? path.split(/[/\\]/).at(-1)!;
}

type Files = readonly { readonly path: string; readonly bytes: number }[];

/** Only a model with the same files and sizes can be the same one. */
function sameSizes(one: Files, other: Files): boolean {
  const list = (files: Files) =>
    files
      .map(({ path, bytes }) => `${path} ${bytes}`)
      .sort()
      .join('\n');
  return one.length > 0 && list(one) === list(other);
}

function filesOf(model: LibraryModel): Files {
  const [first] = model.ledger.entries;
  return first?.kind === 'import' ? first.body.model.files : [];
}

/** What the import entry recorded of the model; undefined where the journal is damaged there. */
export function inspectionOf(model: LibraryModel): Partial<Inspection> {
  const [first] = model.ledger.entries;
  return first?.kind === 'import' ? (first.body.anatomy as Partial<Inspection>) : {};
}

async function cardOf(model: LibraryModel, opened: string | undefined): Promise<ModelCard> {
  const { ledger } = model;
  const { history, damage } = ledger;
  const [first] = ledger.entries;
  const found = inspectionOf(model);
  const layers = found.layers ?? [];
  const refusal = refusalOf(found);
  const held = model.heldBy ?? (ledger.readOnly ? await otherOwner(model) : undefined);
  const newer = ledger.newer[0] && writtenByNewer(ledger.newer[0]);
  const state = damage.length > 0 ? 'damaged' : newer ? 'newer' : held !== undefined ? 'held' : 'intact';
  const says =
    damage[0]?.message ??
    newer?.message ??
    (held === undefined ? model.obstacle?.message : `${heldWords(model.name, held)} ${CLOSE_FIRST}`);
  const parts = history.isEmpty ? [] : partsOf(history.current);
  const inForce = (kind: 'edit' | 'steer') => parts.filter(({ entry }) => ledger.entry(entry).kind === kind).length;
  const { drafts } = await ledger.drafts.list();
  const waiting = (kind: 'edit' | 'steer') => drafts.filter((draft) => draft.kind === kind).length;
  return {
    id: model.id,
    name: model.name,
    imported: first?.time ?? '',
    ...given({ opened }),
    architecture: architectureOf(found),
    parameters: found.parameters ?? 0,
    bytes: first?.kind === 'import' ? first.body.model.files.reduce((sum, file) => sum + file.bytes, 0) : 0,
    layers: layers.length,
    precision: found.precision ?? '',
    ...given({ refusal }),
    current: history.isEmpty ? '' : history.current.id,
    edits: inForce('edit'),
    steerings: inForce('steer'),
    versions: new Set(history.moments.map((moment) => moment.version.id)).size,
    tags: history.isEmpty ? [] : [...history.tags].filter(([, id]) => id === history.current.id).map(([tag]) => tag),
    entries: ledger.entries.length + ledger.newer.length,
    head: ledger.head.hash,
    state,
    ...given({ says, anchored: ledger.anchored, verified: lastVerified(ledger) }),
    drafts: waiting('edit'),
    fitted: waiting('steer'),
    recordNotices: model.notices.map(({ message, hint }) => ({ message, hint })),
  };
}

/** Who holds the ledger that we only read; nobody where that process has ended without giving it back. */
async function otherOwner(model: LibraryModel): Promise<string | undefined> {
  const owner = await lockOwner(explained(disk), model.places.ledger);
  return owner && (await stateOf(owner)) !== 'gone' ? ownerWords(owner) : undefined;
}

function architectureOf(found: Partial<Inspection>): string {
  return found.architecture ?? 'decoder';
}

function detailOf(model: LibraryModel, card: ModelCard): ModelDetail {
  const found = inspectionOf(model);
  const [first] = model.ledger.entries;
  return {
    ...card,
    producer: found.producer ?? '',
    opset: found.opset ?? 0,
    hiddenSize: found.hiddenSize ?? 0,
    vocabulary: found.vocabulary ?? 0,
    cache: found.cache ?? false,
    tokenizer: found.tokenizer ? `${found.tokenizer.size} tokens, ${found.tokenizer.kind}` : '',
    layerTable: (found.layers ?? []).map(({ layer, heads, keyWidth, weight, gated, refusal }) => ({
      layer,
      ...given({ heads }),
      keyWidth,
      weight,
      kind: gated ? 'gated' : 'plain',
      ...given({ refusal }),
    })),
    files: first?.kind === 'import' ? first.body.model.files.map((file) => ({ ...file })) : [],
    notices: [...card.recordNotices, ...(found.warnings ?? []).map((message) => ({ message, hint: '' }))],
  };
}
