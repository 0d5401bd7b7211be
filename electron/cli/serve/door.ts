import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Lets one browser in: whoever brings the token first gets a cookie, and from then on the token is worth nothing. A browser that was in
 * before the server was started again is in until another is let in.
 */
export class Door {
  readonly token = randomBytes(32).toString('base64url');
  /** SHA-256 of what the cookie holds; undefined while nobody was let in. */
  #pass: Buffer | undefined;
  readonly #cookie: string;
  #isUsed = false;

  /**
   * @param before hash of the pass of the browser that was in before, in hexadecimal
   * @param port of the server; cookies are shared by all ports of a host, so each server has a name of its own
   */
  constructor(port: number, before?: string) {
    this.#cookie = `emend-${port}`;
    this.#pass = before === undefined ? undefined : Buffer.from(before, 'hex');
  }

  /** Hash of the pass of the browser that is in, in hexadecimal. */
  get pass(): string | undefined {
    return this.#pass?.toString('hex');
  }

  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** @returns the cookie to set; undefined for a token that is wrong or was used before */
  exchange(token: string): string | undefined {
    if (this.#isUsed || !isSame(token, this.token)) return undefined;
    this.#isUsed = true;
    const pass = randomBytes(32).toString('base64url');
    this.#pass = digest(pass);
    return `${this.#cookie}=${pass}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Whether a request with this Cookie header comes from the browser that was let in. */
  knows(header: string | undefined): boolean {
    return (header ?? '').split(';').some((pair) => {
      const [name, value = ''] = pair.trim().split('=', 2);
      return name === this.#cookie && this.#pass !== undefined && timingSafeEqual(digest(value), this.#pass);
    });
  }
}

/** Takes the same time wherever the two differ. */
function isSame(given: string, secret: string): boolean {
  return timingSafeEqual(digest(given), digest(secret));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
