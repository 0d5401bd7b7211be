import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readSource } from '../../../electron/engine/architectures/source.ts';
import { graphFile } from '../../../electron/engine/onnx/model-folder.ts';
import { writeSafetensors } from '../../../electron/engine/onnx/safetensors.ts';
import { CONFIG, entry, tensors, write } from './tiny.ts';

const top = mkdtempSync(join(tmpdir(), 'emend-tiny-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

let folder: string;
let count = 0;
beforeEach(() => (folder = join(top, String(count++))));

const open = () => readSource(graphFile(folder));
const without = (name: string) => new Map([...tensors()].filter(([one]) => one !== name));
const index = (places: object) =>
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: places }));
const DOWN = 'model.layers.1.mlp.down_proj.weight';

describe('a checkpoint', () => {
  it('is a graph whose constants are the tensors of its files, under their own names', () => {
    write(folder);
    const { graph, file, remarks } = open();
    expect(file).toBe('config.json');
    expect(remarks).toEqual([]);
    for (const [name, { dims }] of tensors())
      expect(graph.constants.get(name)).toMatchObject({ dims, dtype: 'float32', data: { kind: 'file', file: 'model.safetensors' } });
    const stored = [...graph.constants.values()].filter(({ data }) => data.kind === 'file');
    expect(stored).toHaveLength(tensors().size);
  });

  it('may lie in parts that an index lists', () => {
    write(folder);
    rmSync(join(folder, 'model.safetensors'));
    const parts = [...tensors()].map((one, i) => [i % 2 === 0 ? 'a.safetensors' : 'sub/b.safetensors', one] as const);
    mkdirSync(join(folder, 'sub'));
    for (const file of ['a.safetensors', 'sub/b.safetensors'])
      writeFileSync(join(folder, file), writeSafetensors(new Map(parts.filter(([name]) => name === file).map(([, one]) => one))));
    const places = Object.fromEntries(parts.map(([file, [name]]) => [name, file]));
    index(places);
    const { constants } = open().graph;
    for (const [file, [name]] of parts) expect(constants.get(name)!.data).toMatchObject({ file });
  });

  it('is read as Llama where its class is not known and nothing else is said', () => {
    write(folder, { ...CONFIG, model_type: 'newcomer', architectures: ['NewcomerForCausalLM'] });
    expect(open().remarks).toEqual([expect.stringMatching(/^NewcomerForCausalLM is not known; .* Llama/)]);
    write(folder, { ...CONFIG, model_type: 'newcomer', architectures: ['NewcomerForCausalLM'], mixer_window: 4 });
    expect(open).toThrow(/not known, and its configuration is not that of Llama: mixer_window/);
  });

  const refusals: [what: string, make: () => void, message: RegExp][] = [
    [
      'a missing tensor',
      () => write(folder, CONFIG, without(DOWN)),
      /lacks the tensor "model\.layers\.1\.mlp\.down_proj\.weight" \[8, 12\]/,
    ],
    ['a tensor of another shape', () => write(folder, { ...CONFIG, intermediate_size: 11 }), /gate_proj\.weight" is \[12, 8\].*\[11, 8\]/],
    [
      'a tensor of another type',
      () => write(folder, CONFIG, tensors().set(DOWN, { dtype: 'int8', dims: [8, 12], bytes: new Uint8Array(96) })),
      /down_proj\.weight" is of type int8/,
    ],
    [
      'a tensor too many',
      () => write(folder, CONFIG, tensors().set('model.extra.weight', entry([3]))),
      /1 tensors .*: model\.extra\.weight/,
    ],
    [
      'a head that is neither there nor tied',
      () => write(folder, { ...CONFIG, tie_word_embeddings: false }),
      /lacks the tensor "lm_head\.weight"/,
    ],
    ['a key that is not known', () => write(folder, { ...CONFIG, residual_twist: 0.5 }), /does not know: residual_twist\./],
    [
      'a key within another',
      () => write(folder, { ...CONFIG, rope_scaling: { type: 'linear', factor: 2, twist: 1 } }),
      /rope_scaling\.twist/,
    ],
    ['a kind of rotary scaling', () => write(folder, { ...CONFIG, rope_scaling: { type: 'spiral', factor: 2 } }), /rope_type = "spiral"/],
    ['an activation function', () => write(folder, { ...CONFIG, hidden_act: 'laplace' }), /hidden_act = "laplace"/],
    [
      'a value of the wrong kind',
      () => write(folder, { ...CONFIG, num_hidden_layers: '2' }),
      /num_hidden_layers: expected a whole number from 1 to/,
    ],
    ['heads that do not share', () => write(folder, { ...CONFIG, num_key_value_heads: 3 }), /2 attention heads cannot share 3/],
    ['a quantised model', () => write(folder, { ...CONFIG, quantization_config: { quant_method: 'gptq', bits: 4 } }), /quantised \(gptq/],
    [
      'a mixture of experts',
      () => write(folder, { ...CONFIG, model_type: 'x', architectures: ['XForCausalLM'], num_local_experts: 8 }),
      /mixture of experts \(num_local_experts/,
    ],
    [
      'a mixture of experts that also sees',
      () => write(folder, { model_type: 'qwen3_5_moe', architectures: ['XForConditionalGeneration'], text_config: { num_experts: 8 } }),
      /mixture of experts \(num_experts/,
    ],
    [
      'gated delta nets',
      () => write(folder, { ...CONFIG, model_type: 'qwen3_5_text', architectures: ['Qwen3_5ForCausalLM'], linear_conv_kernel_dim: 4 }),
      /kind qwen3_5_text \(gated delta nets.*keep a state that each token changes.*no graph, no cache and no gradient/,
    ],
    [
      'the same with eyes',
      () => write(folder, { model_type: 'qwen3_5', architectures: ['Qwen3_5ForConditionalGeneration'], text_config: CONFIG }),
      /kind qwen3_5 \(gated delta nets/,
    ],
    [
      'an embedding for each layer',
      () => write(folder, { ...CONFIG, model_type: 'gemma4_text', architectures: ['Gemma4ForCausalLM'] }),
      /kind gemma4_text .*take keys and values from earlier ones, values go through a norm/,
    ],
    [
      'another task',
      () => write(folder, { ...CONFIG, architectures: ['LlamaForSequenceClassification'] }),
      /LlamaForSequenceClassification/,
    ],
    [
      'an unknown model',
      () => write(folder, { model_type: 'whisper', architectures: ['WhisperForConditionalGeneration'] }),
      /does not know/,
    ],
    ['no configuration', () => rmSync(join(write(folder), 'config.json')), /holds no config\.json/],
    [
      'pickled weights only',
      () => renameSync(join(write(folder), 'model.safetensors'), join(folder, 'pytorch_model.bin')),
      /pickled weights/,
    ],
    [
      'an adapter without its base',
      () => {
        write(folder);
        rmSync(join(folder, 'config.json'));
        renameSync(join(folder, 'model.safetensors'), join(folder, 'adapter_model.safetensors'));
      },
      /adapter without the model/,
    ],
    [
      'a GGUF file',
      () => {
        mkdirSync(folder);
        writeFileSync(join(folder, 'model-q4_0.gguf'), 'GGUF');
      },
      /model-q4_0\.gguf is a GGUF file/,
    ],
    [
      'several files without an index',
      () => {
        renameSync(join(write(folder), 'model.safetensors'), join(folder, 'a.safetensors'));
        writeFileSync(join(folder, 'b.safetensors'), '');
      },
      /2 safetensors files and no model\.safetensors\.index\.json/,
    ],
    [
      'a missing part',
      () => {
        write(folder);
        const places = Object.fromEntries([...tensors()].map(([name]) => [name, 'model.safetensors']));
        index({ ...places, x: 'model-2.safetensors' });
      },
      /lacks model-2\.safetensors, in which .* places 1 tensors/,
    ],
    [
      'an index that is wrong',
      () => {
        write(folder);
        index({ x: 'model.safetensors' });
      },
      /says that "x" is in model\.safetensors, which does not hold it/,
    ],
    [
      'an index that leads elsewhere',
      () => {
        write(folder);
        index({ x: '../model.safetensors' });
      },
      /leads out of the model folder/,
    ],
  ];
  it.each(refusals)('refuses %s by name', (_, make, message) => {
    make();
    expect(open).toThrow(message);
  });
});
