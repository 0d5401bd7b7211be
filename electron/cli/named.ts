import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ModelDetail } from '../../shared/contract/library.ts';
import { EmendError } from '../../shared/errors.ts';
import type { Application } from '../services/application.ts';
import { findModel, type NamedModel } from '../services/models.ts';
import { ModelPlaces, Places } from '../services/places.ts';
import type { Context, Opening } from './command.ts';
import { text } from './options.ts';
import { mayRecord, type Recording } from './record.ts';
import { UsageError } from './usage.ts';

/** A model as methods of the contract take it: of the library, or of a session. */
export interface Working {
  readonly app: Application;
  readonly model: { readonly id: string; readonly name: string };
}

/** A model of the library, and the application that has it. */
export interface InLibrary extends Working {
  readonly model: ModelDetail;
}

/** A model as a person named it: its files, and what the library has of it, if it is there. */
export interface Named {
  readonly files: NamedModel;
  readonly library: InLibrary | undefined;
}

/** Help on the places where a model may be either. */
export const MODEL = { name: 'model', help: 'A model of the library, "atlas", or a folder with a checkpoint or an .onnx decoder' } as const;
/** Help on the places where only a model of the library will do. */
export const LIBRARY_MODEL = { name: 'model', help: 'A model of the library: its name or the beginning of its id' } as const;

/**
 * The model of the library with this name, id or beginning of an id; else the built-in model or folder that is called so.
 * @throws EmendError 'not-found' when there is neither, 'bad-input' when several models of the library fit
 */
export async function namedModel(context: Context, name: string, how: Opening): Promise<Named> {
  const library = await inLibrary(context, name, how);
  if (library) {
    tell(context, library.model);
    return { library, files: { ...findModel(filesOf(library)), name: library.model.name } };
  }
  try {
    return { library, files: findModel(name) };
  } catch (error) {
    if (!(error instanceof EmendError) || !hasLibrary(context)) throw error;
    throw new EmendError(error.code, error.message, `${error.hint} Models of the library: emend models.`, error.details);
  }
}

/** Options of commands that look at one version, of whichever kind of model. */
export const WHICH = {
  at: text('VERSION', 'Which version of a model of the library: "current" (also when left out), "base", a tag or an id'),
  edit: text('FILE', 'The model as imported with this edit (a delta that `emend edit --save` made)'),
};

/**
 * A model to look at, with the version that was meant.
 * @param recorded whether the version is one of the library
 * @throws UsageError when the two ways of naming one do not go together
 */
export async function versionNamed(
  context: Context,
  name: string,
  { at, edit, ...recording }: { readonly at: string | undefined; readonly edit: string | undefined } & Partial<Recording>,
): Promise<Working & { readonly version: string; readonly recorded: boolean }> {
  if (at !== undefined && edit !== undefined)
    throw new UsageError(
      '--at and --edit do not go together.',
      '--at is a version of the library; --edit lays a delta on the model as imported.',
    );
  const named = await namedModel(context, name, { readOnly: recording.record === undefined });
  if (at !== undefined && !named.library)
    throw new UsageError(
      `--at is for models of the library, and ${JSON.stringify(name)} is none.`,
      'Bring it in with: emend import <folder>',
    );
  mayRecord(recording, name, named.library !== undefined && edit === undefined);
  const recorded = edit === undefined ? named.library : undefined;
  const { app, model } = recorded ?? (await inSession(context, named, edit === undefined ? undefined : deltaFile(edit)));
  return { app, model, version: at ?? 'current', recorded: recorded !== undefined };
}

/** The path of a delta that must be there. */
export function deltaFile(name: string): string {
  const file = resolve(name);
  if (!existsSync(file)) throw new EmendError('not-found', `There is no edit ${file}.`, 'Give the file that `emend edit --save` made.');
  return file;
}

/** The files of a model, open as they lie there, without a record. @param delta an edit to open them with */
export async function inSession(context: Context, { files, library }: Named, delta?: string): Promise<Working> {
  const app = await context.open({ readOnly: true });
  const granted = (path: string) => app.grants.grant(path).handle;
  const model = await app.call('sessions.open', {
    folder: granted(files.folder),
    ...(library ? { name: library.model.name } : {}),
    ...(delta === undefined ? {} : { delta: granted(delta) }),
  });
  return { app, model };
}

/**
 * A model of the library.
 * @throws EmendError 'not-found', naming those there are
 */
export async function libraryModel(context: Context, name: string, how: Opening): Promise<InLibrary> {
  const app = await context.open(how);
  const model = await app.call('library.get', { model: name }).catch((error: unknown) => {
    if (!(error instanceof EmendError) || error.code !== 'not-found') throw error;
    throw new EmendError(error.code, error.message, 'Bring it in with: emend import <folder>. What is there: emend models.', error.details);
  });
  tell(context, model);
  return { app, model };
}

/** As {@link libraryModel}, or undefined when there is none; without a library nothing is opened. */
export async function inLibrary(context: Context, name: string, how: Opening): Promise<InLibrary | undefined> {
  // Names of the library have no slashes, so this is a path.
  if (/[/\\]/.test(name) || !hasLibrary(context)) return undefined;
  const app = await context.open(how);
  try {
    return { app, model: await app.call('library.get', { model: name }) };
  } catch (error) {
    if (error instanceof EmendError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function hasLibrary({ home }: Context): boolean {
  return existsSync(new Places(home).models);
}

/** An entry's number as it was written. @throws UsageError */
export function entryNumber(raw: string): number {
  if (/^[1-9]\d{0,14}$/.test(raw)) return Number(raw);
  throw new UsageError(`${JSON.stringify(raw)} is no entry; expected its number.`, 'The numbers stand in: emend log <model>');
}

/** The folder of a model's files as imported. */
function filesOf({ app, model }: InLibrary): string {
  return new ModelPlaces(join(new Places(app.dataFolder).models, model.id.slice(0, 16))).files;
}

function tell({ warn }: Context, { name, state, says, notices }: ModelDetail): void {
  if (state === 'damaged') warn(`The ledger of ${name} is damaged. ${says ?? ''}`.trim(), `See: emend verify ${JSON.stringify(name)}`);
  if (state === 'newer') warn(says ?? `A newer Emend went on with ${name}.`, 'Update Emend to go on with it.');
  // Those without anything to do were told when the model was imported.
  for (const { message, hint } of notices) if (hint !== '') warn(message, hint);
}
