import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request as send } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from 'vite';
import type { Envelope } from '../../shared/contract.ts';
import type { Event } from '../../shared/contract/events.ts';
import type { Picked } from '../../shared/contract/host.ts';

const project = resolve(import.meta.dirname, '../..');
const atlas = join(project, 'models/atlas');
let installed: string;
let scratch: string;
let server: Serving;

beforeAll(async () => {
  // An installation of its own, with a page of its own: inside the project, so that packages are found.
  installed = mkdtempSync(join(project, 'node_modules/.serve-test-'));
  scratch = mkdtempSync(join(tmpdir(), 'emend-serve-'));
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ name: 'emend', version: '0.0.0' }));
  mkdirSync(join(installed, 'dist/renderer/assets'), { recursive: true });
  writeFileSync(join(installed, 'dist/renderer/index.html'), '<!doctype html><title>The page</title>');
  writeFileSync(join(installed, 'dist/renderer/assets/page.js'), 'page();');
  writeFileSync(join(installed, 'dist/renderer/assets/page.js.map'), '{}');
  await build({
    configFile: join(project, 'build/vite.node.ts'),
    root: project,
    logLevel: 'error',
    build: { outDir: join(installed, 'dist/node'), sourcemap: false },
  });
  mkdirSync(join(scratch, 'home'));
  server = await serve('data');
});
afterAll(async () => {
  await server.stop();
  for (const folder of [installed, scratch]) rmSync(folder, { recursive: true, force: true });
});

interface Serving {
  readonly port: number;
  readonly token: string;
  readonly data: string;
  printed(): string;
  readonly process: ChildProcess;
  /** @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Runs `emend serve` until it prints its link. */
function serve(dataFolder: string, ...args: string[]): Promise<Serving> {
  const data = join(scratch, dataFolder);
  const child = spawn(process.execPath, [join(installed, 'dist/node/emend.mjs'), 'serve', '--threads', '1', '--author', 'Ada', ...args], {
    env: { ...process.env, HOME: join(scratch, 'home'), EMEND_HOME: data, EMEND_CACHE: join(scratch, 'cache'), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  let printed = '';
  return new Promise((started, failed) => {
    const hear = (piece: Buffer) => {
      printed += piece.toString();
      const [, port, token] = /http:\/\/127\.0\.0\.1:(\d+)\/\?token=([\w-]+)\n/.exec(printed) ?? [];
      if (port !== undefined && token !== undefined)
        started({
          port: Number(port),
          token,
          data,
          printed: () => printed,
          process: child,
          stop: (signal = 'SIGINT') => (child.kill(signal), ended),
        });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then((code) => failed(new Error(`emend serve ended with ${code}: ${printed}`)));
  });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly text: string;
}

type Headers = Record<string, string>;

/** A request with exactly these headers; browsers do not let a page set them freely, attackers' programs do. */
function ask(method: string, path: string, headers: Headers = {}, body?: Buffer | string, to = server): Promise<Answer> {
  return new Promise((done, failed) => {
    const request = send({ host: '127.0.0.1', port: to.port, method, path, headers }, (response) => {
      const pieces: Buffer[] = [];
      response
        .on('data', (piece: Buffer) => pieces.push(piece))
        .once('error', failed)
        .once('end', () => {
          const whole = Buffer.concat(pieces);
          done({ status: response.statusCode!, headers: response.headers, body: whole, text: whole.toString() });
        });
    });
    request.once('error', failed).end(body);
  });
}

let cookie = '';
const origin = () => `http://127.0.0.1:${server.port}`;
const post = (path: string, body: Buffer | string, headers: Headers = {}) =>
  ask(
    'POST',
    path,
    { cookie, origin: origin(), 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers },
    body,
  );
const callWith = async (method: string, params: unknown, headers: Headers = {}) =>
  post('/api/call', JSON.stringify({ method, params }), headers);

async function call<T = Record<string, unknown>>(method: string, params: unknown = {}): Promise<T> {
  const { status, text } = await callWith(method, params);
  expect(status, text).toBe(200);
  const envelope = JSON.parse(text) as Envelope;
  if (!envelope.ok) throw new Error(envelope.error.message);
  return envelope.value as T;
}

/** Events as they come. */
class Events {
  readonly heard: Event[] = [];
  readonly opened: Promise<IncomingMessage>;
  readonly #request: ClientRequest;
  #look: () => void = () => undefined;

  constructor() {
    this.#request = send({
      host: '127.0.0.1',
      port: server.port,
      path: '/api/events',
      headers: { cookie, 'sec-fetch-site': 'same-origin' },
    });
    this.#request.on('error', () => undefined).end();
    this.opened = new Promise((opened) =>
      this.#request.once('response', (response) => {
        let text = '';
        response
          .on('error', () => undefined)
          .on('data', (piece: Buffer) => {
            const parts = (text + piece.toString()).split('\n\n');
            text = parts.pop()!;
            for (const part of parts) if (part.startsWith('data: ')) this.heard.push(JSON.parse(part.slice('data: '.length)) as Event);
            this.#look();
          });
        opened(response);
      }),
    );
  }

  /** The event that ends this job. */
  end(job: string) {
    return new Promise<Extract<Event, { type: 'job' }>['job']>((ended) => {
      this.#look = () => {
        for (const event of this.heard) if (event.type === 'job' && event.job.id === job && event.job.state !== 'running') ended(event.job);
      };
      this.#look();
    });
  }

