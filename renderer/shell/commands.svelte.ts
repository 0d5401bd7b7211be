import type { IconName } from '../components/icons.ts';
import { arrivals } from '../state/arrivals.svelte.ts';
import { library } from '../state/library.svelte.ts';
import { go, href, MODEL_SCREENS, route } from '../state/route.svelte.ts';
import { preferences } from '../state/settings.svelte.ts';
import { shell } from '../state/shell.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { t } from './text.ts';

/** Something that the palette, a key or the host's menu can do. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly icon: IconName;
  /** Such as "Mod+K". */
  readonly keys?: string | undefined;
  readonly act: () => unknown;
}

/** Everything that can be done from here, now. */
export function commands(): Command[] {
  const model = library.find(route.model ?? '') ?? library.models[0];
  const theme = (name: 'light' | 'dark' | 'system'): Command => ({
    id: name,
    label: t.commands[name],
    group: t.groups.view,
    icon: 'settings',
    act: () => preferences.save({ theme: name }).catch((error: unknown) => toasts.fail(error)),
  });
  return [
    { id: 'library', label: t.library, group: t.groups.go, icon: 'library', keys: 'Mod+1', act: () => go(href('library')) },
    ...(model
      ? MODEL_SCREENS.map((screen, at): Command => ({
          id: screen,
          label: `${t[screen]}: ${model.name}`,
          group: t.groups.go,
          icon: screen,
          keys: `Mod+${at + 2}`,
          act: () => go(href(screen, model.id)),
        }))
      : []),
    { id: 'settings', label: t.settings, group: t.groups.go, icon: 'settings', keys: 'Mod+,', act: () => go(href('settings')) },
    { id: 'import', label: t.commands.import, group: t.groups.do, icon: 'plus', keys: 'Mod+O', act: () => arrivals.choose() },
    { id: 'jobs', label: t.commands.jobs, group: t.groups.do, icon: 'clock', keys: 'Mod+J', act: () => (shell.jobs = !shell.jobs) },
    {
      id: 'shortcuts',
      label: t.commands.shortcuts,
      group: t.groups.view,
      icon: 'keyboard',
      keys: '?',
      act: () => (shell.shortcuts = true),
    },
    theme('system'),
    theme('light'),
    theme('dark'),
    ...library.models
      .filter(({ id }) => id !== model?.id)
      .map((other): Command => ({
        id: `model ${other.id}`,
        label: t.commands.openModel(other.name),
        group: t.groups.models,
        icon: 'ask',
        act: () => go(href('ask', other.id)),
      })),
  ];
}

/** Does what a name of the host's menu stands for. */
export function doCommand(id: string): void {
  if (id === 'palette') shell.palette = true;
  else if (id === 'reload-models') void library.refresh();
  else
    commands()
      .find((command) => command.id === id)
      ?.act();
}
