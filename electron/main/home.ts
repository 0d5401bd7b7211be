import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { app } from 'electron';
import { EmendError } from '../../shared/errors.ts';
import { dataFolder } from '../services/places.ts';
import { STRINGS } from './strings.ts';

/** The data folder of this run: EMEND_HOME, the folder that `--user-data-dir` names, or where the services keep it. */
function home(): string {
  const named = app.commandLine.getSwitchValue('user-data-dir');
  return (process.env['EMEND_HOME'] ?? '') === '' && named !== '' ? resolve(named) : dataFolder();
}

/**
 * Makes the data folder, with a place for Chromium's own files, on which the lock against a second instance lies too.
 * @returns its path
 * @throws EmendError 'failed' when it cannot be made or written to
 */
export function prepareHome(): string {
  const folder = home();
  const browser = join(folder, 'browser');
  try {
    mkdirSync(browser, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw new EmendError('failed', STRINGS.noHome(folder, (error as Error).message), STRINGS.noHomeHint, { folder });
  }
  app.setPath('userData', browser);
  return folder;
}
