import type { Rectangle } from 'electron';
import { EventEmitter } from 'node:events';
import { strictClass } from '../strict.ts';

/** The one screen of the double. */
export const WORK_AREA: Rectangle = { x: 0, y: 0, width: 1600, height: 900 };

const display = { id: 1, label: 'double', bounds: WORK_AREA, workArea: WORK_AREA, size: { width: 1600, height: 900 }, workAreaSize: { width: 1600, height: 900 }, scaleFactor: 1, rotation: 0, internal: true };

class Screen extends EventEmitter {
  getPrimaryDisplay = () => ({ ...display });
  getAllDisplays = () => [{ ...display }];
  getDisplayMatching = () => ({ ...display });
  getDisplayNearestPoint = () => ({ ...display });
  getCursorScreenPoint = () => ({ x: 0, y: 0 });
}
strictClass(Screen, 'screen');

export const screen = new Screen();
