import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import disk from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { survivor, type Fault, type Operation } from '../unit/storage/memory-files.ts';

/** A file or folder, whatever it is called now. */
interface Node {
  readonly folder: boolean;
  /** What a folder holds now, and what a power cut leaves of that. */
  names: Map<string, Node>;
  lasting: Map<string, Node>;
  /** What a power cut leaves of a file at least. */
  synced: Buffer;
  /** Who may do what with it; it has that from its beginning. */
  readonly mode: number;
}

type Promises = typeof disk;
type Handle = Awaited<ReturnType<Promises['open']>>;

/**
 * Puts a disk that fails or forgets under everything that this process writes below a folder, services and engine alike: it knows what was
 * synced.
 * The rules are those of MemoryFiles: names last after their folder was synced, content after its file was; `fault` makes any operation
 * fail.
 */
export class LossyDisk {
  operations = 0;
  fault: (operation: Operation) => Fault | undefined = () => undefined;
  readonly #root: string;
  readonly #top: Node;
  #pending: { readonly folders: readonly Node[]; readonly apply: () => void }[] = [];
  readonly #real: Promises = { ...disk };

  /** Whatever lies below `root` lasts. */
  constructor(root: string) {
    this.#root = root;
    this.#top = nodeOf(root);
    const { open, mkdir, rename, rm, rmdir, unlink, copyFile } = this.#real;
    Object.assign(disk, {
      open: ((path: string, flags?: string | number, mode?: number) =>
        this.#isMine(path) ? this.#open(path, flags ?? 'r', mode) : open(path, flags, mode)) as Promises['open'],
      mkdir: ((path: string, options?: { recursive?: boolean }) =>
        this.#isMine(path) ? this.#makeFolder(path, options?.recursive === true) : mkdir(path, options)) as Promises['mkdir'],
      rename: (from: string, to: string) => (this.#isMine(to) ? this.#rename(from, to) : rename(from, to)),
      rm: ((path: string, options: object) =>
        this.#isMine(path) ? this.#remove(path, () => rm(path, options)) : rm(path, options)) as Promises['rm'],
      rmdir: ((path: string) => (this.#isMine(path) ? this.#remove(path, () => rmdir(path)) : rmdir(path))) as Promises['rmdir'],
      unlink: ((path: string) => (this.#isMine(path) ? this.#remove(path, () => unlink(path)) : unlink(path))) as Promises['unlink'],
      copyFile: ((from: string, to: string, how?: number) =>
        this.#isMine(to) ? Promise.reject(failure('ENOTSUP', to)) : copyFile(from, to, how)) as Promises['copyFile'],
    });
    syncBuiltinESMExports();
  }

  /** The real disk again. */
  remove(): void {
    Object.assign(disk, this.#real);
    syncBuiltinESMExports();
  }

  /**
   * Leaves below the folder what a power cut leaves.
   * @param random numbers in [0, 1): decide how much of what was not synced is there all the same; left out, none of it
   */
  powerCut(random?: () => number): void {
    for (const { apply } of this.#pending) if (random && random() < 0.5) apply();
    const now = new Map<Node, Buffer>();
    const read = (node: Node, path: string): void => {
      if (!node.folder) now.set(node, readFileSync(path));
      for (const [name, below] of node.names) read(below, join(path, name));
    };
    read(this.#top, this.#root);
    for (const name of readdirSync(this.#root)) rmSync(join(this.#root, name), { recursive: true });
    const write = (node: Node, path: string): void => {
      if (node.folder) mkdirSync(path, { recursive: true, mode: node.mode });
      else
        writeFileSync(path, random ? survivor({ data: now.get(node) ?? node.synced, synced: node.synced }, random) : node.synced, {
          mode: node.mode,
        });
      for (const [name, below] of node.lasting) write(below, join(path, name));
    };
    write(this.#top, this.#root);
  }

  async #open(path: string, flags: string | number, mode?: number): Promise<Handle> {
    const makes = typeof flags === 'number' ? (flags & 0o100) !== 0 : flags !== 'r' && flags !== 'r+';
    const isThere = existsSync(path);
    if (makes && !isThere && existsSync(dirname(path))) this.#operate('create', path);
    const handle = await this.#real.open(path, flags, mode);
    if (makes && !isThere) this.#put(path, nodeOf(path));
    const node = this.#node(path);
    const methods: Partial<Record<keyof Handle, unknown>> = {
      write: async (bytes: Uint8Array, offset = 0, length = bytes.length - offset, position: number | null = null) => {
        const fault = this.#count('write', path);
        if (!fault) return handle.write(bytes, offset, length, position);
        await handle.write(bytes, offset, Math.floor(length * (fault.part ?? 0)), position);
        throw failure(fault.code, path);
      },
      writeFile: async (bytes: Uint8Array) => {
        const fault = this.#count('write', path);
        await handle.writeFile(fault ? bytes.subarray(0, Math.floor(bytes.length * (fault.part ?? 0))) : bytes);
        if (fault) throw failure(fault.code, path);
      },
      truncate: (size: number) => {
        this.#operate('truncate', path);
        return handle.truncate(size);
      },
      sync: async () => this.#sync(path, node),
      datasync: async () => this.#sync(path, node),
    };
    return new Proxy(handle, {
      get: (target, name) => {
        const own = methods[name as keyof Handle];
        if (own !== undefined) return own;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value;
      },
    });
  }

  #sync(path: string, node: Node): void {
    this.#operate(node.folder ? 'syncFolder' : 'sync', path);
    if (!node.folder) node.synced = readFileSync(path);
    for (const change of this.#pending) if (change.folders.includes(node)) change.apply();
    this.#pending = this.#pending.filter((change) => !change.folders.includes(node));
  }

  async #makeFolder(path: string, isPatient: boolean): Promise<void> {
    if (existsSync(path)) {
      if (isPatient) return;
      throw failure('EEXIST', path);
    }
    if (isPatient && !existsSync(dirname(path))) await this.#makeFolder(dirname(path), true);
    this.#operate('makeFolder', path);
    await this.#real.mkdir(path);
    this.#put(path, nodeOf(path));
  }

  async #rename(from: string, to: string): Promise<void> {
    this.#operate('rename', from);
    const [here, there, node] = [this.#node(dirname(from)), this.#node(dirname(to)), this.#node(from)];
    await this.#real.rename(from, to);
    this.#change([here, there], (names) => {
      names(here).delete(basename(from));
      names(there).set(basename(to), node);
    });
  }

  async #remove(path: string, act: () => Promise<void>): Promise<void> {
    if (existsSync(path)) this.#operate('remove', path);
    await act();
    const folder = this.#find(dirname(path));
    if (folder) this.#change([folder], (names) => names(folder).delete(basename(path)));
  }

  #put(path: string, node: Node): void {
    node.synced = Buffer.alloc(0);
    const folder = this.#node(dirname(path));
    this.#change([folder], (names) => names(folder).set(basename(path), node));
  }

  #change(folders: readonly Node[], act: (names: (node: Node) => Map<string, Node>) => void): void {
    act((node) => node.names);
    this.#pending.push({ folders, apply: () => act((node) => node.lasting) });
  }

  #operate(what: Operation['what'], path: string): void {
    const fault = this.#count(what, path);
    if (fault) throw failure(fault.code, path);
  }

  #count(what: Operation['what'], path: string): Fault | undefined {
    return this.fault({ number: ++this.operations, what, path });
  }

  #isMine(path: string): boolean {
    return `${resolve(path)}${sep}`.startsWith(`${this.#root}${sep}`);
  }

  #node(path: string): Node {
    const node = this.#find(path);
    if (!node) throw failure('ENOENT', path);
    return node;
  }

  #find(path: string): Node | undefined {
    const parts = resolve(path)
      .slice(this.#root.length)
      .split(sep)
      .filter((part) => part !== '');
    return parts.reduce<Node | undefined>((node, part) => node?.names.get(part), this.#top);
  }
}

/** What lies at a path, all of it lasting. */
function nodeOf(path: string): Node {
  const status = statSync(path);
  const folder = status.isDirectory();
  const names = new Map((folder ? readdirSync(path) : []).map((name) => [name, nodeOf(join(path, name))]));
  return { folder, names, lasting: new Map(names), synced: folder ? Buffer.alloc(0) : readFileSync(path), mode: status.mode & 0o777 };
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: as the test wants it, ${path}`), { code });
}
