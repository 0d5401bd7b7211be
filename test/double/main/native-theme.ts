import { EventEmitter } from 'node:events';
import type { Session } from '../chromium/devtools.ts';
import { strictClass } from '../strict.ts';
import { windows } from './registry.ts';

type Source = 'system' | 'light' | 'dark';

/** `nativeTheme`. The system of the double is light. */
class NativeTheme extends EventEmitter {
  readonly shouldUseHighContrastColors = false;
  readonly shouldUseInvertedColorScheme = false;
  readonly prefersReducedTransparency = false;
  readonly inForcedColorsMode = false;
  private source: Source = 'system';

  get themeSource(): Source {
    return this.source;
  }

  set themeSource(source: Source) {
    if (!['system', 'light', 'dark'].includes(source)) throw new TypeError(`Error processing argument: themeSource cannot be '${source}'`);
    if (source === this.source) return;
    this.source = source;
    for (const window of windows.values())
      void window.webContents.whenOpen.then(({ session }) => this.applyTo(session)).catch(() => undefined);
    this.emit('updated');
  }

  get shouldUseDarkColors(): boolean {
    return this.source === 'dark';
  }

  get shouldUseDarkColorsForSystemIntegratedUI(): boolean {
    return false;
  }

  /** Makes a page prefer the scheme. */
  async applyTo(session: Session): Promise<void> {
    await session.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: this.shouldUseDarkColors ? 'dark' : 'light' }],
    });
  }
}
strictClass(NativeTheme, 'nativeTheme');

export const nativeTheme = new NativeTheme();
