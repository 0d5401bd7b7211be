import type { Rectangle } from 'electron';
import { EventEmitter } from 'node:events';
import { strictClass } from '../strict.ts';
import { requireReady } from './app.ts';

/** The one screen of the double. */
export const WORK_AREA: Rectangle = { x: 0, y: 0, width: 1600, height: 900 };

type Display = typeof display;

const { width, height } = WORK_AREA;
const display = {
  id: 1,
  label: 'double',
  bounds: WORK_AREA,
  workArea: WORK_AREA,
  size: { width, height },
  workAreaSize: { width, height },
  scaleFactor: 1,
  rotation: 0,
  internal: true,
};

function shown(): Display {
  requireReady("The 'screen' module can't be used before the app 'ready' event");
  return { ...display };
}

class Screen extends EventEmitter {
  getPrimaryDisplay = (): Display => shown();
  getAllDisplays = (): Display[] => [shown()];
  getDisplayMatching = (): Display => shown();
  getDisplayNearestPoint = (): Display => shown();
}
strictClass(Screen, 'screen');

export const screen = new Screen();
