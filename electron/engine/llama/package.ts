import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';

/** The package that runs llama.cpp in Node, in the version that Emend is tested with. It is large, and nothing else needs it. */
export const LLAMA_PACKAGE = { name: 'node-llama-cpp', version: '3.22.1' } as const;
/** Names the folder that the package is installed in, where that is not Emend's own. */
export const LLAMA_FOLDER = 'EMEND_LLAMA';

export type Token = number;

/** What is used of the package. */
export interface LlamaPackage {
  getLlama(options: {
    readonly build: 'never';
    readonly gpu: false;
    readonly logLevel: 'error';
    readonly logger: (level: string, message: string) => void;
    readonly maxThreads?: number;
  }): Promise<LlamaRuntime>;
  readGgufFileInfo(path: string, options: { readonly sourceType: 'filesystem'; readonly logWarnings: false }): Promise<unknown>;
  /** ggml's types of tensors: their names by their numbers. */
  readonly GgmlType: Readonly<Record<number, string>>;
}
export interface LlamaRuntime {
  readonly llamaCppRelease: { readonly release: string };
  loadModel(options: { readonly modelPath: string; readonly gpuLayers: 0 }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}
export interface LlamaModel {
  readonly trainContextSize: number;
  readonly tokens: { readonly bos: Token | null; readonly shouldPrependBosToken: boolean };
  tokenize(text: string): Token[];
  detokenize(tokens: readonly Token[], specialTokens: false, before: readonly Token[]): string;
  isEogToken(token: Token): boolean;
  createContext(options: {
    readonly contextSize: number;
    readonly threads?: number;
    readonly lora?: { readonly adapters: readonly { readonly filePath: string; readonly scale: number }[] };
  }): Promise<LlamaContext>;
  dispose(): Promise<void>;
}
export interface LlamaContext {
  getSequence(): LlamaSequence;
  dispose(): Promise<void>;
}
export interface LlamaSequence {
  clearHistory(): Promise<void>;
  controlledEvaluate(
    input: readonly (Token | readonly [Token, { readonly generateNext: NextWanted }])[],
  ): Promise<(NextFound | undefined)[]>;
}
/** What is asked of the distribution behind a token. */
export interface NextWanted {
  readonly logits: true | { readonly filter: { readonly tokens: readonly Token[]; readonly includeTop: 1 } };
  readonly totalLogitWeight: true;
}
export interface NextFound {
  readonly next: {
    /** The greatest first. */
    readonly logits?: ReadonlyMap<Token, number>;
    /** Sum of exp(logit − greatest logit). */
    readonly totalLogitWeight?: number;
  };
}

/** The package, and which version of it was found. */
export interface Llama {
  readonly llama: LlamaPackage;
  readonly version: string;
}

/** The file that the package begins with: below the folder that EMEND_LLAMA names, else beside Emend. Undefined where there is none. */
export function llamaEntry(folder = process.env[LLAMA_FOLDER]): string | undefined {
  try {
    return createRequire(join(placeOf(folder), 'package.json')).resolve(LLAMA_PACKAGE.name);
  } catch {
    return undefined;
  }
}

function placeOf(folder: string | undefined): string {
  return folder === undefined || folder === '' ? import.meta.dirname : resolve(folder);
}

/**
 * Finds and loads the package: below the folder that EMEND_LLAMA names, else beside Emend.
 * @throws EmendError 'not-found' that says how to get it; 'unsupported' for another major version
 */
export async function loadLlama(folder = process.env[LLAMA_FOLDER]): Promise<Llama> {
  const { name, version: tested } = LLAMA_PACKAGE;
  const from = placeOf(folder);
  const entry = llamaEntry(folder);
  if (entry === undefined)
    throw new EmendError(
      'not-found',
      `What runs GGUF files is not installed: there is no package ${name} ${from === import.meta.dirname ? 'beside Emend' : `in ${from}`}.`,
      `Install it into a folder of its own, and name that folder: npm install --prefix FOLDER ${name}@${tested}, ` +
        `then ${LLAMA_FOLDER}=FOLDER emend check …`,
    );
  const version = versionAt(entry);
  if (version.split('.')[0] !== tested.split('.')[0])
    throw new EmendError(
      'unsupported',
      `${name} ${version} was found; expected ${tested.split('.')[0]}.x.`,
      `Install the version that Emend is tested with: ${name}@${tested}.`,
    );
  return { llama: (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as LlamaPackage, version };
}

const PackageSchema = v.object({ name: v.literal(LLAMA_PACKAGE.name), version: v.string() });

/** The version of the package that a file of it belongs to. */
function versionAt(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const found = v.safeParse(PackageSchema, packageIn(folder));
    if (found.success) return found.output.version;
  }
  throw new EmendError('bad-file', `${file} belongs to no package ${LLAMA_PACKAGE.name}.`, 'Install the package again.');
}

function packageIn(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined; // most folders have none
  }
}
