import * as v from 'valibot';
import {
  CONTRACT,
  isMethod,
  type Envelope,
  type JobMethodName,
  type MethodName,
  type Params,
  type Reply,
  type Result,
} from '../../shared/contract.ts';
import type { Event } from '../../shared/contract/events.ts';
import { EmendError, errorData } from '../../shared/errors.ts';
import { auditService } from './audit.ts';
import { beforehandService } from './beforehand.ts';
import { checkService } from './checks.ts';
import { courseService } from './courses.ts';
import { dissectingService } from './dissecting.ts';
import { DissectionRuns } from './dissection-run.ts';
import { editService } from './edits.ts';
import { exportService } from './exports.ts';
import { factHistoryService } from './fact-history.ts';
import { factTraceService } from './fact-traces.ts';
import { figureService } from './figures.ts';
import { findingService } from './findings.ts';
import { FoundLately } from './found.ts';
import { ggufCheckService } from './gguf-check.ts';
import { Grants } from './grants.ts';
import { JobList } from './job-list.ts';
import { Engine } from './jobs.ts';
import { Library } from './library.ts';
import { libraryService } from './library-service.ts';
import { locatingService } from './locating.ts';
import { findModel } from './models.ts';
import { OpenModels } from './open-models.ts';
import { dataFolder, Places } from './places.ts';
import { patchingService } from './patching.ts';
import { probingService } from './probing.ts';
import { Preferences } from './preferences.ts';
import { sessionService } from './sessions.ts';
import { settingsService } from './settings.ts';
import type { HostParts, Implementation, Surroundings } from './surroundings.ts';
import { steeringService } from './steering.ts';
import { Unpacked } from './unpacked.ts';
import { versionService } from './versions.ts';
import type { Follow } from '../../shared/progress.ts';

export type { HostMethods, HostParts, HostTools } from './surroundings.ts';

export interface ApplicationOptions {
  readonly host: HostParts;
  /** Where everything lies; EMEND_HOME or the usual place when left out. */
  readonly dataFolder?: string | undefined;
  /** Only reads: for a command that changes nothing, beside a running application. */
  readonly readOnly?: boolean | undefined;
  /** Processor threads instead of those of the settings. */
  readonly threads?: number | undefined;
  /** Who acts, instead of the author of the settings. */
  readonly author?: string | undefined;
}

/** What Emend does, for any host: methods of the contract in, results and events out. */
export class Application {
  readonly grants = new Grants();
  readonly jobs: JobList;
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #implementation: Implementation;
  readonly #parts: Surroundings;

