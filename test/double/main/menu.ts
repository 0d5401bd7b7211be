import type { MenuItemConstructorOptions } from 'electron';
import { EventEmitter } from 'node:events';
import { record } from '../calls.ts';
import { strictClass } from '../strict.ts';
import { ElectronEvent } from './events.ts';
import { doRole, ROLE_MENUS, roleLabel } from './roles.ts';
import { BrowserWindow } from './window.ts';

type Template = readonly (MenuItemConstructorOptions | MenuItem)[];
type Click = (item: MenuItem, window: BrowserWindow | null, event: ElectronEvent) => void;

let applicationMenu: Menu | null = null;

/** An item of a menu; a test clicks it by `click()`. */
export class MenuItem {
  readonly id: string | undefined;
  readonly role: string | undefined;
  readonly type: string;
  readonly accelerator: unknown;
  readonly submenu: Menu | undefined;
  label: string;
  sublabel: string;
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  menu: Menu | undefined;
  private readonly onClick: Click | undefined;

  constructor(options: MenuItemConstructorOptions) {
    const { id, role, submenu, label, click, accelerator } = options;
    const roleMenu = ROLE_MENUS[role?.toLowerCase() ?? ''];
    const template = submenu ?? roleMenu?.map((item) => ({ role: item as NonNullable<MenuItemConstructorOptions['role']> }));
    this.id = id;
    this.role = role;
    this.accelerator = accelerator;
    this.submenu = Array.isArray(template) ? Menu.buildFromTemplate(template) : (template as Menu | undefined);
    this.type = options.type ?? (this.submenu === undefined ? 'normal' : 'submenu');
    this.label = label ?? (role === undefined ? '' : roleLabel(role));
    this.sublabel = options.sublabel ?? '';
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
    this.onClick = click as Click | undefined;
  }

  /** Does what a person's click does. */
  readonly click = (): void => {
    if (!this.enabled) return;
    if (this.type === 'checkbox') this.checked = !this.checked;
    if (this.type === 'radio') this.menu?.choose(this);
    if (this.onClick !== undefined) this.onClick(this, BrowserWindow.getFocusedWindow(), new ElectronEvent());
    else if (this.role !== undefined) doRole(this.role);
  };
}
strictClass(MenuItem);

/** `Menu`: never drawn. */
export class Menu extends EventEmitter {
  readonly items: MenuItem[] = [];

  static buildFromTemplate(template: Template): Menu {
    const menu = new Menu();
    for (const item of template) menu.append(item instanceof MenuItem ? item : new MenuItem(item));
    return menu;
  }

  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
  }

  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }

  append(item: MenuItem): void {
    this.insert(this.items.length, item);
  }

  insert(position: number, item: MenuItem): void {
    item.menu = this;
    this.items.splice(position, 0, item);
  }

  /** Looks into submenus too. */
  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }

  popup(options: { readonly x?: number; readonly y?: number } = {}): void {
    record('menu.popup', { x: options.x, y: options.y, labels: this.items.map(({ label }) => label) });
    this.emit('menu-will-show', new ElectronEvent());
  }

  closePopup(): void {
    this.emit('menu-will-close', new ElectronEvent());
  }

  /** Checks one radio item and clears the others of its group: those without a separator between. */
  choose(chosen: MenuItem): void {
    const group = this.items.slice(0, this.items.indexOf(chosen)).findLastIndex(({ type }) => type !== 'radio') + 1;
    for (const item of this.items.slice(group)) {
      if (item.type !== 'radio') break;
      item.checked = item === chosen;
    }
  }
}
strictClass(Menu);
