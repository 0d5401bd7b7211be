import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { application, commandLine } from './environment.ts';
import electronPackage from 'electron/package.json' with { type: 'json' };
import { app } from './main/app.ts';
import { startChromium } from './main/chromium.ts';
import { watchTargets } from './main/targets.ts';
import { resolveElectronTo } from './resolve.ts';

// Entry of the double: becomes Electron's main process, and runs the application in it.

async function boot(): Promise<void> {
  Object.defineProperty(process.versions, 'electron', { value: electronPackage.version, enumerable: true });
  Object.assign(process, {
    type: 'browser',
    defaultApp: application.resources === undefined,
    resourcesPath: application.resources ?? join(__dirname, 'resources'),
  });
  // As Electron has it: the executable, and what it was told.
  process.argv.splice(1, 1);
  resolveElectronTo(join(__dirname, 'electron.cjs'));
  const load = createRequire(__filename);
  for (const file of commandLine.requires) load(file);

  const chromium = startChromium([...commandLine.switches, ...app.addedSwitches]);
  void chromium.ended.then(() => app.exit(1));
  const { product } = await chromium.session.send('Browser.getVersion');
  Object.defineProperty(process.versions, 'chrome', { value: product.split('/')[1], enumerable: true });
  await watchTargets();
  // Ready comes after the main script, as in Electron: one that waits for it at its top level waits for ever.
  await import(pathToFileURL(application.entry).href);
  app.start();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
boot().catch((error: unknown) => {
  console.error('The application did not start:', error);
  app.exit(1);
});
