import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { Bridge, Envelope } from '../../shared/contract.ts';
import type { Event } from '../../shared/contract/events.ts';
import type { Picked } from '../../shared/contract/host.ts';
import { checkSize } from '../../shared/message-size.ts';
import { errorData } from '../../shared/errors.ts';
import { CALL, EVENT, GRANT, LISTENING } from './channels.ts';

type File = Parameters<typeof webUtils.getPathForFile>[0];

/** All that the page gets. Neither Electron's objects nor its events reach it. */
const bridge: Bridge = {
  async call(method, params) {
    try {
      // Refused here already, so that it is not copied to the main process first.
      checkSize([method, params]);
    } catch (error) {
      return { ok: false, error: errorData(error) };
    }
    return (await ipcRenderer.invoke(CALL, method, params)) as Envelope;
  },

  listen(heard) {
    const hear = (_event: unknown, event: Event) => heard(event);
    ipcRenderer.on(EVENT, hear);
    ipcRenderer.send(LISTENING);
    return () => void ipcRenderer.off(EVENT, hear);
  },

  async grant(files) {
    const paths = files.map((file) => webUtils.getPathForFile(file as File));
    if (paths.includes('')) throw new Error('What was dropped is not a file or folder of this computer.');
    return (await ipcRenderer.invoke(GRANT, paths)) as Picked[];
  },
};

contextBridge.exposeInMainWorld('emend', bridge);
