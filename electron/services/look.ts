import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Look, ReadBy } from '../../shared/contract/library.ts';
import { counted } from '../../shared/counted.ts';
import { given } from '../../shared/given.ts';
import { EmendError } from '../../shared/errors.ts';
import { explain } from '../storage/file-errors.ts';
import { errno } from '../storage/files.ts';
import { filesBelow, refuseLinksOut, slashes } from '../storage/folders.ts';
import {
  CHECKPOINT,
  graphFile,
  hasCheckpoint,
  hasTokenizerFiles,
  isCheckpointFile,
  isCheckpointWeights,
  noTokenizer,
  tokenizerFolder,
  wholeModel,
} from '../engine/records.ts';
import { FILE_MANAGER_FILES } from '../storage/system-files.ts';
import { zippedFiles } from '../storage/zip.ts';
import { FOLDER as ATTESTATIONS } from './attest/files.ts';
import { SIGNATURE_FILE } from './attest/model-signing.ts';
import type { Engine } from './jobs.ts';
import { knownFile } from './known-files.ts';

/** The paths by which a folder's ONNX graph and its checkpoint are meant; undefined where it does not hold both. */
export function bothGraphs(folder: string): Readonly<Record<ReadBy, string>> | undefined {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true || !hasCheckpoint(folder)) return undefined;
  const graph = graphFile(folder);
  return isCheckpointFile(basename(graph)) ? undefined : { onnx: graph, checkpoint: join(folder, CHECKPOINT.config) };
}

/**
 * What of a path an import takes.
 * @throws EmendError 'bad-input' for a folder that holds two graphs when nobody said which, and for a choice where there is none
 */
export function chosenSource(engine: Engine, path: string, readBy: ReadBy | undefined): Promise<Source> {
  const both = bothGraphs(wholeModel(path));
  if (both && readBy === undefined)
    throw new EmendError(
      'bad-input',
      `${path} holds an ONNX graph (${basename(both.onnx)}) and a checkpoint; it was not said which of them is meant.`,
      'Say so: --read-by onnx or --read-by checkpoint. Whether they say the same: emend inspect <folder> --compare.',
      { field: 'readBy' },
    );
  if (!both && readBy !== undefined)
    throw new EmendError(
      'bad-input',
      `${path} does not hold both an ONNX graph and a checkpoint, so there is nothing to choose.`,
      'Leave the choice out.',
      { field: 'readBy' },
    );
  return findSource(engine, path, readBy);
}

/** A model folder as it would be imported. */
export interface Source {
  /** The folder that file paths are relative to. */
  readonly root: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly bytes: number;
  readonly name: string;
}

/** What else belongs to a model when a file of it alone is named. */
const BESIDE = /\.(json|txt|model|jinja)$/;
/** What lies in model folders and is no part of the model; an export's attestations are of that export. */
const LEFT_OUT = new Set(['.git', '.cache', '__pycache__', '.ipynb_checkpoints', ...FILE_MANAGER_FILES, ATTESTATIONS, SIGNATURE_FILE]);
/** What a model is called by what its graph is made of. */
const NAMES = {
  onnx: { folder: 'ONNX folder', file: 'ONNX file with what lies beside it' },
  checkpoint: { folder: 'Hugging Face checkpoint', file: 'Hugging Face checkpoint of this file with what lies beside it' },
};
const NEITHER = 'Emend brings in models (a folder with ONNX or safetensors) and facts (JSON, JSONL, CSV).';
const FACT_FILE = /\.(json|jsonl|csv|tsv|txt)$/i;

/**
 * The files that an import of `path` would take: everything in a folder; of an .onnx or safetensors file itself, the model's data files,
 * and the tokenizer and configuration beside it.
 * @param readBy of a folder that holds two graphs: which is meant; the weights of the other are left out
 * @throws EmendError 'not-found' without a graph or a tokenizer; 'bad-file' for a graph that is malformed or whose data files are missing
 *   or too short; 'unsupported' for a checkpoint that cannot be built, and for links that lead out of the folder; 'failed' where permission
 *   is refused
 */
