import { describe, expect, test } from 'vitest';
import { EmendError } from '../../../shared/errors.ts';
import { memoryTensor } from '../../../electron/engine/onnx/build.ts';
import { copyGraph, type Graph, type Model, producers } from '../../../electron/engine/onnx/graph.ts';
import type { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { feedsFor, rightPad } from '../../../electron/engine/runtime/inputs.ts';
import { mini, type Mini, miniModel, openModel } from '../runtime/mini.ts';

const maker = (decoder: Decoder, name: string) => producers(decoder.graph).get(name)!;

/** What opening refuses with. */
async function refusal(open: Promise<Decoder>): Promise<EmendError> {
  const error: unknown = await open.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof EmendError)) throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
}

function changed(model: Model, change: (graph: Graph) => void): Model {
  const graph = copyGraph(model.graph);
  change(graph);
  return { ...model, graph };
}

describe('what is found in a small decoder', () => {
  test.each<[string, Partial<Mini>]>([
    ['sequential', {}],
    ['one layer', { layers: 1 }],
    ['three layers', { layers: 3 }],
    ['no cache', { cache: false }],
    ['gated', { gated: true }],
    ['parallel', { norms: 'parallel' }],
    ['parallel and gated', { norms: 'parallel', gated: true }],
    ['hidden state of rank 2', { flat: true }],
    ['norm on the branch', { norms: 'branch' }],
    ['norm on the branch, one layer', { norms: 'branch', layers: 1 }],
    ['norm behind the sum', { norms: 'post' }],
    ['norm behind the sum, one layer', { norms: 'post', layers: 1 }],
    ['norm behind the sum, rank 2', { norms: 'post', flat: true }],
    ['narrow embeddings', { embeddingWidth: 6 }],
    ['narrow embeddings, norm behind the sum', { embeddingWidth: 6, norms: 'post' }],
    ['as wide inside as outside', { inner: 8 }],
    ['vocabulary as wide as the inside', { vocabulary: 12 }],
    ['transposed down-projection', { layout: 'out-in' }],
    ['half precision', { precision: 'float16' }],
  ])('%s', async (_, choices) => {
    const decoder = await mini(choices);
    const { anatomy } = decoder;
    const want = {
      layers: 2,
      inner: 12,
      vocabulary: 23,
      embeddingWidth: 8,
      gated: false,
      layout: 'in-out',
      precision: 'float32',
      ...choices,
    };
    expect({ width: anatomy.hiddenSize, vocabulary: anatomy.vocabulary, head: anatomy.unembedding.inWidth }).toEqual({
      width: 8,
      vocabulary: want.vocabulary,
      head: want.embeddingWidth,
    });
    expect(anatomy.layers.map((l) => l.mlp.down.weight)).toEqual(Array.from({ length: want.layers }, (_, i) => `${i}.0.down`));
    for (const [i, layer] of anatomy.layers.entries()) {
      const { down } = layer.mlp;
      expect({ in: down.inWidth, out: down.outWidth, layout: down.layout, dtype: down.dtype }).toEqual({
        in: want.inner,
        out: 8,
        layout: want.layout,
        dtype: want.precision,
      });
      expect({ gated: layer.mlp.gated, parallel: layer.parallel, postNorm: layer.mlp.postNorm, refusal: layer.mlp.refusal }).toEqual({
        gated: want.gated,
        parallel: choices.norms === 'parallel',
        postNorm: choices.norms === 'post' || choices.norms === 'branch',
        refusal: undefined,
      });
      expect(layer.mlp.bias).toBe(`${i}.0.down.bias`);
      expect(layer.attention).toMatchObject({ heads: 2, headWidth: 4, projection: { weight: `${i}.o` } });
      expect(decoder.shapes.get(layer.residual)!.dims).toEqual(choices.flat ? [null, 8] : [null, null, 8]);
      expect(maker(decoder, layer.residual).op).toBe(choices.norms === 'post' ? 'LayerNormalization' : 'Add');
      expect(maker(decoder, layer.mlp.key).op).toBe(want.gated ? 'Mul' : 'Tanh');
    }
  });

  test('the hidden state that enters the first block holds the positions', async () => {
    const decoder = await mini();
    expect(maker(decoder, decoder.anatomy.embedding).inputs.map((i) => maker(decoder, i).inputs[0])).toEqual(['embedding', 'positions']);
  });

  test('a bias that is added after the sum belongs to the hidden state', async () => {
    // As fused exports do it: (product + skip) + bias.
    const decoder = await openModel(
      changed(miniModel({ layers: 1 }), (graph) => {
        const made = producers(graph);
        const biased = graph.nodes.find((n) => n.op === 'Add' && n.inputs[1] === '0.0.down.bias')!;
        const sum = graph.nodes.find((n) => n.op === 'Add' && n.inputs[1] === biased.outputs[0])!;
        expect(made.get(sum.inputs[0]!)!.op).toBe('Add');
        graph.nodes = graph.nodes.map((n) => {
          if (n === biased) return { ...n, inputs: [sum.inputs[0]!, biased.inputs[0]!] };
          return n === sum ? { ...n, inputs: [biased.outputs[0]!, '0.0.down.bias'] } : n;
        });
      }),
    );
    expect(maker(decoder, decoder.anatomy.layers[0]!.residual).inputs[1]).toBe('0.0.down.bias');
  });

  test('values computed by the graph are those that the anatomy says', async () => {
    // The residual of the plain model is its input plus attention plus MLP: found by running, not by looking.
    const decoder = await mini({ layers: 1 });
    const { anatomy } = decoder;
    const names = {
      start: anatomy.embedding,
      attention: anatomy.layers[0]!.attention!.output,
      mlp: anatomy.layers[0]!.mlp.output,
      end: anatomy.layers[0]!.residual,
    };
    const session = await decoder.session({
      ...decoder.graph,
      outputs: Object.values(names).map((name) => ({ name, dtype: 'other', dims: undefined })),
    });
    const result = await session.run(feedsFor(decoder.inputs, rightPad([[1, 2, 3]]), session.inputs));
    const at = (name: string) => result[name]!.data as Float32Array;
    at(names.end).forEach((x, i) => expect(x).toBeCloseTo(at(names.start)[i]! + at(names.attention)[i]! + at(names.mlp)[i]!, 5));
  });
});

