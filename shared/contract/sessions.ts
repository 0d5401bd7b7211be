import * as v from 'valibot';
import { Handle, Line, method, Nothing } from './define.ts';

/**
 * A model as it lies in a folder, open until it is closed or the program ends. Its id is taken wherever a method takes a model;
 * what needs a record is refused. Its versions are "base" (the folder), "current" (with the edit that it was opened with,
 * else the folder), and each of its drafts by the draft's id.
 */
export const sessionMethods = {
  'sessions.open': method(
    v.strictObject({
      /** The folder, or a file of the model itself. */
      folder: Handle,
      /** A delta that `edits.saveDelta` wrote. */
      delta: v.optional(Handle),
      /** What the model is called, where its folder is not named after it. */
      name: v.optional(v.pipe(Line, v.trim(), v.nonEmpty('expected a name'))),
    }),
    v.object({ id: v.string(), name: v.string() }),
  ),
  'sessions.close': method(v.strictObject({ model: Line }), Nothing),
};
