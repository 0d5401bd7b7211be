import type { ElectronApplication, Page } from 'playwright';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { launch as launchElectron } from '../double/launch.ts';

// The built desktop application for end-to-end tests: on the double or, with EMEND_REAL_ELECTRON=1, on the Electron of node_modules
// (with a path: on that one). `npm run build` and the double's build come first.

const root = resolve(import.meta.dirname, '../..');

export interface Desktop {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** Its data folder. */
  readonly home: string;
  /** Quits, stopping jobs, and removes what {@link launch} made. */
  close(): Promise<void>;
}

export interface Launch {
  /** Data folder, kept afterwards; a new one that is removed when left out. */
  readonly home?: string;
  /** Files and switches on its command line. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A folder with an index.html in place of the built renderer. */
  readonly renderer?: string;
}

/** Starts the application with an empty data folder and waits for its window. */
export async function launch(options: Launch = {}): Promise<Desktop> {
  const scratch = mkdtempSync(join(tmpdir(), 'emend-e2e-'));
  const home = options.home ?? join(scratch, 'home');
  const app = await launchElectron(applicationFolder(join(scratch, 'app'), options.renderer), {
    args: options.args ?? [],
    env: { EMEND_HOME: home, ...options.env },
  });
  const page = await app.firstWindow();
  await until(page, "typeof emend === 'object' && document.readyState === 'complete'");
  return {
    app,
    page,
    home,
    async close() {
      await closeDesktop(app);
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/**
 * Waits until an expression is true in a page, whatever it loads meanwhile. Playwright's own wait asks from inside the page, where the
 * security policy forbids it.
 */
export async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate(`Boolean(${expression})`).catch((error: Error) => refused(error))))
    await new Promise((done) => setTimeout(done, 20));
}

/** A page that is just being replaced has no answer; any other failure is one. */
function refused(error: Error): false {
  if (/context was destroyed|Cannot find context|is not defined/.test(error.message)) return false;
  throw error;
}

/** Quits as a person would who wants running jobs stopped. */
export async function closeDesktop(app: ElectronApplication): Promise<void> {
  await app.evaluate(({ dialog }) => {
    dialog.showMessageBox = () => Promise.resolve({ response: 1, checkboxChecked: false });
  });
  await app.close();
}

/** Makes a folder as Electron is given it in a packed application, of the built files. */
export function applicationFolder(folder: string, renderer = join(root, 'dist/renderer')): string {
  selectElectron();
  for (const built of [join(root, 'dist/main/main.mjs'), join(root, 'dist/preload/preload.cjs'), join(renderer, 'index.html')]) {
    if (!existsSync(built)) throw new Error(`${built} is not built; run: npm run build`);
  }
  mkdirSync(join(folder, 'dist'), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string; version: string };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: manifest.name, version: manifest.version, type: 'module', main: 'dist/main/main.mjs' }),
  );
  for (const [name, target] of [
    ['dist/main', join(root, 'dist/main')],
    ['dist/preload', join(root, 'dist/preload')],
    ['dist/renderer', renderer],
    ['build', join(root, 'build')],
  ] as const) {
    symlinkSync(target, join(folder, name), 'junction');
  }
  return folder;
}

function selectElectron(): void {
  const real = process.env['EMEND_REAL_ELECTRON'];
  if (real !== undefined && real !== '')
    process.env['ELECTRON_OVERRIDE_DIST_PATH'] = real === '1' ? join(root, 'node_modules/electron/dist') : real;
}
