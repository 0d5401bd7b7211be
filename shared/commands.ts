/** What menu, palette, shortcuts and events know of something that can be done. */
export interface CommandInfo {
  readonly id: string;
  readonly label: string;
  /** In the system's menu: its label there, and under which heading; 'application' is what belongs to the whole application. */
  readonly menu?: { readonly label: string; readonly in: 'application' | 'file' | 'go' | 'help' };
  readonly icon: string;
  /** Such as "Mod+K", where Mod is Command on a Mac and else Ctrl; the first is the one that is shown. */
  readonly keys: readonly string[];
}

/** Every command besides going to a screen (see screens.ts), in the order in which they are listed. What each does is in renderer/shell. */
export const COMMANDS = [
  {
    id: 'palette',
    label: 'Find a command',
    menu: { label: 'Find a Command…', in: 'go' },
    icon: 'search',
    keys: ['Mod+K'],
    group: undefined,
  },
  { id: 'import', label: 'Import a model…', menu: { label: 'Import Model…', in: 'file' }, icon: 'plus', keys: ['Mod+O'], group: 'do' },
  { id: 'jobs', label: 'Show jobs', icon: 'clock', keys: ['Mod+J'], group: 'do' },
  {
    id: 'shortcuts',
    label: 'Keyboard shortcuts',
    menu: { label: 'Keyboard Shortcuts', in: 'help' },
    icon: 'keyboard',
    keys: ['?', 'Mod+/'],
    group: 'view',
  },
  { id: 'sidebar', label: 'Fold or unfold the sidebar', icon: 'side', keys: ['Mod+B'], group: 'view' },
  { id: 'system', label: 'Appearance of the system', icon: 'settings', keys: [], group: 'view' },
  { id: 'light', label: 'Light appearance', icon: 'settings', keys: [], group: 'view' },
  { id: 'dark', label: 'Dark appearance', icon: 'settings', keys: [], group: 'view' },
] as const satisfies readonly (CommandInfo & {
  /** Its heading in the palette; the palette does not list itself. */
  readonly group: 'do' | 'view' | undefined;
})[];

export type CommandId = (typeof COMMANDS)[number]['id'];

/** The command of an id. */
export function command(id: CommandId): (typeof COMMANDS)[number] {
  return COMMANDS.find((one) => one.id === id)!;
}
