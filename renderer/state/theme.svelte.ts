import { preferences } from './settings.svelte.ts';

/** Keeps the page light or dark as the settings say; without a choice the system decides. To be called in a component. */
export function followTheme(): void {
  $effect(() => {
    const { theme } = preferences.settings;
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  });
}
