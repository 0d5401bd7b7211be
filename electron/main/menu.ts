import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import { COMMANDS, type CommandInfo } from '../../shared/commands.ts';
import type { ActionId } from '../../shared/contract/events.ts';
import { SCREENS } from '../../shared/screens.ts';
import { STRINGS } from './strings.ts';

const isMac = process.platform === 'darwin';
const LINE: MenuItemConstructorOptions = { type: 'separator' };

type MenuHeading = NonNullable<CommandInfo['menu']>['in'];

/** Sets the application's menu. @param act does what an item stands for */
export function setMenu(act: (id: ActionId) => void): void {
  /** What stands under a heading: screens, then commands. */
  const items = (list: readonly (CommandInfo & { readonly id: ActionId })[], heading: MenuHeading): MenuItemConstructorOptions[] =>
    list.flatMap(({ id, menu, keys }) => {
      if (menu?.in !== heading) return [];
      const accelerator = keys.find((key) => key.startsWith('Mod+'))?.replace('Mod', 'CmdOrCtrl');
      return [{ id, label: menu.label, ...(accelerator !== undefined && { accelerator }), click: () => act(id) }];
    });
  const under = (heading: MenuHeading) => [...items(SCREENS, heading), ...items(COMMANDS, heading)];
  const applicationMenu: MenuItemConstructorOptions = {
    label: STRINGS.name,
    submenu: [
      { role: 'about' },
      LINE,
      ...under('application'),
      LINE,
      { role: 'services' },
      LINE,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      LINE,
      { role: 'quit' },
    ],
  };
  // Only macOS keeps the list of recent documents in the application's own menu.
  const recent: MenuItemConstructorOptions = {
    label: STRINGS.menu.recent,
    role: 'recentDocuments',
    submenu: [{ role: 'clearRecentDocuments', label: STRINGS.menu.clearRecent }],
  };
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [applicationMenu] : []),
    {
      label: STRINGS.menu.file,
      submenu: [
        ...under('file'),
        ...(isMac ? [recent, LINE, { role: 'close' } as const] : [LINE, ...under('application'), LINE, { role: 'quit' } as const]),
      ],
    },
    { role: 'editMenu' },
    { label: STRINGS.menu.go, submenu: [...items(SCREENS, 'go'), LINE, ...items(COMMANDS, 'go')] },
    {
      label: STRINGS.menu.view,
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        LINE,
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [LINE, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', label: STRINGS.menu.help, submenu: [...under('help'), ...(isMac ? [] : [LINE, { role: 'about' } as const])] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