export async function findSource(engine: Engine, path: string, readBy?: ReadBy): Promise<Source> {
  try {
    const whole = wholeModel(path);
    const both = readBy && bothGraphs(whole);
    if (!both) return await found(engine, whole);
    if (readBy === 'checkpoint') return await found(engine, both.checkpoint);
    const source = await found(engine, whole);
    const files = source.files.filter((file) => !isCheckpointWeights(file.path));
    return { ...source, files, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
  } catch (error) {
    throw errno(error) === undefined ? error : explain(error, 'read', (error as NodeJS.ErrnoException).path ?? path);
  }
}

async function found(engine: Engine, path: string): Promise<Source> {
  if (!existsSync(path)) throw new EmendError('not-found', `There is no ${path}.`, 'Give the folder that holds the model.');
  const graph = graphFile(path);
  const { files: parts } = await engine.run('files', { model: { folder: graph } });
  const isFolder = statSync(path).isDirectory();
  const root = isFolder ? path : tokenizerFolder(graph);
  const needed = parts.map((file) => slashes(relative(root, file)));
  const found = isFolder
    ? await filesBelow(root, LEFT_OUT)
    : [...new Set([...needed, ...readdirSync(root).filter((name) => BESIDE.test(name) && statSync(join(root, name)).isFile())])].sort();
  // Weights may lie elsewhere: they are read as nothing but weights.
  await refuseLinksOut(
    root,
    found.filter((file) => !needed.includes(file)),
  );
  const files = [...new Set([...found, ...needed])].map((file) => ({ path: file, bytes: statSync(join(root, file)).size }));
  const has = (name: string) => files.some((file) => file.path === name);
  if (!hasTokenizerFiles(has))
    throw noTokenizer(
      root,
      files.map((file) => file.path),
    );
  return { root, files, bytes: files.reduce((sum, file) => sum + file.bytes, 0), name: nameOf(path) };
}

/** What something dropped or chosen is, before anything is read in full. Never throws for what is merely not a model. */
export async function lookAt(engine: Engine, chosen: string, asked?: ReadBy): Promise<Look> {
  const path = wholeModel(chosen);
  const name = nameOf(path);
  const nothing = { name, bytes: 0, files: [], problems: [] };
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status)
    return {
      ...nothing,
      what: 'unknown',
      says: `There is nothing at ${path}.`,
      problems: [{ message: 'It is gone.', hint: 'Choose it again.' }],
    };
  const known = status.isFile() && !path.endsWith('.onnx') ? await knownFile(path).catch(() => undefined) : undefined;
  if (known?.isArchive) return lookInto(path, name);
  if (known)
    return {
      ...nothing,
      what: 'unknown',
      bytes: status.size,
      says: `This is ${known.name}.`,
      problems: [{ message: NEITHER, hint: known.hint }],
    };
  if (status.isFile() && FACT_FILE.test(path) && !isCheckpointFile(basename(path)))
    return {
      ...nothing,
      what: 'facts',
      bytes: status.size,
      files: [{ path: basename(path), bytes: status.size }],
      says: `A file of ${inBytes(status.size)} that may hold facts.`,
    };
  try {
    const readBy = bothGraphs(path) && (asked ?? 'onnx');
    const { files, bytes } = await findSource(engine, path, readBy);
    const isExport = status.isDirectory() && existsSync(join(path, ATTESTATIONS, 'ledger.jsonl'));
    const isCheckpoint = readBy === 'checkpoint' || isCheckpointFile(basename(graphFile(path)));
    const hasData = !isCheckpoint && files.some((file) => !/\.(onnx|json|txt|md|model|jinja)$/.test(file.path));
    const { folder, file } = isCheckpoint ? NAMES.checkpoint : NAMES.onnx;
    const kind = isExport ? 'A model that Emend exported' : status.isDirectory() ? folder : file;
    return {
      what: isExport ? 'export' : 'model',
      name,
      bytes,
      files: [...files],
      problems: [],
      says: `${kind}, ${counted(files.length, 'file')}, ${inBytes(bytes)}${hasData ? ', external data present' : ''}.`,
      ...given({ readBy }),
    };
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
    const isModel = status.isDirectory() && readdirSync(path).some((one) => one.endsWith('.onnx') || isCheckpointFile(one));
    const isBesideConfig = isCheckpointFile(basename(path)) && existsSync(join(dirname(path), 'config.json'));
    const below = status.isDirectory() && !isModel ? modelsBelow(path) : [];
    if (below.length > 0)
      return {
        ...nothing,
        what: 'unknown',
        says: `A folder with ${counted(below.length, 'model')} in it.`,
        problems: [
          { message: `The models are ${below.slice(0, 8).join(', ')}${below.length > 8 ? ' …' : ''}.`, hint: 'Bring them in one by one.' },
        ],
      };
    if (status.isDirectory() && readdirSync(path).length === 0)
      return {
        ...nothing,
        what: 'unknown',
        says: 'An empty folder.',
        problems: [{ message: NEITHER, hint: 'Choose the folder that holds the model.' }],
      };
    return {
      ...nothing,
      what: isModel || path.endsWith('.onnx') || isBesideConfig ? 'model' : 'unknown',
      says: 'This cannot be imported.',
      problems: [{ message: error.message, hint: error.hint }],
    };
  }
}