describe('what is refused', () => {
  test('several down-projections into one hidden state', async () => {
    const error = await refusal(mini({ experts: 2 }));
    expect(error).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/mixture-of-experts.*"0\.0\.down".*"0\.1\.down"/) as string,
      hint: expect.stringContaining('dense') as string,
    });
  });

  test('a fused mixture of experts, before anything runs', async () => {
    expect(await refusal(mini({ mlp: 'moe' }))).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/mixture-of-experts.* is a MoE/) as string,
    });
  });

  test('a model without feed-forward parts', async () => {
    expect(await refusal(mini({ mlp: 'none' }))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('No feed-forward layers') as string,
    });
  });

  test('a model without a head', async () => {
    const error = await refusal(mini({ head: 'none' }));
    expect(error).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/"hidden" is a hidden state of width 8/) as string,
      hint: expect.stringContaining('text-generation') as string,
    });
  });

  test('a shared weight is refused for each layer that uses it, and the model opens all the same', async () => {
    const { anatomy } = await mini({ sharedDown: true, layers: 3 });
    for (const { mlp } of anatomy.layers)
      expect(mlp.refusal).toMatchObject({
        reason: expect.stringMatching(/"0\.0\.down" is shared by 3 operations/) as string,
        hint: expect.stringContaining('deduplication') as string,
      });
  });

  test('a quantised weight is refused for its layer alone', async () => {
    const decoder = await openModel(
      changed(miniModel(), (graph) => {
        graph.constants.set(
          '0.0.down',
          memoryTensor(
            'int8',
            [12, 8],
            Int8Array.from({ length: 96 }, (_, i) => (i % 7) - 3),
          ),
        );
        graph.constants.set('scale', memoryTensor('float32', [], Float32Array.of(0.1)));
        graph.nodes = [
          { name: 'dq', op: 'DequantizeLinear', domain: '', inputs: ['0.0.down', 'scale'], outputs: ['dq'], attributes: {} },
          ...graph.nodes.map((n) => ({ ...n, inputs: n.inputs.map((i) => (i === '0.0.down' ? 'dq' : i)) })),
        ];
      }),
    );
    expect(decoder.anatomy.layers.map((l) => l.mlp.refusal?.reason)).toEqual(['weight "0.0.down" is quantised (int8)', undefined]);
    expect(decoder.anatomy.layers[0]!.mlp.refusal!.hint).toMatch(/float32 or float16/);
  });

  test('dynamic quantisation: the whole anatomy is found, the layer is refused', async () => {
    const decoder = await openModel(
      changed(miniModel(), (graph) => {
        const product = graph.nodes.find((n) => n.inputs[1] === '0.0.down')!;
        graph.constants.set(
          '0.0.down',
          memoryTensor(
            'int8',
            [12, 8],
            Int8Array.from({ length: 96 }, (_, i) => (i % 7) - 3),
          ),
        );
        graph.constants.set('scale', memoryTensor('float32', [], Float32Array.of(0.1)));
        graph.constants.set('zero', memoryTensor('int8', [], Int8Array.of(0)));
        const node = (op: string, inputs: string[], outputs: string[], attributes = {}) => ({
          name: op,
          op,
          domain: '',
          inputs,
          outputs,
          attributes,
        });
        graph.nodes = graph.nodes.flatMap((n) =>
          n !== product
            ? [n]
            : [
                node('DynamicQuantizeLinear', [product.inputs[0]!], ['q', 'qs', 'qz']),
                node('MatMulInteger', ['q', '0.0.down', 'qz', 'zero'], ['whole']),
                node('Cast', ['whole'], ['real'], { to: { type: 'int', value: 1 } }),
                node('Mul', ['qs', 'scale'], ['scales']),
                { ...node('Mul', ['real', 'scales'], [product.outputs[0]!]), name: 'scaled' },
              ],
        );
      }),
    );
    expect(decoder.anatomy.layers.map((l) => [l.mlp.down.weight, l.mlp.down.inWidth, l.attention?.heads])).toEqual([
      ['0.0.down', 12, 2],
      ['1.0.down', 12, 2],
    ]);
    expect(decoder.anatomy.layers[0]!.mlp.refusal?.reason).toMatch(/quantised/);
    expect(decoder.anatomy.layers[0]!.mlp.bias).toBe('0.0.down.bias');
  });

  test('experts whose weights lie in one constant', async () => {
    const decoder = await openModel(
      changed(miniModel({ flat: true, layers: 1, cache: false }), (graph) => {
        const old = graph.constants.get('0.0.down')!;
        graph.constants.set('0.0.down', { ...old, dims: [1, ...old.dims] });
      }),
    );
    expect(decoder.anatomy.layers[0]!.mlp.refusal?.reason).toMatch(/several matrices/);
  });

  test('a product that is scaled in the same operation', async () => {
    const decoder = await openModel(
      changed(miniModel({ flat: true }), (graph) => {
        graph.nodes = graph.nodes.map((n) =>
          n.inputs[1] === '0.0.down' ? { ...n, op: 'Gemm', attributes: { alpha: { type: 'float', value: 0.5 } } } : n,
        );
      }),
    );
    expect(decoder.anatomy.layers.map((l) => l.mlp.refusal?.reason)).toEqual([expect.stringContaining('multiplied by 0.5'), undefined]);
  });
});
