import type { ModelCard } from '../../../shared/contract/library.ts';
import { call } from '../../client/client.ts';
import { route } from '../../state/route.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { type VersionChoice, versionChoices } from './choices.ts';
import { versionWords as t } from './text.ts';

/** Something that is done with one version. */
export interface OfVersion {
  version: string;
}

/** The versions of a model that a screen offers, read anew whenever the ledger has another entry. */
export class OfferedVersions {
  choices = $state.raw<readonly VersionChoice[]>(versionChoices());
  error = $state.raw<unknown>();

  /**
   * For use while a component is made.
   * @param uses what has a version chosen; one that is not there, such as of an old address, gives way to the current one
   */
  constructor(model: () => ModelCard, uses: () => readonly OfVersion[]) {
    $effect(() => {
      // A version or a tag may have come.
      void model().head;
      call('versions.list', { model: model().id }).then(
        (listed) => this.#offer(versionChoices(listed, route.place.query['version']), uses()),
        (error) => (this.error = error),
      );
    });
  }

  nameOf(version: string): string {
    return this.choices.find(({ value }) => value === version)?.label ?? version;
  }

  #offer(found: readonly VersionChoice[], uses: readonly OfVersion[]): void {
    this.choices = found;
    for (const one of uses) {
      if (found.some(({ value }) => value === one.version)) continue;
      toasts.say(t.none(one.version), { kind: 'note' });
      one.version = 'current';
    }
  }
}
