import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { writeDurably } from '../../storage/durable.ts';
import { disk } from '../../storage/files.ts';

/** How long a browser that was let in is known after the server was last heard of (ms). */
const KNOWN = 24 * 60 * 60 * 1000;
/** Ports that are remembered. */
const MOST = 8;

const SessionsSchema = v.array(
  v.object({
    port: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(65_535)),
    /** SHA-256 of what the browser's cookie holds, in hexadecimal: whoever reads the file is not let in by it. */
    pass: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    time: v.number(),
  }),
);
type Session = v.InferOutput<typeof SessionsSchema>[number];

/**
 * Which browser was let in on which port, so that a page that is open goes on when the server was started again: on the same port, without
 * a new link. A file that cannot be read is as good as none: then a link is needed.
 */
export class Sessions {
  readonly #path: string;
  #list: readonly Session[];

  private constructor(path: string, list: readonly Session[]) {
    this.#path = path;
    this.#list = list;
  }

  static async open(path: string, now = Date.now()): Promise<Sessions> {
    const text = await readFile(path, 'utf8').catch(() => '[]');
    const read = v.safeParse(v.pipe(v.string(), v.parseJson(), SessionsSchema), text);
    return new Sessions(path, read.success ? read.output.filter(({ time }) => now - time < KNOWN && time <= now) : []);
  }

  /** The port that was served last. */
  get port(): number | undefined {
    return this.#list[0]?.port;
  }

  /** The hash of what the cookie of the browser holds that was let in on a port. */
  passOf(port: number): string | undefined {
    return this.#list.find((session) => session.port === port)?.pass;
  }

  /** Remembers who is in on a port, from now on. */
  async keep(port: number, pass: string, now = Date.now()): Promise<void> {
    this.#list = [{ port, pass, time: now }, ...this.#list.filter((session) => session.port !== port)].slice(0, MOST);
    await writeDurably(disk, this.#path, Buffer.from(`${JSON.stringify(this.#list, null, 2)}\n`), { mode: 0o600 });
  }
}
