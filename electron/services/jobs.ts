import { EngineHost, type HostOptions, type OpenChannel } from '../engine/host.ts';
import type { JobName, Jobs } from '../engine/jobs.ts';
import type { Follow } from '../../shared/progress.ts';
import { Estimator } from './eta.ts';

/** Something that does the engine's jobs. */
export interface JobRunner {
  run<N extends JobName>(job: N, params: Jobs[N]['params'], follow?: Follow): Promise<Jobs[N]['result']>;
}

/** The engine's jobs with time left; the engine process is started with the first. */
export class Engine implements JobRunner {
  private host: EngineHost | undefined;
  private readonly threads: () => number | undefined;
  private readonly openChannel: OpenChannel | undefined;
  private readonly options: Pick<HostOptions, 'memory' | 'rights'>;
  /** Those of {@link apart}. */
  private readonly others = new Set<Engine>();

  /**
   * @param threads that ONNX Runtime may use when the engine starts next; undefined leaves it to ONNX Runtime
   * @param openChannel starts the engine process; a child process of Node when left out
   * @param options what the process may
   */
  constructor(
    threads: () => number | undefined = () => undefined,
    openChannel?: OpenChannel,
    options: Pick<HostOptions, 'memory' | 'rights'> = {},
  ) {
    this.threads = threads;
    this.openChannel = openChannel;
    this.options = options;
  }

  run<N extends JobName>(job: N, params: Jobs[N]['params'], follow: Follow = {}): Promise<Jobs[N]['result']> {
    this.host ??= new EngineHost().start({ ...this.options, threads: this.threads(), openChannel: this.openChannel });
    const estimator = new Estimator();
    const { onProgress, onText, signal } = follow;
    return this.host.run(job, params, { onText, signal, onProgress: onProgress && ((progress) => onProgress(estimator.next(progress))) });
  }

  /**
   * Does jobs in an engine process of their own, which ends with them: one that may hold so much memory and no more, or may do what others
   * may not. One that has opened no model yet is taken for it; the others' jobs then start another.
   */
  async apart<T>(options: Pick<HostOptions, 'memory' | 'rights'>, act: (engine: JobRunner) => Promise<T>): Promise<T> {
    const engine = new Engine(this.threads, this.openChannel, options);
    if (this.host?.isFresh === true && options.rights === undefined) {
      engine.host = this.host;
      this.host = undefined;
      if (options.memory !== undefined) engine.host.limit(options.memory);
    }
    this.others.add(engine);
    try {
      return await act(engine);
    } finally {
      this.others.delete(engine);
      await engine.close(0); // nothing of it is wanted any more
    }
  }

  /** Lets go of a model folder that is about to be moved or removed. */
  async release(folder: string): Promise<void> {
    await this.host?.release(folder);
  }

  /**
   * Ends the engine process; the next job starts another.
   * @param grace ms until it is killed
   */
  async close(grace?: number): Promise<void> {
    const host = this.host;
    this.host = undefined;
    await Promise.all([host?.close(grace), ...[...this.others].map((other) => other.close(grace))]);
  }
}
