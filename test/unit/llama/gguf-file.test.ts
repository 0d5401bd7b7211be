import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { matrix } from '../../../electron/engine/linalg/matrix.ts';
import { ggufOf } from '../../../electron/engine/edit/gguf-adapter.ts';
import { mustCarry, readGgufFile } from '../../../electron/engine/llama/gguf-file.ts';
import { loadLlama, type LlamaPackage } from '../../../electron/engine/llama/package.ts';

const folder = mkdtempSync(join(tmpdir(), 'emend-gguf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const factor = (columns: number) => matrix(1, columns);
const weight = { layer: 3, weight: 'w', left: factor(4), right: factor(6) };
const adapter = ggufOf('llama', [[3, [weight]]], {});

const file = (general: object, tensors: readonly object[]) => {
  const path = join(folder, 'model.gguf');
  writeFileSync(path, 'GGUF');
  const llama = {
    readGgufFileInfo: () => Promise.resolve({ metadata: { general }, fullTensorInfo: tensors }),
    GgmlType: { 0: 'F32', 2: 'Q4_0' },
  } as unknown as LlamaPackage;
  return readGgufFile(llama, path);
};
const down = (dimensions: readonly (number | bigint)[]) => ({ name: 'blk.3.ffn_down.weight', dimensions, ggmlType: 2 });
const norm = { name: 'output_norm.weight', dimensions: [4], ggmlType: 0 };

it('reads what a GGUF file is from its header', async () => {
  const found = await file({ architecture: 'llama' }, [norm, down([6n, 4n])]);
  expect(found).toMatchObject({ architecture: 'llama', type: 'Q4_0' });
  expect(found.matrices.get('blk.3.ffn_down.weight')).toEqual([4, 6]);
  mustCarry('x', found, adapter);
});

it('refuses files that the adapter is not of, saying what is unlike', async () => {
  const unlike = async (general: object, tensors: readonly object[]) => {
    const found = await file(general, tensors);
    return () => mustCarry('x', found, adapter);
  };
  expect(await unlike({ architecture: 'qwen2' }, [])).toThrow(/another model: llama\.cpp calls its graph "qwen2".*a graph "llama"/);
  expect(await unlike({ architecture: 'llama' }, [norm])).toThrow('it has no blk.3.ffn_down.weight');
  expect(await unlike({ architecture: 'llama' }, [down([8, 4])])).toThrow(
    'its blk.3.ffn_down.weight is [4, 8]; the edit is of one where it is [4, 6]',
  );
  await expect(file({ architecture: 'llama', type: 'adapter' }, [])).rejects.toThrow('of kind "adapter"; expected a model');
  await expect(file({}, [])).rejects.toThrow(/metadata\.general\.architecture/);
});

it('refuses what is no GGUF file before anything looks at it', async () => {
  const none = {} as LlamaPackage;
  await expect(readGgufFile(none, join(folder, 'nowhere.gguf'))).rejects.toMatchObject({ code: 'not-found' });
  writeFileSync(join(folder, 'other.gguf'), 'ONNX');
  await expect(readGgufFile(none, join(folder, 'other.gguf'))).rejects.toThrow('does not begin with "GGUF"');
});

it('says how to get the package that runs them, where it is not installed or another version is', async () => {
  await expect(loadLlama(folder)).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining(`no package node-llama-cpp in ${folder}`) as string,
    hint: expect.stringContaining('npm install --prefix FOLDER node-llama-cpp@3') as string,
  });
});
