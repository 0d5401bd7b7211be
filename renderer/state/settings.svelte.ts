import type { HostInfo } from '../../shared/contract/host.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../shared/contract/settings.ts';
import { call, hear } from '../client/client.ts';
import type { Notice } from '../../shared/contract/library.ts';

/** The person's settings, and what the host says about itself. */
class Preferences {
  settings = $state.raw<Settings>(DEFAULT_SETTINGS);
  suggestedAuthor = $state('');
  notices = $state.raw<readonly Notice[]>([]);
  host = $state.raw<HostInfo | undefined>();
  isRead = $state(false);

  follow(): void {
    hear(
      (event) => {
        if (event.type === 'settings') this.settings = event.settings;
      },
      () => void this.refresh(),
    );
    void this.refresh();
  }

  async refresh(): Promise<void> {
    const [{ settings, suggestedAuthor, notices }, host] = await Promise.all([call('settings.get', {}), call('host.info', {})]);
    this.settings = settings;
    this.suggestedAuthor = suggestedAuthor;
    this.notices = notices;
    this.host = host;
    this.isRead = true;
  }

  /** @throws EmendError when the host refuses */
  async save(settings: Partial<Settings>): Promise<void> {
    this.settings = (await call('settings.set', { settings })).settings;
  }
}

export const preferences = new Preferences();
