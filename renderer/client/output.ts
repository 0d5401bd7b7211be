import { preferences } from '../state/settings.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { call } from './client.ts';
import { words } from '../text.ts';

/** What leads to something that Emend wrote. */
export interface OutputAction {
  readonly label: string;
  /** A download's address, for a link. */
  readonly href?: string;
  readonly act: () => void;
}

/** The system's file manager where the host can show it, else a download (a folder comes as a tar archive). */
export function outputAction(handle: string): OutputAction | undefined {
  if (preferences.host?.canReveal)
    return { label: words.reveal, act: () => void call('host.reveal', { handle }).catch((error) => toasts.fail(error)) };
  if (preferences.host?.mode !== 'browser') return undefined;
  const href = `./api/download/${encodeURIComponent(handle)}`;
  return { label: words.download, href, act: () => location.assign(href) };
}
