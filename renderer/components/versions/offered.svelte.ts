import type { Result } from '../../../shared/contract.ts';
import type { ModelCard } from '../../../shared/contract/library.ts';
import { call } from '../../client/client.ts';
import { connection } from '../../state/connection.svelte.ts';
import { route } from '../../state/route.svelte.ts';
import { toasts } from '../../state/toasts.svelte.ts';
import { type VersionChoice, versionChoices } from './choices.ts';
import { versionWords as t } from './text.ts';

type Listed = Result<'versions.list'>;

/** Something that is done with one version. */
export interface OfVersion {
  version: string;
}

/** The versions of a model that a screen offers, read anew whenever the ledger has another entry. */
export class OfferedVersions {
  choices = $state.raw<readonly VersionChoice[]>(versionChoices());
  error = $state.raw<unknown>();
  #listing: Promise<Listed> | undefined;
  /** A version that is offered whatever its age. */
  #wanted: string | undefined;

  /**
   * For use while a component is made.
   * @param uses what has a version chosen; one that is not there, such as of an old address, gives way to the current one
   */
  constructor(model: () => ModelCard, uses: () => readonly OfVersion[]) {
    $effect(() => {
      // A version or a tag may have come.
      void model().head;
      void connection.returns;
      this.#listing = call('versions.list', { model: model().id });
      this.#listing.then(
        (listed) => {
          this.error = undefined;
          this.#offer(listed, uses());
        },
        (error) => (this.error = error),
      );
    });
  }

  /**
   * The choice that stands for a version, which is offered from then on; the current one where it is not there.
   * @param version any name of it
   */
  async choiceOf(version: string): Promise<string> {
    const listed = await this.#listing!;
    if (version === listed.current) return 'current';
    if (version === listed.base) return 'base';
    this.#wanted = version;
    this.choices = versionChoices(listed, version);
    if (this.choices.some(({ value }) => value === version)) return version;
    toasts.say(t.none(version), { kind: 'note' });
    return 'current';
  }

  nameOf(version: string): string {
    return this.choices.find(({ value }) => value === version)?.label ?? version;
  }

  #offer(listed: Listed, uses: readonly OfVersion[]): void {
    const found = versionChoices(listed, this.#wanted ?? route.place.query['version']);
    this.choices = found;
    for (const one of uses) {
      if (found.some(({ value }) => value === one.version)) continue;
      toasts.say(t.none(one.version), { kind: 'note' });
      one.version = 'current';
    }
  }
}
