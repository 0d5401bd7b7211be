import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { Command } from './commands.ts';
import { STRINGS } from './strings.ts';

const isMac = process.platform === 'darwin';
const LINE: MenuItemConstructorOptions = { type: 'separator' };

/** Sets the application's menu. @param command does what an item stands for */
export function setMenu(command: (name: Command) => void): void {
  const item = (name: Command, accelerator: string): MenuItemConstructorOptions => ({
    id: name,
    label: STRINGS.menu[name],
    accelerator,
    click: () => command(name),
  });
  const settings = item('settings', 'CmdOrCtrl+,');
  const applicationMenu: MenuItemConstructorOptions = {
    label: STRINGS.name,
    submenu: [
      { role: 'about' },
      LINE,
      settings,
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
        item('import', 'CmdOrCtrl+O'),
        ...(isMac ? [recent, LINE, { role: 'close' } as const] : [LINE, settings, LINE, { role: 'quit' } as const]),
      ],
    },
    { role: 'editMenu' },
    {
      label: STRINGS.menu.go,
      submenu: [
        item('library', 'CmdOrCtrl+1'),
        item('ask', 'CmdOrCtrl+2'),
        item('edit', 'CmdOrCtrl+3'),
        item('versions', 'CmdOrCtrl+4'),
        item('log', 'CmdOrCtrl+5'),
        LINE,
        item('palette', 'CmdOrCtrl+K'),
      ],
    },
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
    {
      role: 'help',
      label: STRINGS.menu.help,
      submenu: [item('shortcuts', 'CmdOrCtrl+/'), ...(isMac ? [] : [LINE, { role: 'about' } as const])],
    },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