/** What an archive holds, by its list of files. */
async function lookInto(path: string, name: string): Promise<Look> {
  const archive = { name: name.replace(/\.zip$/i, ''), bytes: 0, files: [] };
  try {
    const files = await zippedFiles(path);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const says = `A zip archive of ${counted(files.length, 'file')}, ${inBytes(bytes)} when unpacked.`;
    if (files.some((file) => /\.onnx$/i.test(file.path) || FACT_FILE.test(file.path) || isCheckpointFile(basename(file.path))))
      return { ...archive, what: 'archive', bytes, files: [...files], says, problems: [] };
    const some = files.slice(0, 5).map((file) => file.path);
    const found = `In it are ${some.join(', ')}${files.length > some.length ? ' …' : ''}: neither a model nor facts.`;
    return { ...archive, what: 'unknown', says, problems: [{ message: files.length === 0 ? 'It is empty.' : found, hint: NEITHER }] };
  } catch (error) {
    if (!(error instanceof EmendError)) throw error;
    return { ...archive, what: 'unknown', says: 'This is a zip archive.', problems: [{ message: error.message, hint: error.hint }] };
  }
}

/**
 * What is said of something that was uploaded or unpacked, which is called as it was dropped: the folder that it lies in meanwhile says
 * nothing.
 */
export function asDropped(look: Look, path: string, uploads: string): Look {
  if (!path.startsWith(uploads + sep)) return look;
  const named = (text: string) => text.replaceAll(dirname(path) + sep, '');
  return {
    ...look,
    says: named(look.says),
    problems: look.problems.map(({ message, hint }) => ({ message: named(message), hint: named(hint) })),
  };
}

/** Folders right below one that hold a model each. */
function modelsBelow(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map(({ name }) => name)
    .filter((name) => {
      try {
        return graphFile(join(path, name)) !== undefined;
      } catch {
        return false; // none that could be opened
      }
    });
}

function nameOf(path: string): string {
  const isPart = isCheckpointFile(basename(path)) || /^(model\.onnx|onnx)$/.test(basename(path));
  const whole = isPart ? dirname(path) : path;
  // the Hugging Face cache has a folder for each revision, in one that is called after the model
  const cached = /models--(?:[^/\\]+--)?([^/\\]+?)[/\\]snapshots[/\\][^/\\]+$/.exec(whole);
  return cached?.[1] ?? basename(whole).replace(/\.onnx$/, '');
}

function inBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const at = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return at === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** at).toFixed(1)} ${units[at]}`;
}
