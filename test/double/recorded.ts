import type { ElectronApplication } from 'playwright';
import type { Call } from './calls.ts';

/** The arguments of each recorded call of an API of the double, such as `shell.openExternal`, oldest first. */
export function recorded(app: ElectronApplication, api: string): Promise<unknown[][]> {
  return app.evaluate((electron, name) => {
    const { calls } = (electron as unknown as { electronDouble: { calls: Call[] } }).electronDouble;
    return calls.filter((call) => call.api === name).map(({ args }) => [...args]);
  }, api);
}
