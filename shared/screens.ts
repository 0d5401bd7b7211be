/** What menu, palette, sidebar, shortcuts and addresses know of a screen. */
interface ScreenInfo {
  readonly id: string;
  /** Whether it shows one model or stands for itself. */
  readonly of: 'model' | 'application';
  readonly label: string;
  /** In the system's menu: its label there, and whether it stands under Go or with what belongs to the whole application. */
  readonly menu: { readonly label: string; readonly in: 'go' | 'application' };
  readonly icon: string;
  /** Such as "Mod+1"; Mod is Command on a Mac, else Ctrl. */
  readonly keys: string;
}

/** Every screen, in the order in which they are listed. What a screen looks like is in renderer/screens.ts. */
export const SCREENS = [
  { id: 'library', of: 'application', label: 'Library', menu: { label: 'Library', in: 'go' }, icon: 'library', keys: 'Mod+1' },
  { id: 'ask', of: 'model', label: 'Ask', menu: { label: 'Ask', in: 'go' }, icon: 'ask', keys: 'Mod+2' },
  { id: 'edit', of: 'model', label: 'Edit', menu: { label: 'Correct Facts', in: 'go' }, icon: 'edit', keys: 'Mod+3' },
  { id: 'versions', of: 'model', label: 'Versions', menu: { label: 'Versions', in: 'go' }, icon: 'versions', keys: 'Mod+4' },
  { id: 'log', of: 'model', label: 'Audit log', menu: { label: 'Audit Log', in: 'go' }, icon: 'log', keys: 'Mod+5' },
  {
    id: 'settings',
    of: 'application',
    label: 'Settings',
    menu: { label: 'Settings…', in: 'application' },
    icon: 'settings',
    keys: 'Mod+,',
  },
] as const satisfies readonly ScreenInfo[];

export type Screen = (typeof SCREENS)[number];
export type ScreenId = Screen['id'];
export type ModelScreenId = Extract<Screen, { of: 'model' }>['id'];
export type ApplicationScreenId = Exclude<ScreenId, ModelScreenId>;

/** Screens that belong to one model. */
export const MODEL_SCREENS = SCREENS.filter((screen): screen is Extract<Screen, { of: 'model' }> => screen.of === 'model');
