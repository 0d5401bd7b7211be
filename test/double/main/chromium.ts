import { Chromium } from '../chromium/chromium.ts';

let running: Chromium | undefined;

/** Starts the one Chromium of this application. */
export function startChromium(switches: readonly string[]): Chromium {
  running = new Chromium(switches);
  return running;
}

export function chromium(): Chromium {
  if (running === undefined) throw new Error('Chromium has not been started yet.');
  return running;
}

/** Whether Chromium runs; before that, and without windows, an application can still end. */
export const chromiumStarted = (): boolean => running !== undefined;
