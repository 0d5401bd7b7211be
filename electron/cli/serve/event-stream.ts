import type { ServerResponse } from 'node:http';
import type { Application } from '../../services/application.ts';
import { dataHeaders } from './answers.ts';

/** A tunnel that carries nothing may be cut (ms). */
const HEARTBEAT = 15_000;
/** How soon a browser that lost the connection comes back (ms). */
const RETRY = 1000;
/** Bytes that wait for a slow reader. Beyond, it is cut off; it comes back and asks for the jobs as they are. */
const BACKLOG = 16 * 1024 * 1024;

/** Sends every event of the application from now on, as Server-Sent Events. */
export function streamEvents(application: Application, response: ServerResponse): void {
  response.writeHead(200, dataHeaders('text/event-stream; charset=utf-8'));
  response.write(`retry: ${RETRY}\n\n`);
  const stop = application.listen((event) => {
    if (response.writableLength > BACKLOG) response.destroy();
    else response.write(`data: ${JSON.stringify(event)}\n\n`);
  });
  const beat = setInterval(() => response.write(':\n\n'), HEARTBEAT);
  response.once('close', () => {
    stop();
    clearInterval(beat);
  });
}
