import { dirname } from 'node:path';
import type { Files, OpenFile } from '../../../electron/storage/files.ts';

interface Node {
  readonly folder: boolean;
  data: Buffer;
  /** What a power cut leaves of it at least. */
  synced: Buffer;
}

/** Something that changes what is on the disk. */
export interface Operation {
  /** Counted from 1. */
  readonly number: number;
  readonly what: 'write' | 'sync' | 'truncate' | 'create' | 'makeFolder' | 'rename' | 'remove' | 'syncFolder';
  readonly path: string;
}

/** An operation that fails: with Node's code, a write after a part of its bytes. */
export interface Fault {
  readonly code: string;
  readonly part?: number;
}

/**
 * A file system in memory that knows what was synced. Names last after their folder was synced, content after its file was;
 * `powerCut` forgets the rest, or keeps any part of it, as real ones do. `fault` makes any operation fail.
 */
export class MemoryFiles implements Files {
  operations = 0;
  fault: (operation: Operation) => Fault | undefined = () => undefined;
  #names = new Map<string, Node>([['/', folderNode()]]);
  #lasting = new Map<string, Node>(this.#names);
  #pending: { readonly folders: readonly string[]; readonly apply: (names: Map<string, Node>) => void }[] = [];

  /** @param random numbers in [0, 1): decide how much of what was not synced is there all the same; left out, none of it */
  powerCut(random?: () => number): void {
    for (const change of this.#pending) if (random && random() < 0.5) change.apply(this.#lasting);
    this.#pending = [];
    const names = new Map<string, Node>();
    for (const [path, node] of [...this.#lasting].sort(([a], [b]) => a.length - b.length)) {
      if (path !== '/' && !names.has(dirname(path))) continue;
      const left = random ? survivor(node, random) : node.synced;
      names.set(path, { folder: node.folder, data: left, synced: left });
    }
    this.#names = names;
    this.#lasting = new Map(names);
  }

  /** Every file's path, in order. */
  paths(): string[] {
    return [...this.#names]
      .filter(([, node]) => !node.folder)
      .map(([path]) => path)
      .sort();
  }

  /** Content past all rules, for tests that damage it. */
  peek(path: string): Buffer {
    return this.#node(path).data;
  }

  poke(path: string, data: Buffer): void {
    const node = this.#names.get(path);
    if (node) {
      node.data = data;
      node.synced = data;
    } else {
      this.#names.set(path, { folder: false, data, synced: data });
      this.#lasting.set(path, this.#names.get(path)!);
    }
  }

  async read(path: string): Promise<Uint8Array> {
    const node = this.#node(path);
    if (node.folder) throw failure('EISDIR', path);
    return Buffer.from(node.data);
  }

  async *pieces(path: string): AsyncIterable<Uint8Array> {
    const data = await this.read(path);
    for (let at = 0; at < data.length; at += 4096) yield data.subarray(at, at + 4096);
  }

  async stat(path: string): Promise<{ size: number; folder: boolean } | undefined> {
    const node = this.#names.get(path);
    return node && { size: node.data.length, folder: node.folder };
  }

  async list(folder: string): Promise<string[]> {
    this.#node(folder);
    return [...this.#names.keys()]
      .filter((path) => path !== '/' && dirname(path) === folder)
      .map((path) => path.slice(folder === '/' ? 1 : folder.length + 1));
  }

  async open(path: string, how: 'append' | 'new'): Promise<OpenFile> {
    if (!this.#names.get(dirname(path))?.folder) throw failure('ENOENT', path);
    if (this.#names.has(path) && how === 'new') throw failure('EEXIST', path);
    if (!this.#names.has(path)) {
      this.#operate('create', path);
      const node: Node = { folder: false, data: Buffer.alloc(0), synced: Buffer.alloc(0) };
      this.#change([dirname(path)], (names) => names.set(path, node));
    }
    return this.#file(path, this.#node(path));
  }

  async makeFolder(path: string): Promise<void> {
    if (this.#names.has(path)) throw failure('EEXIST', path);
    if (!this.#names.get(dirname(path))?.folder) throw failure('ENOENT', path);
    this.#operate('makeFolder', path);
    const node = folderNode();
    this.#change([dirname(path)], (names) => names.set(path, node));
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#node(from);
    this.#operate('rename', from);
    this.#change([dirname(from), dirname(to)], (names) => {
      names.set(to, node);
      names.delete(from);
    });
  }

  async remove(path: string): Promise<void> {
    this.#node(path);
    this.#operate('remove', path);
    this.#change([dirname(path)], (names) => names.delete(path));
  }

  async syncFolder(path: string): Promise<void> {
    this.#node(path);
    this.#operate('syncFolder', path);
    for (const change of this.#pending) if (change.folders.includes(path)) change.apply(this.#lasting);
    this.#pending = this.#pending.filter((change) => !change.folders.includes(path));
  }

  #file(path: string, node: Node): OpenFile {
    return {
      write: async (bytes) => {
        const fault = this.#count('write', path);
        const part = fault ? Math.floor(bytes.length * (fault.part ?? 0)) : bytes.length;
        node.data = Buffer.concat([node.data, bytes.subarray(0, part)]);
        if (fault) throw failure(fault.code, path);
      },
      size: async () => node.data.length,
      truncate: async (size) => {
        this.#operate('truncate', path);
        node.data = node.data.subarray(0, size);
      },
      sync: async () => {
        this.#operate('sync', path);
        node.synced = node.data;
      },
      close: async () => undefined,
    };
  }

  #change(folders: readonly string[], apply: (names: Map<string, Node>) => void): void {
    apply(this.#names);
    this.#pending.push({ folders, apply });
  }

  #operate(what: Operation['what'], path: string): void {
    const fault = this.#count(what, path);
    if (fault) throw failure(fault.code, path);
  }

  #count(what: Operation['what'], path: string): Fault | undefined {
    return this.fault({ number: ++this.operations, what, path });
  }

  #node(path: string): Node {
    const node = this.#names.get(path);
    if (!node) throw failure('ENOENT', path);
    return node;
  }
}

function folderNode(): Node {
  return { folder: true, data: Buffer.alloc(0), synced: Buffer.alloc(0) };
}

/**
 * What may be left of a file: all, nothing of the change, a part of what was appended, or a length that grew over blocks that were never
 * written.
 */
export function survivor({ data, synced }: Pick<Node, 'data' | 'synced'>, random: () => number): Buffer {
  const appended = data.length > synced.length && data.subarray(0, synced.length).equals(synced);
  const choice = Math.floor(random() * (appended ? 4 : 2));
  if (choice === 0) return synced;
  if (choice === 1) return data;
  const until = synced.length + Math.floor(random() * (data.length - synced.length));
  const part = data.subarray(0, until);
  return choice === 2 ? part : Buffer.concat([part, Buffer.alloc(data.length - until)]);
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
