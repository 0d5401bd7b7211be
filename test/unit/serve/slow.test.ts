import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startServer, type ServerOptions } from '../../../electron/cli/serve/server.ts';

it.each([
  ['says nothing', ''],
  ['says half of a request', 'GET / HTTP/1.1\r\nHost: 127'],
])('a connection that %s is closed', async (_, said) => {
  const application = { listen: () => () => undefined } as unknown as ServerOptions['application'];
  const nothing = {} as never;
  const server = await startServer({ application, page: nothing, uploads: { close: () => undefined } as never, patience: 200 });
  try {
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    if (said !== '') socket.write(said);
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.destroyed).toBe(true);
  } finally {
    await server.close().catch(() => undefined);
  }
});
