import { basename, dirname } from 'node:path';
import { isCheckpointFile } from '../engine/records.ts';
import { findModel } from './models.ts';
import type { Services, Surroundings } from './surroundings.ts';

type Part = Pick<Services, 'sessions.open' | 'sessions.close'>;

/** Folders that are worked with as they lie there. */
export function sessionService({ models, grants }: Surroundings): Part {
  return {
    'sessions.open': async ({ folder, delta, name }) => {
      const path = grants.path(folder);
      const called = name ?? basename(/\.onnx$/i.test(path) || isCheckpointFile(basename(path)) ? dirname(path) : path);
      const session = await models.open({ ...findModel(path), name: called }, delta === undefined ? undefined : grants.path(delta));
      return { id: session.id, name: session.name };
    },
    'sessions.close': async ({ model }) => {
      await models.shut(model);
      return {};
    },
  };
}
