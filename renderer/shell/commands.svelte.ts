import { COMMANDS, type CommandId } from '../../shared/commands.ts';
import type { ActionId } from '../../shared/contract/events.ts';
import type { ModelCard } from '../../shared/contract/library.ts';
import type { Settings } from '../../shared/contract/settings.ts';
import { SCREENS, type Screen } from '../../shared/screens.ts';
import { verdictWords } from '../../shared/verdict.ts';
import { run } from '../client/client.ts';
import type { IconName } from '../components/icons.ts';
import { arrivals } from '../state/arrivals.svelte.ts';
import { library } from '../state/library.svelte.ts';
import { go, href, route } from '../state/route.svelte.ts';
import { preferences } from '../state/settings.svelte.ts';
import { shell } from '../state/shell.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { verifications } from '../state/verifications.svelte.ts';
import { t } from './text.ts';

/** A line of the palette. */
export interface Choice {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly icon: IconName;
  /** Such as "Mod+K". */
  readonly keys?: string | undefined;
  readonly act: () => unknown;
}

const theme = (name: Settings['theme']) => () => preferences.save({ theme: name }).catch((error: unknown) => toasts.fail(error));

const ACTS: Readonly<Record<CommandId, () => unknown>> = {
  palette: () => (shell.palette = true),
  import: () => arrivals.choose(),
  jobs: () => (shell.jobs = !shell.jobs),
  shortcuts: () => (shell.shortcuts = true),
  sidebar: () => shell.toggleSidebar(),
  system: theme('system'),
  light: theme('light'),
  dark: theme('dark'),
};

/** The model whose screens are gone to. */
function atHand(): ModelCard | undefined {
  return library.find(route.model ?? '') ?? library.models[0];
}

function goTo(screen: Screen): void {
  const model = atHand();
  if (screen.of === 'application') go(href(screen.id));
  else if (model) go(href(screen.id, model.id));
}

/** Everything that can be done from here, now. */
export function choices(): Choice[] {
  const model = atHand();
  return [
    ...SCREENS.filter(({ of }) => of === 'application' || model).map((screen): Choice => ({
      id: screen.id,
      label: screen.of === 'model' ? `${screen.label}: ${model?.name}` : screen.label,
      group: t.groups.go,
      icon: screen.icon,
      keys: screen.keys[0],
      act: () => goTo(screen),
    })),
    ...ofScreen(),
    ...COMMANDS.flatMap(({ id, label, group, icon, keys }): Choice[] =>
      group === undefined ? [] : [{ id, label, group: t.groups[group], icon, keys: keys[0], act: ACTS[id] }],
    ),
    ...(model ? ofModel(model) : []),
    ...library.models
      .filter(({ id }) => id !== model?.id)
      .map((other): Choice => ({
        id: `model ${other.id}`,
        label: t.openModel(other.name),
        group: t.groups.models,
        icon: 'ask',
        act: () => go(href('ask', other.id)),
      })),
  ];
}

/** What the screen offers: its buttons as they stand, so that there is no second list of them. */
function ofScreen(): Choice[] {
  const buttons = [...document.querySelectorAll<HTMLElement>('main :is(.button, .screen-head .icon-button, [data-command])')];
  return buttons
    .filter((button) => !button.matches(':disabled, [aria-disabled="true"]') && button.checkVisibility())
    .map((button, at) => ({
      id: `here ${at}`,
      label: nameOf(button),
      group: t.groups.here,
      icon: 'right' as const,
      keys: button.getAttribute('aria-keyshortcuts')?.replace('Control', 'Mod'),
      act: () => button.click(),
    }))
    .filter(({ label }) => label !== '');
}

/** What a button says, without the keys that stand in it. */
function nameOf(button: HTMLElement): string {
  const said = button.cloneNode(true) as HTMLElement;
  for (const keys of said.querySelectorAll('.keys')) keys.remove();
  return (button.getAttribute('aria-label') ?? said.textContent).replaceAll(/\s+/g, ' ').trim();
}

/** What can be done with a model wherever one is. */
function ofModel({ id, name }: ModelCard): Choice[] {
  const group = t.groups.do;
  return [
    { id: 'verify', label: t.verifyModel(name), group, icon: 'shield', act: () => verify(id) },
    { id: 'reviews', label: t.reviewsOf(name), group, icon: 'check', act: () => go(href('log', id, { review: 'none' })) },
    { id: 'in force', label: t.inForceIn(name), group, icon: 'list', act: () => go(href('facts', id, { state: 'in force' })) },
  ];
}

async function verify(model: string): Promise<void> {
  go(href('log', model));
  try {
    const found = await run('audit.verify', { model });
    verifications.keep(model, found);
    toasts.say(verdictWords(found.verdict), { kind: found.ok ? 'done' : 'failed' });
  } catch (error) {
    toasts.fail(error);
  }
}

/** Goes to a screen or does a command, for a key or an item of the host's menu. */
export function doCommand(id: ActionId): void {
  const screen = SCREENS.find((one) => one.id === id);
  if (screen) goTo(screen);
  else ACTS[id as CommandId]();
}
