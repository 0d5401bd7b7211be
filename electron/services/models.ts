import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { wholeModel } from '../engine/records.ts';

/** A model as a person named it, and where it is. */
export interface NamedModel {
  readonly name: string;
  /** Folder, or a file of the model itself. */
  readonly folder: string;
  /** What came with the model to try it with; a demonstration model has it. */
  readonly material: Material | undefined;
}

/** Files beside a model to edit and check it with. */
export interface Material {
  /** Facts to edit, with what checks them (CounterFact records). */
  readonly evaluation: string;
  /** Facts that the model was taught, by relation. */
  readonly facts: string;
  /** Text like that it was trained on. */
  readonly corpus: string;
}

/** Models that come with Emend. */
export const BUILT_IN = ['atlas'] as const;

/**
 * The model called `name`: one that comes with Emend, else a folder or a file in it.
 * @throws EmendError 'not-found', naming the models there are
 */
export function findModel(name: string): NamedModel {
  const builtIn = BUILT_IN.find((one) => one === name);
  // ONNX Runtime reads no archives
  const folder =
    builtIn === undefined ? wholeModel(resolve(name)) : join(packageRoot().replace(/\.asar$/, '.asar.unpacked'), 'models', builtIn);
  if (!existsSync(folder)) {
    if (builtIn !== undefined)
      throw new EmendError('not-found', `The built-in model "${name}" is missing: there is no ${folder}.`, 'Install Emend again.');
    throw new EmendError(
      'not-found',
      `There is no model ${JSON.stringify(name)}: neither a folder ${folder} nor a built-in model (${BUILT_IN.join(', ')}).`,
      'Give the folder that holds the model, or a built-in name.',
    );
  }
  return { name, folder, material: materialIn(folder) };
}

/** The material beside a model; only where all of it is there, since files with one of these names may be anything. */
export function materialIn(folder: string): Material | undefined {
  const found = { evaluation: join(folder, 'evaluation.json'), facts: join(folder, 'facts.json'), corpus: join(folder, 'corpus.txt') };
  return Object.values(found).every((file) => existsSync(file)) ? found : undefined;
}

/** The folder that Emend is installed in, wherever in it this code was bundled to. */
export function packageRoot(): string {
  return found().folder;
}

/** Emend's version number. */
export function version(): string {
  return found().version;
}

const PackageSchema = v.object({ name: v.string(), version: v.string() });
let here: { folder: string; version: string } | undefined;

function found(): { folder: string; version: string } {
  for (let folder = import.meta.dirname; here === undefined; folder = dirname(folder)) {
    const parsed = v.safeParse(PackageSchema, json(join(folder, 'package.json')));
    if (parsed.success && parsed.output.name === 'emend') here = { folder, version: parsed.output.version };
    else if (dirname(folder) === folder)
      throw new EmendError(
        'not-found',
        'The folder that Emend is installed in was not found: no package.json of Emend lies above the program.',
        'Install Emend again.',
      );
  }
  return here;
}

function json(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The engine's name and version, as entries record them. */
export function engineVersion(): string {
  const installed = v.safeParse(PackageSchema, json(join(packageRoot(), 'node_modules', 'onnxruntime-node', 'package.json')));
  return `Emend engine ${version()}, ONNX Runtime ${installed.success ? installed.output.version : '(version unknown)'}`;
}
