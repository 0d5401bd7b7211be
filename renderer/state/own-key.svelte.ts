import type { OwnKey } from '../../shared/contract/settings.ts';
import { call } from '../client/client.ts';

/** The key that the person here signs approvals with. */
class PersonsKey {
  now = $state.raw<OwnKey | undefined>();
  isRead = $state(false);

  /** @throws EmendError */
  async refresh(): Promise<void> {
    this.now = (await call('settings.ownKey', {})).key;
    this.isRead = true;
  }

  /** @param source handle of its file; null forgets it @throws EmendError for what is no key */
  async set(source: string | null): Promise<void> {
    this.now = (await call('settings.setOwnKey', { source })).key;
    this.isRead = true;
  }
}

export const ownKey = new PersonsKey();
