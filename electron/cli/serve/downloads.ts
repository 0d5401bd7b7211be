import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import type { Application } from '../../services/application.ts';
import { dataHeaders } from './answers.ts';
import { Refusal } from './refusal.ts';
import { entriesOf, tar, tarSize } from './tar.ts';

/** Jobs that write something for the person end with its handle. */
const WroteSchema = v.object({ handle: v.string() });

/**
 * What the person may take home: everything that Emend wrote to a place of their choice since the server began, and nothing else of this
 * machine.
 */
export class Downloads {
  readonly #application: Application;
  readonly #written = new Set<string>();

  constructor(application: Application) {
    this.#application = application;
    application.listen((event) => {
      if (event.type === 'job' && event.job.state === 'done' && v.is(WroteSchema, event.job.result))
        this.#written.add(event.job.result.handle);
    });
  }

  /** Sends a file as it is, a folder as a tar archive. @throws Refusal for what Emend did not write, or is gone */
  async send(handle: string, response: ServerResponse): Promise<void> {
    if (!this.#written.has(handle))
      throw new Refusal(404, 'not-found', 'Emend wrote nothing under this address.', 'Export again, then download it.');
    const path = this.#application.grants.path(handle);
    const status = await stat(path).catch(() => undefined);
    if (status === undefined)
      throw new Refusal(404, 'not-found', `${path} is not there any more.`, 'It was moved or removed outside Emend; export again.');
    if (status.isDirectory()) {
      const entries = await entriesOf(path);
      response.writeHead(200, attachment(`${basename(path)}.tar`, 'application/x-tar', await tarSize(entries)));
      await pipeline(Readable.from(tar(entries)), response);
    } else {
      response.writeHead(200, attachment(basename(path), 'application/octet-stream', status.size));
      await pipeline(createReadStream(path), response);
    }
  }
}

function attachment(name: string, type: string, bytes: number): Record<string, string | number> {
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return { ...dataHeaders(type), 'Content-Length': bytes, 'Content-Disposition': `attachment; filename*=UTF-8''${encoded}` };
}
