import * as v from 'valibot';
import { Line, list, ModelName, Text, VersionName } from './define.ts';

// What the methods that look inside a model have in common.

export const rows = <S extends v.GenericSchema>(item: S) => v.pipe(v.array(item), v.readonly());
export const numbers = rows(v.number());
export const grid = rows(numbers);

/** A token that an answer begins with. */
export const FollowedSchema = v.object({ id: v.number(), text: v.string() });

/** A token of the text that was looked into. */
export const TextTokenSchema = v.object({ id: v.number(), text: v.string(), isSubject: v.boolean() });
export type TextToken = v.InferOutput<typeof TextTokenSchema>;

/** What every look says of itself. */
export const Found = {
  /** Id of the version that was looked into. */
  version: v.string(),
  /** What findings.record takes. */
  finding: v.string(),
};

/** The version to look into. */
export const Of = { model: ModelName, version: v.optional(VersionName, 'current') };
export const prompt = v.pipe(Text, v.nonEmpty('expected a prompt'));
/** An answer, followed by its first token. */
export const Word = v.pipe(Line, v.nonEmpty('expected a word'));
/** Answers to follow. */
export const watched = v.optional(v.pipe(list(Word), v.maxLength(20, 'expected at most 20 words')), []);
