import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intTensor, memoryTensor } from '../../../electron/engine/onnx/build.ts';
import type { DataType, Model, Tensor } from '../../../electron/engine/onnx/graph.ts';
import { patchModel } from '../../../electron/engine/onnx/patch.ts';
import { readModel } from '../../../electron/engine/onnx/read.ts';
import { floatsToBytes, tensorBytes } from '../../../electron/engine/onnx/tensors.ts';
import { cancelled } from '../../../shared/errors.ts';
import { silent } from '../../../shared/progress.ts';
import { linear, model, numbers, save, temporaryFolder, value } from './models.ts';

/** A model of named constants; `external` ones lie in weights.bin with gaps between them. */
function withConstants(folder: string, parts: readonly { dtype: DataType; bytes: Uint8Array; external: boolean }[]): Model {
  const file: Buffer[] = [];
  let offset = 0;
  const constants = new Map<string, Tensor>();
  parts.forEach(({ dtype, bytes, external }, i) => {
    const width = dtype === 'float16' || dtype === 'bfloat16' ? 2 : 4;
    const dims = [bytes.length / width];
    if (!external) return constants.set(`c${i}`, memoryTensor(dtype, dims, bytes));
    const gap = Buffer.alloc(1 + (i % 5), 0xaa);
    file.push(gap, Buffer.from(bytes));
    constants.set(`c${i}`, { dtype, dims, data: { kind: 'file', file: 'weights.bin', offset: offset + gap.length, length: bytes.length } });
    offset += gap.length + bytes.length;
  });
  writeFileSync(join(folder, 'weights.bin'), Buffer.concat(file));
  return readModel(save(model(folder, { inputs: [value('x', [1])], outputs: [value('x', [1])], constants })));
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const part = fc
  .record({
    dtype: fc.constantFrom<DataType>('float16', 'bfloat16', 'float32'),
    count: fc.oneof(fc.nat(8), fc.integer({ min: 500, max: 900 })),
    external: fc.boolean(),
  })
  .chain(({ dtype, count, external }) => {
    const length = count * (dtype === 'float32' ? 4 : 2);
    const bytes = fc.uint8Array({ minLength: length, maxLength: length });
    return fc.record({ dtype: fc.constant(dtype), external: fc.constant(external), bytes, change: fc.option(bytes) });
  });

describe('patchModel', () => {
  it('changes the bytes of the given constants and no others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const base = temporaryFolder();
        const folder = join(base, 'model');
        mkdirSync(folder);
        const original = withConstants(folder, parts);
        const changes = new Map(parts.flatMap(({ change }, i) => (change ? [[`c${i}`, change] as const] : [])));
        const report = await patchModel({ model: original, target: join(base, 'new'), changes });

        const copy = readModel(report.model);
        parts.forEach(({ bytes, change }, i) => {
          expect(Buffer.compare(tensorBytes(copy, copy.graph.constants.get(`c${i}`)!), change ?? bytes)).toBe(0);
        });
        expect(report.ranges.map((r) => r.tensor)).toEqual([...changes.keys()]);
        for (const file of report.files) {
          const before = readFileSync(join(folder, file));
          const after = readFileSync(join(base, 'new', file));
          expect(after.length).toBe(before.length);
          for (const range of report.ranges) {
            if (range.file !== file) continue;
            before.fill(0, range.offset, range.offset + range.length);
            after.fill(0, range.offset, range.offset + range.length);
          }
          expect(Buffer.compare(after, before)).toBe(0);
        }
      }),
      { numRuns: 25, seed: 20 },
    );
  });

  it('reports where it wrote and the hashes of before and after', async () => {
    const base = temporaryFolder();
    const original = readModel(save(linear(base, 20, 20)));
    const before = tensorBytes(original, original.graph.constants.get('w')!);
    const after = floatsToBytes(numbers(400, 9), 'float32');
    const target = join(temporaryFolder(), 'new');
    const { ranges, files, model: written } = await patchModel({ model: original, target, changes: new Map([['w', after]]) });
    expect(files).toEqual(['model.onnx']);
    expect(written).toBe(join(target, 'model.onnx'));
    expect(ranges).toEqual([
      {
        tensor: 'w',
        file: 'model.onnx',
        offset: readFileSync(join(base, 'model.onnx')).indexOf(before),
        length: 1600,
        before: sha256(before),
        after: sha256(after),
      },
    ]);
  });

  it('copies a whole folder on request, links and read-only files too, and counts the bytes', async () => {
    const base = temporaryFolder();
    const root = join(base, 'repo');
    mkdirSync(join(root, 'onnx'), { recursive: true });
    mkdirSync(join(base, 'blobs'));
    const original = linear(join(root, 'onnx'), 20, 20);
    save(original);
    writeFileSync(join(base, 'blobs', 'abc'), '{"tokens":1}');
    symlinkSync(join(base, 'blobs', 'abc'), join(root, 'tokenizer.json'));
    chmodSync(join(root, 'onnx', 'model.onnx'), 0o444);
    const target = join(base, 'new');
    const progress: number[] = [];
    const report = await patchModel(
      { model: readModel(join(root, 'onnx', 'model.onnx')), root, target, changes: new Map([['b', new Uint8Array(80)]]) },
      { ...silent, progress: (_, done, total) => progress.push(done / total) },
    );
    expect(report.files).toEqual(['onnx/model.onnx', 'tokenizer.json']);
    expect(report.ranges[0]!.file).toBe('onnx/model.onnx');
    expect(readFileSync(join(target, 'tokenizer.json'), 'utf8')).toBe('{"tokens":1}');
    expect([...progress].sort((a, b) => a - b)).toEqual(progress);
    expect(progress.at(-1)).toBe(1);
    expect(readdirSync(base).sort()).toEqual(['blobs', 'new', 'repo']);
  });

  it('leaves nothing behind when stopped', async () => {
    const base = temporaryFolder();
    const folder = join(base, 'model');
    mkdirSync(folder);
    const original = withConstants(folder, [{ dtype: 'float32', bytes: new Uint8Array(40_000), external: true }]);
    let stopped = false;
    const work = patchModel(
      { model: original, target: join(base, 'new'), changes: new Map([['c0', new Uint8Array(40_000).fill(1)]]) },
      {
        progress: (_, done) => (stopped = done > 0),
        check: () => {
          if (stopped) throw cancelled();
        },
      },
    );
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(base)).toEqual(['model']);
  });

  it('leaves nothing behind when it fails', async () => {
    const base = temporaryFolder();
    const folder = join(base, 'model');
    mkdirSync(folder);
    const original = withConstants(folder, [{ dtype: 'float32', bytes: new Uint8Array(4000), external: true }]);
    const work = patchModel(
      { model: original, target: join(base, 'new'), changes: new Map() },
      {
        ...silent,
        progress: () => {
          throw new Error('the listener failed');
        },
      },
    );
    await expect(work).rejects.toThrow('the listener failed');
    expect(readdirSync(base)).toEqual(['model']);
  });

  const refused = async (change: (m: Model) => Partial<Parameters<typeof patchModel>[0]>): Promise<unknown> => {
    const folder = join(temporaryFolder(), 'model');
    mkdirSync(folder);
    const m = readModel(save(linear(folder, 20, 20)));
    const before = readFileSync(join(folder, 'model.onnx'));
    const error: unknown = await patchModel({ model: m, target: join(dirname(folder), 'new'), changes: new Map(), ...change(m) }).catch(
      (e: unknown) => e,
    );
    expect(readFileSync(join(folder, 'model.onnx'))).toEqual(before);
    expect(readdirSync(dirname(folder))).toEqual(['model']);
    return error;
  };

  it('refuses an unknown constant, a wrong length and a place that is taken', async () => {
    expect(await refused(() => ({ changes: new Map([['v', new Uint8Array(4)]]) }))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('no constant "v"'),
    });
    expect(await refused(() => ({ changes: new Map([['b', new Uint8Array(4)]]) }))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('has 80 bytes; 4 were given'),
    });
    expect(await refused((m) => ({ target: dirname(m.folder) }))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('is there already'),
    });
    expect(await refused((m) => ({ target: join(m.folder, 'new') }))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('lies inside the model'),
    });
    expect(await refused((m) => ({ target: join(m.folder, m.file) }))).toMatchObject({ code: 'bad-input' });
    expect(await refused((m) => ({ root: join(m.folder, 'deeper') }))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('does not lie in'),
    });
  });

  it('refuses to copy a folder with a dead link', async () => {
    const error = await refused((m) => {
      symlinkSync('nowhere', join(m.folder, 'tokenizer.json'));
      return { root: m.folder };
    });
    expect(error).toMatchObject({ name: 'EmendError', message: expect.stringContaining('tokenizer.json') });
  });

  it('refuses to change one of two constants that share their bytes, and changes both alike', async () => {
    const base = temporaryFolder();
    const folder = join(base, 'tied');
    mkdirSync(folder);
    writeFileSync(join(folder, 'w.bin'), new Uint8Array(4000));
    const tied: Tensor = { dtype: 'float32', dims: [1000], data: { kind: 'file', file: 'w.bin', offset: 0, length: 4000 } };
    const m = readModel(
      save(
        model(folder, {
          inputs: [value('x', [1])],
          outputs: [value('x', [1])],
          constants: new Map([
            ['a', tied],
            ['b', tied],
          ]),
        }),
      ),
    );
    const bytes = new Uint8Array(4000).fill(1);
    await expect(patchModel({ model: m, target: join(base, 'new'), changes: new Map([['a', bytes]]) })).rejects.toThrow(
      /"a" and "b" share the same bytes/,
    );
    expect(existsSync(join(base, 'new'))).toBe(false);
    await patchModel({
      model: m,
      target: join(base, 'new'),
      changes: new Map([
        ['a', bytes],
        ['b', bytes],
      ]),
    });
    expect(readFileSync(join(base, 'new', 'w.bin')).every((byte) => byte === 1)).toBe(true);
  });

  it('finds small constants that are held in memory by name, not by value', async () => {
    const base = temporaryFolder();
    const folder = join(base, 'm');
    mkdirSync(folder);
    const twin = intTensor([1, 2], [2]);
    const m = readModel(
      save(
        model(folder, {
          inputs: [value('x', [1])],
          outputs: [value('x', [1])],
          constants: new Map([
            ['a', twin],
            ['b', twin],
          ]),
        }),
      ),
    );
    const { model: written } = await patchModel({
      model: m,
      target: join(base, 'new'),
      changes: new Map([['b', new Uint8Array(16).fill(7)]]),
    });
    const copy = readModel(written);
    expect(tensorBytes(copy, copy.graph.constants.get('a')!)).toEqual(tensorBytes(m, m.graph.constants.get('a')!));
    expect(tensorBytes(copy, copy.graph.constants.get('b')!)).toEqual(new Uint8Array(16).fill(7));
    expect(basename(dirname(written))).toBe('new');
  });
});