  close(): void {
    this.#request.destroy();
  }
}

describe('the door', () => {
  test('is closed to whoever has no link', async () => {
    for (const path of ['/', '/assets/page.js', '/api/events', '/api/download/x']) expect((await ask('GET', path)).status, path).toBe(403);
    expect((await ask('GET', '/?token=guessed')).text).toContain('was not let in yet');
    const { status, text } = await callWith('library.list', {});
    expect(status).toBe(403);
    expect(JSON.parse(text)).toMatchObject({
      ok: false,
      error: { code: 'bad-input', hint: expect.stringContaining('emend serve') as string },
    });
  });

  test('opens once for the token, and from then on for the cookie', async () => {
    const first = await ask('GET', `/?token=${server.token}`);
    expect(first).toMatchObject({ status: 303, headers: { location: '/', 'cache-control': 'no-store' } });
    const [set] = first.headers['set-cookie']!;
    expect(set).toMatch(/^emend-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    cookie = set!.split(';')[0]!;

    const again = await ask('GET', `/?token=${server.token}`);
    expect(again.status).toBe(403);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.text).toContain('used already');
    expect((await ask('GET', `/?token=${server.token}`, { cookie })).headers.location).toBe('/');

    const page = await ask('GET', '/', { cookie });
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('The page') as string });
    expect((await ask('GET', '/assets/page.js', { cookie })).headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  test('lets in from a link on another site by a page of its own, since the cookie would not follow a redirect', async () => {
    const other = await serve('other');
    const entered = await ask('GET', `/?token=${other.token}`, { 'sec-fetch-site': 'cross-site' }, undefined, other);
    expect(entered).toMatchObject({ status: 200, headers: { refresh: '0; url=/', 'set-cookie': [expect.stringContaining('HttpOnly')] } });
    expect(await other.stop('SIGTERM')).toBe(0);
  });

  test('ends as with Ctrl-C when its terminal is closed', async () => {
    const other = await serve('hung');
    expect((await ask('GET', '/', {}, undefined, other)).status).toBe(403);
    expect(await other.stop('SIGHUP')).toBe(0);
  });

  test('sends what keeps a page to itself', async () => {
    const { headers } = await ask('GET', '/', { cookie });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';.* frame-ancestors 'none'; require-trusted-types-for 'script'/,
    );
    const data = await callWith('host.info', {});
    expect(data.headers['content-security-policy']).toMatch(/^default-src 'none';.* sandbox$/);
    for (const one of [headers, data.headers]) {
      expect(one).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(Object.keys(one).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('listens on this machine alone', async () => {
    // Every address of 127.0.0.0/8 is this machine; one that is not listened on refuses.
    const refused = new Promise<string>((done) =>
      connect(server.port, '127.0.0.2')
        .setTimeout(5000, () => done('no answer'))
        .once('connect', () => done('connected'))
        .once('error', (error: NodeJS.ErrnoException) => done(error.code ?? '')),
    );
    expect(await refused).not.toBe('connected');
  });
});

describe('requests from elsewhere', () => {
  test.each<[string, Headers, number]>([
    ['a name that was made to resolve here', { host: 'evil.example' }, 421],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }, 403],
    ['another origin', { origin: 'http://evil.example' }, 403],
  ])('%s', async (_, headers, status) => {
    for (const path of ['/', '/api/events']) expect((await ask('GET', path, { cookie, ...headers })).status).toBe(status);
    expect((await callWith('host.info', {}, headers)).status).toBe(status);
  });

  test('a POST without an origin', async () => {
    const body = JSON.stringify({ method: 'host.info' });
    expect(
      (await ask('POST', '/api/call', { cookie, 'content-type': 'application/json', 'content-length': String(body.length) }, body)).status,
    ).toBe(403);
  });

  test('through a tunnel, where the browser sees another port', async () => {
    const host = 'localhost:8765';
    expect((await ask('GET', '/', { cookie, host })).status).toBe(200);
    expect((await callWith('host.info', {}, { host, origin: `http://${host}` })).status).toBe(200);
    expect((await callWith('host.info', {}, { host })).status).toBe(403);
  });

  test('methods, types and bodies that no page sends', async () => {
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'HEAD'])
      expect(await ask(method, '/', { cookie, origin: origin() })).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } });
    expect((await post('/api/call', 'method=host.info', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await post('/api/call', '{')).status).toBe(400);
    expect((await post('/api/call', '[]')).status).toBe(400);
    expect((await post('/api/none', '{}')).status).toBe(404);
    const large = await post('/api/call', Buffer.alloc(16 * 1024 * 1024 + 1, ' '));
    expect(large.status).toBe(413);
    expect(large.text).toContain('at most 16 MB');
  });
});

