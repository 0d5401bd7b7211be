import { EngineHost, type OpenChannel } from '../engine/host.ts';
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

  /**
   * @param threads that ONNX Runtime may use when the engine starts next; undefined leaves it to ONNX Runtime
   * @param openChannel starts the engine process; a child process of Node when left out
   */
  constructor(threads: () => number | undefined = () => undefined, openChannel?: OpenChannel) {
    this.threads = threads;
    this.openChannel = openChannel;
  }

  run<N extends JobName>(job: N, params: Jobs[N]['params'], follow: Follow = {}): Promise<Jobs[N]['result']> {
    this.host ??= new EngineHost().start({ threads: this.threads(), openChannel: this.openChannel });
    const estimator = new Estimator();
    const { onProgress, onText, signal } = follow;
    return this.host.run(job, params, { onText, signal, onProgress: onProgress && ((progress) => onProgress(estimator.next(progress))) });
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
    await host?.close(grace);
  }
}
