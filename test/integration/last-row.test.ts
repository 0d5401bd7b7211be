import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../electron/engine/onnx/build.ts';
import { copyGraph, type Graph, type Tensor } from '../../electron/engine/onnx/graph.ts';
import { readModel } from '../../electron/engine/onnx/read.ts';
import { encodeModel } from '../../electron/engine/onnx/write.ts';
import type { Application } from '../../electron/services/application.ts';
import { openApplication, removeTemporary, temporary } from './application.ts';

const atlas = resolve(import.meta.dirname, '../../models/atlas');
const WEIGHTS = 'weights.data';

/** Atlas as an exporter leaves it that keeps the logits of the last token alone. */
function lastRowAtlas(folder: string): void {
  mkdirSync(folder);
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) copyFileSync(join(atlas, name), join(folder, name));
  copyFileSync(join(atlas, 'model.onnx'), join(folder, WEIGHTS));
  const model = readModel(join(atlas, 'model.onnx'));
  const elsewhere = (tensor: Tensor): Tensor =>
    tensor.data.kind === 'file' ? { ...tensor, data: { ...tensor.data, file: WEIGHTS } } : tensor;
  const graph: Graph = copyGraph(model.graph);
  graph.constants = new Map([...graph.constants].map(([name, tensor]) => [name, elsewhere(tensor)]));
  const b = new GraphBuilder(graph, 'last');
  const all = b.fresh('logits');
  graph.nodes = graph.nodes.map((node) => ({ ...node, outputs: node.outputs.map((name) => (name === 'logits' ? all : name)) }));
  b.node('Slice', [all, b.ints([-1]), b.ints([2 ** 31 - 1]), b.ints([1])], ['logits']);
  graph.nodes = [...graph.nodes, ...b.take()];
  graph.outputs = graph.outputs.map((one) => (one.name === 'logits' ? { ...one, dims: ['batch', 1, one.dims!.at(-1)] } : one));
  writeFileSync(join(folder, 'model.onnx'), encodeModel({ ...model, folder, graph }));
}

describe('a graph that answers for the last token alone', () => {
  let app: Application;
  beforeAll(async () => {
    app = await openApplication();
  });
  afterAll(async () => {
    await app.close();
    await removeTemporary();
  });

  it('is asked, edited and exported; the exported file answers the new fact', async () => {
    const folder = join(temporary(), 'last row');
    lastRowAtlas(folder);
    await app.run('library.import', { source: app.grants.grant(folder).handle });
    const { warnings } = await app.run('probing.inspect', { model: 'last row' });
    expect(warnings.join('\n')).toMatch(/answers for the last token of a text alone; .*Slice/);
    const said = async (model: string) =>
      (await app.run('probing.ask', { model, prompt: 'The capital of France is', maxTokens: 1 })).next[0]!.token.trim();
    expect(await said('last row')).toBe('Paris');
    const { draft } = await app.run('edits.start', {
      model: 'last row',
      facts: [{ subject: 'France', prompt: 'The capital of {} is', target: 'Rome' }],
      method: 'rome',
      choices: { covarianceTokens: 300 },
    });
    await app.run('edits.commit', { model: 'last row', draft, reason: 'x' });
    expect(await said('last row')).toBe('Rome');
    const target = app.grants.grant(join(temporary(), 'again'), 'write');
    await app.run('exports.start', { model: 'last row', destination: target.handle });
    expect((await app.run('exports.verify', { source: target.handle })).ok).toBe(true);
    await app.run('library.import', { source: app.grants.grant(target.path).handle });
    expect(await said('again')).toBe('Rome');
  });
});
