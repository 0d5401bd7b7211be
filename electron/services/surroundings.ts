import type { HostMethodName, MethodName, Parsed, Reply } from '../../shared/contract.ts';
import type { Event } from '../../shared/contract/events.ts';
import type { OpenChannel } from '../engine/host.ts';
import type { DissectionRuns } from './dissection-run.ts';
import type { FoundLately } from './found.ts';
import type { Grants } from './grants.ts';
import type { JobList } from './job-list.ts';
import type { Engine } from './jobs.ts';
import type { Library } from './library.ts';
import type { OpenModels } from './open-models.ts';
import type { Places } from './places.ts';
import type { Preferences } from './preferences.ts';
import type { Unpacked } from './unpacked.ts';

/** Every method of the contract as a function of its parsed parameters. */
export type Implementation = { readonly [M in MethodName]: (params: Parsed<M>) => Promise<Reply<M>> | Reply<M> };
/** The part that each host does in its own way. */
export type HostMethods = Pick<Implementation, HostMethodName>;
/** The rest, which is the same everywhere. */
export type Services = Omit<Implementation, HostMethodName>;

/** What of the application its host's own methods use. */
export interface HostTools {
  readonly grants: Grants;
  readonly dataFolder: string;
}

/** What a host brings. */
export interface HostParts {
  /** Given the application's grants, since hosts hand out handles. */
  readonly methods: (application: HostTools) => HostMethods;
  /** Starts the engine process; a child process of Node when left out. */
  readonly openChannel?: OpenChannel | undefined;
  /** Prints a self-contained HTML page as PDF; only where the host can. */
  readonly print?: ((html: string) => Promise<Uint8Array>) | undefined;
}

/** What services work with. */
export interface Surroundings {
  readonly library: Library;
  /** Finds the models that methods name, of the library and of sessions. */
  readonly models: OpenModels;
  readonly preferences: Preferences;
  readonly places: Places;
  readonly engine: Engine;
  readonly grants: Grants;
  /** What was found last, as long as it can be recorded. */
  readonly found: FoundLately;
  readonly dissections: DissectionRuns;
  readonly jobs: JobList;
  readonly unpacked: Unpacked;
  readonly print: HostParts['print'];
  tell(event: Event): void;
}