describe('the page', () => {
  test.each([
    '/..%2fnode/emend.mjs',
    '/%2e%2e/node/emend.mjs',
    '/../package.json',
    '//etc/passwd',
    '/assets/..%5c..%5cpackage.json',
    '/assets/page.js%00',
    '/assets',
    '/package.json',
    '/assets/page.js.map',
    '/%',
  ])('%s is nothing', async (path) => {
    expect((await ask('GET', path, { cookie })).status).toBe(404);
  });
});

describe('calls', () => {
  test('answer as the contract says', async () => {
    expect(await call('host.info')).toMatchObject({
      mode: 'browser',
      picker: 'list',
      canPrint: false,
      canReveal: false,
      dataFolder: server.data,
    });
    expect(await call('library.list')).toEqual({ models: [], removed: [], notices: [] });
  });

  test.each([
    ['no.method', {}, 'There is no method'],
    ['library.get', {}, 'library.get: model'],
    ['library.get', { model: 'none' }, 'There is no model "none"'],
    ['library.look', { source: '/etc' }, 'was not chosen in this window'],
    ['host.pick', { kind: 'model' }, 'no system dialog'],
    ['host.openLink', { link: 'rome' }, 'opens no other pages'],
  ])('%s with %j says why not', async (method, params, message) => {
    const { status, text } = await callWith(method, params);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining(message) as string, hint: expect.stringMatching(/./) as string },
    });
  });

  test('list folders of the serving machine, hidden ones and dead links left out', async () => {
    const home = join(scratch, 'home');
    for (const name of ['models', 'models/10', 'models/9', '.hidden']) mkdirSync(join(home, name), { recursive: true });
    writeFileSync(join(home, 'facts.csv'), 'a,b\n');
    symlinkSync(join(scratch, 'nowhere'), join(home, 'dead'));
    type Listed = { here: Picked; parent?: Picked; entries: Picked[] };
    const { here, parent, entries } = await call<Listed>('host.browse');
    expect([here.path, parent?.path]).toEqual([home, scratch]);
    expect(entries.map(({ name, folder, bytes }) => ({ name, folder, bytes }))).toEqual([
      { name: 'models', folder: true, bytes: undefined },
      { name: 'facts.csv', folder: false, bytes: 4 },
    ]);
    expect((await call<Listed>('host.browse', { folder: entries[0]!.handle })).entries.map(({ name }) => name)).toEqual(['9', '10']);
    await expect(call('host.browse', { folder: entries[1]!.handle })).rejects.toThrow('cannot be listed');
    await expect(call('host.place', { folder: here.handle, name: '..' })).rejects.toThrow('expected a name');
    await expect(call('host.place', { folder: here.handle, name: '../x' })).rejects.toThrow('without /');
  });
});

