import { EngineHost } from '../engine/host.ts';
import type { JobName, Jobs } from '../engine/jobs.ts';
import { Estimator, type Progress } from './eta.ts';

/** Who follows work. */
export interface Follow {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Pieces of generated text as they come. */
  readonly onText?: ((piece: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Something that does the engine's jobs. */
export interface JobRunner {
  run<N extends JobName>(job: N, params: Jobs[N]['params'], follow?: Follow): Promise<Jobs[N]['result']>;
}

/** The engine's jobs with time left; the engine process is started with the first. */
export class Engine implements JobRunner {
  private host: EngineHost | undefined;
  private readonly threads: number | undefined;

  /** @param threads that ONNX Runtime may use; undefined leaves it to ONNX Runtime */
  constructor(threads?: number) {
    this.threads = threads;
  }

  run<N extends JobName>(job: N, params: Jobs[N]['params'], follow: Follow = {}): Promise<Jobs[N]['result']> {
    this.host ??= new EngineHost().start({ threads: this.threads });
    const estimator = new Estimator();
    const { onProgress, onText, signal } = follow;
    return this.host.run(job, params, { onText, signal, onProgress: onProgress && ((progress) => onProgress(estimator.next(progress))) });
  }

  /**
   * Ends the engine process.
   * @param grace ms until it is killed
   */
  async close(grace?: number): Promise<void> {
    await this.host?.close(grace);
  }
}
