import { app, dialog } from 'electron';
import { errorData } from '../../shared/errors.ts';
import { openedDoor } from './debugging.ts';
import { prepareHome } from './home.ts';
import { Opened } from './opened.ts';
import { declareScheme } from './protocol.ts';
import { STRINGS } from './strings.ts';

// Entry of the desktop application. What must happen before 'ready' happens here; nothing here may wait for 'ready', which waits for this
// file.

app.enableSandbox();
declareScheme();
process.on('uncaughtException', (error) => fail(STRINGS.defect, error, STRINGS.defectHint));

const door = openedDoor();
if (door !== undefined) {
  console.error(STRINGS.door(door));
  app.exit(1);
} else begin();

function begin(): void {
  try {
    const home = prepareHome();
    const opened = new Opened();
    if (app.requestSingleInstanceLock()) start(home, opened);
    else app.quit();
  } catch (error) {
    fail(STRINGS.cannotStart, error);
  }
}

function start(home: string, opened: Opened): void {
  app
    .whenReady()
    .then(() => import('./boot.ts'))
    .then(({ boot }) => boot(home, opened))
    .catch((error: unknown) => fail(STRINGS.cannotStart, error));
}

/** Says in one box why it does not go on, and ends. */
function fail(title: string, error: unknown, hint = ''): void {
  const { message, hint: next } = errorData(error);
  void app.whenReady().then(() => {
    dialog.showErrorBox(title, [message, next || hint].filter(Boolean).join('\n\n'));
    app.exit(1);
  });
}
