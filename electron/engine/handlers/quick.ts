import { join } from 'node:path';
import { constantRanges } from '../architectures/constant-ranges.ts';
import { readSource } from '../architectures/source.ts';
import type { Jobs } from '../jobs.ts';
import { graphFile, tokenizerFolder } from '../onnx/model-folder.ts';
import { modelFiles } from '../onnx/identity.ts';
import { cutFact, tokenizerOf, tooLong } from '../text/cut.ts';
import { positionsOf } from './positions.ts';

// Jobs that open no model.

/** The files that a model's graph and weights lie in. */
export async function files({ model }: Jobs['files']['params']): Promise<Jobs['files']['result']> {
  const read = readSource(graphFile(model.folder));
  return { files: modelFiles(read).map((file) => join(read.folder, file)) };
}

/** Where the constants of a model folder are stored. */
export async function ranges({ model }: Jobs['ranges']['params']): Promise<Jobs['ranges']['result']> {
  return { files: constantRanges(model.folder) };
}

/** Facts cut into tokens, and what of each is longer than the model reads. */
export async function cut(asked: Jobs['cut']['params']): Promise<Jobs['cut']['result']> {
  const tokenizer = await tokenizerOf(tokenizerFolder(asked.model.folder));
  return { facts: asked.facts.map((fact) => cutFact(tokenizer, fact)), ...(await longer(asked)) };
}

/** What of each fact is longer than the model reads. */
export async function longer({ model, facts }: Jobs['longer']['params']): Promise<Jobs['longer']['result']> {
  const tokenizer = await tokenizerOf(tokenizerFolder(model.folder));
  const positions = positionsOf(model.folder);
  return { tooLong: facts.map((fact) => (positions === undefined ? [] : tooLong(tokenizer, fact, positions))) };
}

/** The tokens of a text. */
export async function tokens({ model, text }: Jobs['tokens']['params']): Promise<Jobs['tokens']['result']> {
  const tokenizer = await tokenizerOf(tokenizerFolder(model.folder));
  return { tokens: tokenizer.encode(text).map((id) => ({ id, text: tokenizer.tokenText(id) })) };
}