  private constructor(
    host: HostParts,
    parts: Omit<Surroundings, 'grants' | 'jobs' | 'found' | 'dissections' | 'unpacked' | 'tell' | 'print'>,
  ) {
    this.jobs = new JobList((event) => this.tell(event));
    this.#parts = {
      ...parts,
      print: host.print,
      grants: this.grants,
      jobs: this.jobs,
      found: new FoundLately(),
      dissections: new DissectionRuns(),
      unpacked: new Unpacked(parts.places.unpacked),
      tell: (event) => this.tell(event),
    };
    this.#implementation = {
      ...libraryService(this.#parts),
      ...sessionService(this.#parts),
      ...probingService(this.#parts),
      ...locatingService(this.#parts),
      ...patchingService(this.#parts),
      ...factTraceService(this.#parts),
      ...figureService(this.#parts),
      ...dissectingService(this.#parts),
      ...findingService(this.#parts),
      ...editService(this.#parts),
      ...beforehandService(this.#parts),
      ...checkService(this.#parts),
      ...ggufCheckService(this.#parts),
      ...steeringService(this.#parts),
      ...versionService(this.#parts),
      ...courseService(this.#parts),
      ...auditService(this.#parts),
      ...factHistoryService(this.#parts),
      ...exportService(this.#parts),
      ...settingsService(this.#parts),
      'jobs.list': () => ({ jobs: this.jobs.list() }),
      'jobs.get': ({ id }) => this.jobs.get(id),
      'jobs.cancel': ({ id }) => (this.jobs.cancel(id), {}),
      'jobs.clear': ({ id }) => ({ cleared: this.jobs.clear(id) }),
      ...host.methods(this),
    };
  }

  /** @throws EmendError when the data folder cannot be used */
  static async open({
    host,
    dataFolder: folder = dataFolder(),
    readOnly = false,
    threads,
    author,
  }: ApplicationOptions): Promise<Application> {
    const places = new Places(folder);
    const preferences = await Preferences.open(places, { readOnly, threads, author });
    const engine = new Engine(() => preferences.settings.threads || undefined, host.openChannel);
    const library = await Library.open(places, preferences, engine, readOnly);
    return new Application(host, { places, preferences, engine, library, models: new OpenModels(library) });
  }

  get dataFolder(): string {
    return this.#parts.places.root;
  }

  /**
   * Calls a method.
   * @throws EmendError 'bad-input' naming the field when the parameters do not fit; what the method throws
   */
  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Reply<M>> {
    const parsed = v.safeParse(CONTRACT[method].params, params, { abortEarly: true });
    if (!parsed.success) {
      const field = v.getDotPath(parsed.issues[0]) ?? 'params';
      throw new EmendError('bad-input', `${method}: ${field}: ${parsed.issues[0].message}.`, 'Call it with what the contract says.', {
        method,
        field,
      });
    }
    return (await this.#implementation[method](parsed.output as never)) as Reply<M>;
  }

  /** Calls a method by a name from outside; never throws, whatever comes. */
  async handle(method: unknown, params: unknown): Promise<Envelope> {
    try {
      if (typeof method !== 'string')
        throw new EmendError('bad-input', `A method is called by its name; found a ${typeof method}.`, 'Call one of the contract.');
      if (!isMethod(method))
        throw new EmendError('bad-input', `There is no method ${JSON.stringify(method.slice(0, 100))}.`, 'Call one of the contract.');
      return { ok: true, value: await this.call(method, params as never) };
    } catch (error) {
      return { ok: false, error: errorData(error) };
    }
  }

  /** Calls a job and waits for its end; for the command line. */
  async run<M extends JobMethodName>(method: M, params: Params<M>, follow: Follow = {}): Promise<Result<M>> {
    const { job } = (await this.call(method, params)) as { job: string };
    const cancel = () => this.jobs.cancel(job);
    if (follow.signal?.aborted) cancel();
    follow.signal?.addEventListener('abort', cancel);
    const stop = this.listen((event) => {
      if (event.type === 'job' && event.job.id === job && event.job.total > 0)
        follow.onProgress?.({
          phase: event.job.phase,
          done: event.job.done,
          total: event.job.total,
          secondsLeft: event.job.secondsLeft,
          unit: event.job.unit,
        });
      if (event.type === 'text' && event.job === job) follow.onText?.(event.piece);
    });
    try {
      return (await this.jobs.finished(job)) as Result<M>;
    } finally {
      stop();
      follow.signal?.removeEventListener('abort', cancel);
      this.jobs.clear(job);
    }
  }

  /** Calls back on every event. @returns how to stop that */
  listen(heard: (event: Event) => void): () => void {
    this.#listeners.add(heard);
    return () => void this.#listeners.delete(heard);
  }

  /** Passes on an event that arose in the host: a menu item, a file that was opened. */
  tell(event: Event): void {
    for (const heard of this.#listeners) heard(event);
  }

  /** Has the engine ready, so that the first thing dropped or asked need not wait for it. */
  async warm(): Promise<void> {
    try {
      await this.#parts.engine.run('files', { model: { folder: findModel('atlas').folder } });
    } catch {
      // Whoever needs the engine is told.
    }
  }

  /** Stops jobs, ends the engine, signs and closes ledgers. @param grace ms for the engine */
  async close(grace?: number): Promise<void> {
    const stopped = this.jobs.close();
    await Promise.all([stopped, this.#parts.engine.close(grace)]);
    await Promise.all([this.#parts.library.close(), this.#parts.models.close(), this.#parts.unpacked.close()]);
  }
}
