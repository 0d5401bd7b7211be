import { nativeTheme } from 'electron';
import type { Application } from '../services/application.ts';

/** The window is light or dark as the settings say. */
export async function followTheme(application: Application): Promise<void> {
  const { settings } = await application.call('settings.get', {});
  nativeTheme.themeSource = settings.theme;
  application.listen((event) => {
    if (event.type === 'settings') nativeTheme.themeSource = event.settings.theme;
  });
}
