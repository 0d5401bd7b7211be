import { Worker } from 'node:worker_threads';
import { cancelled, EmendError, errorData } from '../../shared/errors.ts';
import { type Reply, type Task } from './messages.ts';

/**
 * A worker thread, mostly of one model folder, with the jobs that wait for it.
 * The thread is never ended during a job: ONNX Runtime would take the whole process with it.
 */
export class JobThread {
  private readonly about: string;
  private readonly reply: (reply: Reply) => void;
  private readonly worker: Worker;
  private readonly waiting: Task[] = [];
  private current: Task | undefined;
  private fault: Error | undefined;
  private readonly idlers: (() => void)[] = [];

  /**
   * @param entry file that the thread runs
   * @param about what its jobs work on, for messages: a folder
   * @param reply is given every answer, each job's last one too
   * @param onEnd is called when the thread is gone, whatever the reason
   */
  constructor(entry: string, about: string, reply: (reply: Reply) => void, onEnd: () => void) {
    this.about = about;
    this.reply = reply;
    this.worker = new Worker(entry);
    this.worker.on('message', (reply: Reply) => this.hear(reply));
    this.worker.on('error', (error) => (this.fault = error));
    this.worker.on('exit', (code) => {
      onEnd();
      this.lose(code);
    });
  }

  get idle(): boolean {
    return this.current === undefined;
  }

  /** Does the job when those before it are done. */
  add(task: Task): void {
    this.waiting.push(task);
    this.next();
  }

  /** Stops the job `id` if it is one of this thread's: at once when it waits, at its next check when it runs. */
  cancel(id: number): void {
    if (this.current?.id === id) Atomics.store(this.current.stop, 0, 1);
    const at = this.waiting.findIndex((task) => task.id === id);
    if (at >= 0) this.refuse(this.waiting.splice(at, 1), cancelled());
  }

  cancelAll(): void {
    if (this.current) this.cancel(this.current.id);
    this.refuse(this.waiting.splice(0), cancelled());
  }

  /** Resolves when no job runs or waits. */
  whenIdle(): Promise<void> {
    return this.idle && this.waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => this.idlers.push(resolve));
  }

  /** Ends the thread, which must be idle. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private next(): void {
    if (this.current || this.waiting.length === 0) return;
    this.current = this.waiting.shift()!;
    this.worker.postMessage(this.current);
  }

  private hear(reply: Reply): void {
    const last = reply.type === 'done' || reply.type === 'failed';
    if (last) this.current = undefined;
    this.reply(reply);
    if (!last) return;
    this.next();
    if (this.idle) for (const resolve of this.idlers.splice(0)) resolve();
  }

  /** The thread ended by itself: JavaScript ran out of memory, or something was thrown outside any job. */
  private lose(code: number): void {
    const lost = [...(this.current ? [this.current] : []), ...this.waiting.splice(0)];
    this.current = undefined;
    for (const resolve of this.idlers.splice(0)) resolve();
    const reason = this.fault ? this.fault.message : `it exited with code ${code}`;
    this.refuse(
      lost,
      new EmendError(
        'crashed',
        `The engine's thread for ${this.about} ended during the job: ${reason}.`,
        'Start the job again. If it ends the same way, try fewer facts at once, and please report it.',
        { exitCode: code, stack: this.fault?.stack },
      ),
    );
  }

  private refuse(tasks: readonly Task[], error: EmendError): void {
    for (const { id } of tasks) this.reply({ type: 'failed', id, error: errorData(error) });
  }
}
