import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Lets one browser in: whoever brings the token first gets a cookie, and from then on the token is worth nothing. */
export class Door {
  readonly token = randomBytes(32).toString('base64url');
  readonly #pass = randomBytes(32).toString('base64url');
  readonly #cookie: string;
  #isUsed = false;

  /** @param port of the server; cookies are shared by all ports of a host, so each server has a name of its own */
  constructor(port: number) {
    this.#cookie = `emend-${port}`;
  }

  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** @returns the cookie to set; undefined for a token that is wrong or was used before */
  exchange(token: string): string | undefined {
    if (this.#isUsed || !isSame(token, this.token)) return undefined;
    this.#isUsed = true;
    return `${this.#cookie}=${this.#pass}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** Whether a request with this Cookie header comes from the browser that was let in. */
  knows(header: string | undefined): boolean {
    return (header ?? '').split(';').some((pair) => {
      const [name, value = ''] = pair.trim().split('=', 2);
      return name === this.#cookie && isSame(value, this.#pass);
    });
  }
}

/** Takes the same time wherever the two differ. */
function isSame(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
