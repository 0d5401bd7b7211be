import { app } from 'electron';

/** Switches of Chromium that let other programs into the page, and through it to all that the page may ask for. */
const DOORS = ['remote-debugging-port', 'remote-debugging-pipe', 'remote-debugging-address'];

/** The switch by which this run was to be opened to other programs; undefined while developing, where that is what one wants. */
export function openedDoor(): string | undefined {
  return app.isPackaged ? DOORS.find((name) => app.commandLine.hasSwitch(name)) : undefined;
}
