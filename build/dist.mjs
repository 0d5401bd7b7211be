// `npm run dist`: builds what is stale and packs it. Arguments go to electron-builder: `npm run dist -- --dir`, `npm run dist -- --win
// --x64`.
// EMEND_ELECTRON_DIST names an unpacked Electron, or a folder with its zip, where none can be downloaded.
import { buildIfStale, installPackages, run, stop } from './setup.mjs';

installPackages();
if (!buildIfStale('desktop', 'renderer')) stop('The build failed; the reason stands above.');
const electron = process.env.EMEND_ELECTRON_DIST;
const where = electron ? [`--config.electronDist=${electron}`] : [];
process.exitCode = run(process.execPath, [
  'node_modules/electron-builder/cli.js',
  '--config',
  'build/electron-builder.yml',
  ...where,
  ...process.argv.slice(2),
]);