/** Sends files as the page does. */
async function upload(id: string, files: Record<string, Buffer | string>): Promise<Picked[]> {
  for (const [path, content] of Object.entries(files))
    expect(
      (
        await post('/api/upload', content, {
          'content-type': 'application/octet-stream',
          'x-emend-upload': id,
          'x-emend-path': encodeURIComponent(path),
        })
      ).status,
    ).toBe(200);
  return (JSON.parse((await post('/api/upload/done', JSON.stringify({ id }))).text) as { picked: Picked[] }).picked;
}

describe('uploads', () => {
  const sent = (id: string, path: string | undefined, content = 'x') =>
    post('/api/upload', content, {
      'content-type': 'application/octet-stream',
      'x-emend-upload': id,
      ...(path === undefined ? {} : { 'x-emend-path': path }),
    });

  test('give the files and folders at the top', async () => {
    const picked = await upload('upload-one', {
      'Modèle/config.json': '{}',
      'Modèle/onnx/model.onnx': Buffer.from([1, 2, 3]),
      'facts é.csv': 'a,b\n',
      'empty.txt': '',
    });
    expect(picked.map(({ name, folder, bytes }) => [name, folder, bytes])).toEqual([
      ['Modèle', true, undefined],
      ['empty.txt', false, 0],
      ['facts é.csv', false, 4],
    ]);
    expect(readFileSync(join(picked[0]!.path, 'onnx/model.onnx'))).toEqual(Buffer.from([1, 2, 3]));
    expect(picked[0]!.path.startsWith(join(server.data, 'uploads'))).toBe(true);
  });

  test('are refused where a path leads out, comes twice, or nothing was sent', async () => {
    for (const path of ['..%2Fx', '%2Fetc%2Fx', 'a%2F..%2F..%2Fx', 'a%5C..%5Cx', 'a%00', '', '100%'])
      expect((await sent('upload-two', path)).status, path).toBe(400);
    expect((await sent('upload-two', undefined)).status).toBe(400);
    expect((await sent('..', 'a')).status).toBe(400);
    expect((await sent('upload-two', 'a')).status).toBe(200);
    expect((await sent('upload-two', 'a')).status).toBe(409);
    expect((await sent('upload-two', 'a%2Fb')).status).toBe(409);
    expect((await post('/api/upload/done', JSON.stringify({ id: 'upload-none' }))).status).toBe(404);
    expect((await post('/api/upload/done', JSON.stringify({ id: 'upload-two' }))).status).toBe(200);
    expect((await post('/api/upload/done', JSON.stringify({ id: 'upload-two' }))).status).toBe(404);
  });

  test('are refused at once when the disk has no room', async () => {
    const answered = new Promise<number | undefined>((done, failed) => {
      const request = send(
        {
          host: '127.0.0.1',
          port: server.port,
          method: 'POST',
          path: '/api/upload',
          headers: { cookie, origin: origin(), 'x-emend-upload': 'upload-huge', 'x-emend-path': 'a', 'content-length': String(2 ** 52) },
        },
        (response) => {
          done(response.statusCode);
          request.destroy();
        },
      );
      request.once('error', failed).write('the beginning');
    });
    expect(await answered).toBe(413);
  });

  test('leave nothing of a file that did not arrive whole', async () => {
    const headers = { cookie, origin: origin(), 'x-emend-upload': 'upload-cut', 'x-emend-path': 'half.bin', 'content-length': '1000000' };
    const request = send({ host: '127.0.0.1', port: server.port, method: 'POST', path: '/api/upload', headers });
    request.on('error', () => undefined).write(Buffer.alloc(1000));
    const lies = () => readdirSync(join(server.data, 'uploads'), { recursive: true }).some((name) => String(name).endsWith('half.bin'));
    await expect.poll(lies).toBe(true);
    request.destroy();
    await expect.poll(lies).toBe(false);
  });
});

