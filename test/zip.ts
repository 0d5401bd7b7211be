import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

/** A file to put into an archive. */
export interface Zipped {
  readonly path: string;
  readonly content: Buffer | string;
  /** Packed by deflate; stored when left out. */
  readonly packed?: boolean;
  /** Unix mode, type included; a plain file when left out. */
  readonly mode?: number;
  readonly encrypted?: boolean;
  /** What the archive says of it, where that is not so. */
  readonly claims?: { readonly crc?: number; readonly bytes?: number; readonly method?: number };
}

/** A zip archive, also such as no program would write. */
export function zipOf(files: readonly Zipped[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { path, content, packed = false, mode = 0o100644, encrypted = false, claims = {} } of files) {
    const bytes = Buffer.from(content as string);
    const plain = packed ? deflateRawSync(bytes) : bytes;
    const data = encrypted ? Buffer.concat([Buffer.alloc(12), plain]) : plain;
    const name = Buffer.from(path);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE((encrypted ? 1 : 0) | 0x800, 2);
    common.writeUInt16LE(claims.method ?? (packed ? 8 : 0), 4);
    common.writeUInt32LE(claims.crc ?? crc32(bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(claims.bytes ?? bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const header = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, data]);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, 3]), common, centralTail(mode, offset), name]));
    local.push(header);
    offset += header.length;
  }
  const list = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, list, end]);
}

/** Behind the lengths of name and extra field: comment, disk, attributes, offset. */
function centralTail(mode: number, offset: number): Buffer {
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE((mode << 16) >>> 0, 6);
  tail.writeUInt32LE(offset, 10);
  return tail;
}

/** A folder of files as a file manager packs it: with its own name in front. */
export function zipFolder(folder: string): Buffer {
  const content = (name: string) => readFileSync(join(folder, name));
  return zipOf(readdirSync(folder).map((name) => ({ path: `${basename(folder)}/${name}`, content: content(name) })));
}
