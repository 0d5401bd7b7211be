import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { objectIn, readModelJson } from '../onnx/model-config.ts';
import { hasTokenizerFiles, noTokenizer } from '../onnx/tokenizer-files.ts';
import { legacyTokenizer } from './legacy.ts';
import { tokenContent, Tokenizer, TokenizerJsonSchema, type SpecialIds } from './tokenizer.ts';

/**
 * Reads a model folder's tokenizer: tokenizer.json, or else vocab.json with merges.txt, and where they are present
 * tokenizer_config.json, special_tokens_map.json and the ids of start, end and padding from generation_config.json, genai_config.json
 * or config.json (in that order).
 * @throws EmendError 'not-found' without either, naming what is there instead; 'bad-file' for a malformed file
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const names = await readdir(folder).catch(() => {
    throw new EmendError('not-found', `The folder ${folder} cannot be read.`, 'Choose the folder that holds the model.');
  });
  if (!hasTokenizerFiles((name) => names.includes(name))) throw noTokenizer(folder, names);
  const json = names.includes('tokenizer.json') ? readModelJson(folder, 'tokenizer.json') : legacyTokenizer(folder);
  const parsed = v.safeParse(TokenizerJsonSchema, json);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new EmendError(
      'bad-file',
      `${join(folder, 'tokenizer.json')}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}.`,
      'Copy tokenizer.json again from where the model came from.',
    );
  }
  const optional = (name: string) => readModelJson(folder, name) ?? {};
  const config = { ...optional('special_tokens_map.json'), ...optional('tokenizer_config.json') };
  const genai = optional('genai_config.json');
  const sources = [optional('generation_config.json'), objectIn(genai['model'] ?? {}, 'genai_config.json: model'), optional('config.json')];
  return new Tokenizer(parsed.output, config, specialIds(sources, config, new Tokenizer(parsed.output, config)));
}

function specialIds(
  sources: readonly Readonly<Record<string, unknown>>[],
  config: Readonly<Record<string, unknown>>,
  tokenizer: Tokenizer,
): SpecialIds {
  const configured = (key: string) => sources.map((source) => idList(source[`${key}_token_id`])).find((ids) => ids.length > 0);
  const named = (key: string) => {
    const id = tokenizer.idOf(tokenContent(config[`${key}_token`]) ?? '');
    return id === undefined ? [] : [id];
  };
  const ids = (key: string) => configured(key) ?? named(key);
  return { bosId: ids('bos')[0], eosIds: ids('eos'), padId: ids('pad')[0] };
}

function idList(value: unknown): number[] {
  return (Array.isArray(value) ? value : [value]).filter((id): id is number => Number.isInteger(id) && Number(id) >= 0);
}
