import * as v from 'valibot';
import { auditMethods } from './contract/audit.ts';
import { beforehandMethods } from './contract/beforehand.ts';
import { changeMethods } from './contract/change.ts';
import { checkMethods } from './contract/checks.ts';
import { courseMethods } from './contract/courses.ts';
import { dissectingMethods } from './contract/dissecting.ts';
import { editMethods } from './contract/edits.ts';
import { exportMethods } from './contract/exports.ts';
import { factHistoryMethods } from './contract/fact-history.ts';
import { factTraceMethods } from './contract/fact-traces.ts';
import { figureMethods } from './contract/figures.ts';
import { findingMethods } from './contract/findings.ts';
import { hostMethods, type Picked } from './contract/host.ts';
import { jobMethods } from './contract/jobs.ts';
import { libraryMethods } from './contract/library.ts';
import { locatingMethods } from './contract/locating.ts';
import { patchingMethods } from './contract/patching.ts';
import { probingMethods } from './contract/probing.ts';
import { sessionMethods } from './contract/sessions.ts';
import { settingsMethods } from './contract/settings.ts';
import { steeringMethods } from './contract/steering.ts';
import { versionMethods } from './contract/versions.ts';
import type { Event } from './contract/events.ts';
import { ErrorDataSchema } from './errors.ts';

/** Every method that screens, the command line and scripts can call, whatever the host. */
export const CONTRACT = {
  ...hostMethods,
  ...libraryMethods,
  ...probingMethods,
  ...locatingMethods,
  ...changeMethods,
  ...patchingMethods,
  ...factTraceMethods,
  ...figureMethods,
  ...dissectingMethods,
  ...findingMethods,
  ...sessionMethods,
  ...editMethods,
  ...beforehandMethods,
  ...checkMethods,
  ...steeringMethods,
  ...versionMethods,
  ...courseMethods,
  ...auditMethods,
  ...factHistoryMethods,
  ...exportMethods,
  ...settingsMethods,
  ...jobMethods,
} as const;

export type MethodName = keyof typeof CONTRACT;
export type HostMethodName = keyof typeof hostMethods;
/** What a caller gives; fields with defaults may be left out. */
export type Params<M extends MethodName> = v.InferInput<(typeof CONTRACT)[M]['params']>;
/** What an implementation gets. */
export type Parsed<M extends MethodName> = v.InferOutput<(typeof CONTRACT)[M]['params']>;
/** What a method, or the job it starts, ends with. */
export type Result<M extends MethodName> = v.InferOutput<(typeof CONTRACT)[M]['result']>;
export type JobMethodName = { [M in MethodName]: (typeof CONTRACT)[M]['isJob'] extends true ? M : never }[MethodName];
/** What the call itself answers. */
export type Reply<M extends MethodName> = M extends JobMethodName ? { readonly job: string } : Result<M>;

/** A result as it crosses a host: a value, or why not. */
export const EnvelopeSchema = v.variant('ok', [
  v.object({ ok: v.literal(true), value: v.unknown() }),
  v.object({ ok: v.literal(false), error: ErrorDataSchema }),
]);
export type Envelope = v.InferOutput<typeof EnvelopeSchema>;

/** What the desktop host puts into the page as `window.emend`; in a browser the page makes the same out of HTTP. */
export interface Bridge {
  call(method: string, params: unknown): Promise<Envelope>;
  /** Calls back on every event; returns how to stop that. */
  listen(heard: (event: Event) => void): () => void;
  /** Makes dropped or chosen `File` objects known to the host. A page cannot name a path by itself. */
  grant(files: readonly object[]): Promise<readonly Picked[]>;
}

export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(CONTRACT, name);
}