test('a model is uploaded, imported, exported and downloaded; events tell of it', async () => {
  const events = new Events();
  const response = await events.opened;
  expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  const files = Object.fromEntries(
    ['config.json', 'model.onnx', 'tokenizer.json', 'tokenizer_config.json'].map((name) => [
      `my model/${name}`,
      readFileSync(join(atlas, name)),
    ]),
  );
  const [source] = await upload('upload-model', files);
  expect(await call('library.look', { source: source!.handle })).toMatchObject({ what: 'model', name: 'my model', problems: [] });

  const { job } = await call<{ job: string }>('library.import', { source: source!.handle });
  expect(await events.end(job)).toMatchObject({ state: 'done', kind: 'library.import', result: { name: 'my model', known: false } });
  expect(events.heard.some(({ type }) => type === 'library')).toBe(true);
  await expect.poll(() => existsSync(source!.path)).toBe(false);

  const { here } = await call<{ here: Picked }>('host.browse');
  const place = await call<Picked>('host.place', { folder: here.handle, name: 'taken home' });
  expect((await ask('GET', `/api/download/${place.handle}`, { cookie })).status).toBe(404);
  expect((await ask('GET', `/api/download/${here.handle}`, { cookie })).status).toBe(404);
  const exporting = await call<{ job: string }>('exports.start', { model: 'my model', destination: place.handle });
  expect((await events.end(exporting.job)).state).toBe('done');

  const archive = await ask('GET', `/api/download/${place.handle}`, { cookie });
  expect(archive.headers).toMatchObject({
    'content-type': 'application/x-tar',
    'content-disposition': "attachment; filename*=UTF-8''taken%20home.tar",
    'content-length': String(archive.body.length),
  });
  writeFileSync(join(scratch, 'home.tar'), archive.body);
  mkdirSync(join(scratch, 'unpacked'));
  execFileSync('tar', ['-xf', join(scratch, 'home.tar'), '-C', join(scratch, 'unpacked')]);
  const hashes = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => [
          join(entry.parentPath, entry.name).slice(folder.length),
          createHash('sha256')
            .update(readFileSync(join(entry.parentPath, entry.name)))
            .digest('hex'),
        ]),
    );
  expect(hashes(join(scratch, 'unpacked/taken home'))).toEqual(hashes(place.path));

  const log = await call<Picked>('host.place', { folder: here.handle, name: 'log.csv' });
  const logging = await call<{ job: string }>('audit.export', { model: 'my model', format: 'csv', destination: log.handle });
  expect((await events.end(logging.job)).state).toBe('done');
  expect((await ask('GET', `/api/download/${log.handle}`, { cookie })).body).toEqual(readFileSync(log.path));
  events.close();
});

describe('the end', () => {
  test('a port that is taken is said', async () => {
    await expect(serve('third', '--port', String(server.port))).rejects.toThrow(`Port ${server.port} cannot be used`);
  });

  test('a server that was killed leaves uploads to the next one, which clears them; those of a running one stay', async () => {
    await upload('upload-stay', { 'a.txt': 'a' });
    const uploads = () => readdirSync(join(server.data, 'uploads')).length;
    const killed = await serve('data');
    expect(uploads()).toBe(2);
    await killed.stop('SIGKILL');
    expect(uploads()).toBe(2);
    const next = await serve('data');
    expect(uploads()).toBe(2);
    expect(await next.stop()).toBe(0);
    expect(uploads()).toBe(1);
    expect(existsSync(join(server.data, 'uploads'))).toBe(true);
  });

  test('Ctrl-C ends it with open event streams, removes uploads and lets the ledger go', async () => {
    const events = new Events();
    await events.opened;
    expect(await server.stop()).toBe(0);
    await expect.poll(server.printed).toContain('ssh -N -L');
    expect(readdirSync(join(server.data, 'uploads'))).toEqual([]);
    expect(readdirSync(join(server.data, 'models'), { recursive: true }).filter((name) => String(name).endsWith('LOCK'))).toEqual([]);
  });

  test('started again it has the port of last time, and lets the browser of last time in until another comes', async () => {
    const back = await serve('data');
    expect(back.port).toBe(server.port);
    expect(back.token).not.toBe(server.token);
    await expect.poll(back.printed).toContain('goes on by itself'); // the link comes before it, and may come alone
    expect((await ask('GET', '/', { cookie }, undefined, back)).status).toBe(200);
    expect((await ask('GET', `/?token=${server.token}`, {}, undefined, back)).status).toBe(403);
    const other = await ask('GET', `/?token=${back.token}`, {}, undefined, back);
    const [set] = other.headers['set-cookie']!;
    expect((await ask('GET', '/', { cookie }, undefined, back)).status).toBe(403);
    expect((await ask('GET', '/', { cookie: set!.split(';')[0]! }, undefined, back)).status).toBe(200);
    expect(await back.stop()).toBe(0);
  });
});
