import { isAbsolute } from 'node:path';
import { app, ipcMain } from 'electron';
import * as v from 'valibot';
import type { Envelope } from '../../shared/contract.ts';
import type { Picked } from '../../shared/contract/host.ts';
import { EmendError, errorData } from '../../shared/errors.ts';
import { checkSize } from '../../shared/message-size.ts';
import { CALL, GRANT, LISTENING } from '../preload/channels.ts';
import type { Application } from '../services/application.ts';
import type { MainWindow } from './window.ts';

const PathsSchema = v.pipe(v.array(v.pipe(v.string(), v.maxLength(32_768), v.check(isAbsolute))), v.maxLength(1000));

/** Connects the page with the application: calls in, events out. Messages from anywhere else are refused. */
export function connect(application: Application, window: MainWindow): void {
  application.listen((event) => {
    window.send(event);
    if (event.type === 'imported') app.addRecentDocument(application.grants.path(event.source));
  });

  ipcMain.handle(CALL, async (event, method: unknown, params: unknown): Promise<Envelope> => {
    try {
      if (!window.sent(event)) throw foreign();
      checkSize(params);
    } catch (error) {
      return { ok: false, error: errorData(error) };
    }
    return application.handle(method, params);
  });

  ipcMain.handle(GRANT, (event, paths: unknown): Picked[] => {
    if (!window.sent(event)) throw foreign();
    return v.parse(PathsSchema, paths).map((path) => application.grants.grant(path));
  });

  ipcMain.on(LISTENING, (event) => {
    if (window.sent(event)) window.listens();
  });
}

function foreign(): EmendError {
  return new EmendError('bad-input', 'This message did not come from the window of Emend.', 'Only its own page may call.');
}
