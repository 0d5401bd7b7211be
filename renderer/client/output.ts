import { preferences } from '../state/settings.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { t } from '../text.ts';
import { call } from './client.ts';

/** Where a browser gets what Emend wrote; a folder comes as a tar archive. */
export function downloadAddress(handle: string): string {
  return `./api/download/${encodeURIComponent(handle)}`;
}

/** What leads to something that Emend wrote: the system's file manager where the host can show it, else a download. */
export function outputAction(handle: string): { readonly label: string; readonly act: () => void } | undefined {
  if (preferences.host?.canReveal) return { label: t.jobs.reveal, act: () => void call('host.reveal', { handle }).catch((error) => toasts.fail(error)) };
  if (preferences.host?.mode === 'browser') return { label: t.jobs.download, act: () => location.assign(downloadAddress(handle)) };
  return undefined;
}
