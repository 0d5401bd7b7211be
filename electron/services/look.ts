import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Look } from '../../shared/contract/library.ts';
import { counted } from '../../shared/counted.ts';
import { EmendError } from '../../shared/errors.ts';
import { explain } from '../storage/file-errors.ts';
import { errno } from '../storage/files.ts';
import { filesBelow, refuseLinksOut, slashes } from '../storage/folders.ts';
import { graphFile, hasCheckpoint, isCheckpointFile, tokenizerFolder, wholeModel } from '../engine/records.ts';
import { FILE_MANAGER_FILES } from '../storage/system-files.ts';
import { FOLDER as ATTESTATIONS } from './attest/files.ts';
import { SIGNATURE_FILE } from './attest/model-signing.ts';
import type { Engine } from './jobs.ts';
import { knownFile } from './known-files.ts';

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
 * @throws EmendError 'not-found' without a graph or a tokenizer; 'bad-file' for a graph that is malformed or whose data files are missing
 *   or too short; 'unsupported' for a checkpoint that cannot be built, and for links that lead out of the folder; 'failed' where permission
 *   is refused
 */
export async function findSource(engine: Engine, path: string): Promise<Source> {
  try {
    return await found(engine, wholeModel(path));
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
  const hasTokenizer = has('tokenizer.json') || (has('vocab.json') && has('merges.txt'));
  if (!hasTokenizer) {
    throw new EmendError(
      'not-found',
      `${root} holds a decoder (${basename(graph)}) but no tokenizer.json (found ${files
        .map((file) => file.path)
        .slice(0, 8)
        .join(', ')}).`,
      'Copy tokenizer.json and tokenizer_config.json of the same model into the folder.',
      { path: root },
    );
  }
  return { root, files, bytes: files.reduce((sum, file) => sum + file.bytes, 0), name: nameOf(path) };
}

/** What something dropped or chosen is, before anything is read in full. Never throws for what is merely not a model. */
export async function lookAt(engine: Engine, chosen: string): Promise<Look> {
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
    const { files, bytes } = await findSource(engine, path);
    const isExport = status.isDirectory() && existsSync(join(path, ATTESTATIONS, 'ledger.jsonl'));
    const isCheckpoint = isCheckpointFile(basename(graphFile(path)));
    const hasData = !isCheckpoint && files.some((file) => !/\.(onnx|json|txt|md|model|jinja)$/.test(file.path));
    const { folder, file } = isCheckpoint ? NAMES.checkpoint : NAMES.onnx;
    const kind = isExport ? 'A model that Emend exported' : status.isDirectory() ? folder : file;
    const other = !isCheckpoint && status.isDirectory() && hasCheckpoint(path);
    return {
      what: isExport ? 'export' : 'model',
      name,
      bytes,
      files: [...files],
      problems: [],
      says:
        `${kind}, ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${inBytes(bytes)}${hasData ? ', external data present' : ''}.` +
        (other ? ' Its ONNX graph is what is read; to take the checkpoint in it, choose its safetensors file.' : ''),
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

/** What is said of something that was uploaded, which is called as it was dropped: the folder that it lies in meanwhile says nothing. */
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
