import { _electron, type ElectronApplication } from 'playwright';
import { doubleFolder } from './executable.ts';

export interface LaunchOptions {
  /** Switches and arguments after the application. */
  readonly args?: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kept between launches; without it each launch starts with nothing. */
  readonly userData?: string;
}

/**
 * Launches an application in the double, or in a real Electron that `ELECTRON_OVERRIDE_DIST_PATH` names.
 * @param application a folder with a package.json, a main script, or an app.asar
 */
export function launch(application: string, { args = [], env = {}, userData }: LaunchOptions = {}): Promise<ElectronApplication> {
  // Playwright asks npm's electron package for the executable, and that looks here first.
  process.env['ELECTRON_OVERRIDE_DIST_PATH'] ??= doubleFolder;
  const inherited = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const profile = userData === undefined ? [] : [`--user-data-dir=${userData}`];
  // Playwright would otherwise make every page light, whatever nativeTheme says.
  return _electron.launch({ args: [application, ...profile, ...args], env: { ...inherited, ...env }, colorScheme: null, timeout: 60_000 });
}
