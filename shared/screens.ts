import type { CommandInfo } from './commands.ts';

/** What menu, palette, sidebar, shortcuts and addresses know of a screen. */
interface ScreenInfo extends CommandInfo {
  /** Whether it shows one model or stands for itself. */
  readonly of: 'application' | 'model';
  readonly menu: { readonly label: string; readonly in: 'application' | 'go' | 'help' };
}

/** Every screen, in the order in which they are listed. What each looks like is in renderer/screens. */
export const SCREENS = [
  { id: 'library', of: 'application', label: 'Library', menu: { label: 'Library', in: 'go' }, icon: 'library', keys: ['Mod+1'] },
  { id: 'ask', of: 'model', label: 'Ask', menu: { label: 'Ask', in: 'go' }, icon: 'ask', keys: ['Mod+2'] },
  { id: 'locate', of: 'model', label: 'Locate', menu: { label: 'Locate', in: 'go' }, icon: 'locate', keys: ['Mod+3'] },
  { id: 'edit', of: 'model', label: 'Edit', menu: { label: 'Correct Facts', in: 'go' }, icon: 'edit', keys: ['Mod+4'] },
  { id: 'versions', of: 'model', label: 'Versions', menu: { label: 'Versions', in: 'go' }, icon: 'versions', keys: ['Mod+5'] },
  { id: 'log', of: 'model', label: 'Audit log', menu: { label: 'Audit Log', in: 'go' }, icon: 'log', keys: ['Mod+6'] },
  { id: 'facts', of: 'model', label: 'Facts', menu: { label: 'Facts Changed', in: 'go' }, icon: 'list', keys: ['Mod+9'] },
  { id: 'dissect', of: 'model', label: 'Dissect', menu: { label: 'Dissect', in: 'go' }, icon: 'layers', keys: ['Mod+7'] },
  { id: 'steer', of: 'model', label: 'Steer', menu: { label: 'Steer', in: 'go' }, icon: 'steer', keys: ['Mod+8'] },
  { id: 'glossary', of: 'application', label: 'Glossary', menu: { label: 'Glossary', in: 'help' }, icon: 'book', keys: ['F1'] },
  {
    id: 'settings',
    of: 'application',
    label: 'Settings',
    menu: { label: 'Settings…', in: 'application' },
    icon: 'settings',
    keys: ['Mod+,'],
  },
] as const satisfies readonly ScreenInfo[];

export type Screen = (typeof SCREENS)[number];
export type ScreenId = Screen['id'];
type ModelScreen = Extract<Screen, { of: 'model' }>;
type ApplicationScreen = Exclude<Screen, ModelScreen>;
/** Screens that belong to one model. */
export type ModelScreenId = ModelScreen['id'];
export type ApplicationScreenId = ApplicationScreen['id'];

export const MODEL_SCREENS = SCREENS.filter((screen): screen is ModelScreen => screen.of === 'model');
export const APPLICATION_SCREENS = SCREENS.filter((screen): screen is ApplicationScreen => screen.of === 'application');

/** The screen of an id. */
export function screen(id: ScreenId): Screen {
  return SCREENS.find((one) => one.id === id)!;
}
