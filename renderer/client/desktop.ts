import type { Bridge } from '../../shared/contract.ts';
import { filesOf, type Host } from './host.ts';

declare global {
  interface Window {
    /** There in the desktop application. */
    readonly emend?: Bridge;
  }
}

/** The desktop application, through its preload script. */
export function desktopHost(bridge: Bridge): Host {
  return {
    call: (method, params) => bridge.call(method, params),
    listen: (heard) => bridge.listen(heard),
    grant: (given) => bridge.grant(filesOf(given)),
  };
}
