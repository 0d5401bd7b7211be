import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Decoder } from '../../../electron/engine/decoder/decoder.ts';
import { Generator } from '../../../electron/engine/decoder/generate.ts';
import { lossGraph } from '../../../electron/engine/edit/suffix.ts';
import { graphFile } from '../../../electron/engine/onnx/model-folder.ts';
import { weightsApart } from '../../../electron/engine/runtime/apart.ts';
import { write } from './tiny.ts';

const folder = mkdtempSync(join(tmpdir(), 'emend-cost-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Its head is its table of embeddings, and lies the way that exports turn. */
async function tied(): Promise<Decoder> {
  write(folder);
  return Decoder.open(graphFile(folder), { threads: 1 });
}

const TABLE = 'model.embed_tokens.weight';

describe('what a checkpoint is spared', () => {
  it('logits of tokens that the loss does not read', async () => {
    const decoder = await tied();
    const { product } = decoder.anatomy.unembedding;
    expect(decoder.graph.nodes.flatMap((node) => node.outputs)).toContain(product);
    const { graph } = lossGraph(decoder, decoder.anatomy.layers[0]!.residual);
    expect(graph.nodes.flatMap((node) => node.outputs)).not.toContain(product);
  });

  it('a repacked head beside the table that rows are gathered from', async () => {
    const decoder = await tied();
    const apart = weightsApart(decoder.graph);
    const readers = (name: string) => apart.nodes.filter((node) => node.inputs.includes(name)).map((node) => node.op);
    expect(readers(TABLE)).toEqual(['Gather']);
    const [own] = [...apart.constants].filter(([name, tensor]) => name !== TABLE && tensor === apart.constants.get(TABLE));
    expect(readers(own![0])).toEqual(['FusedMatMul']);
    expect(apart.constants.size).toBe(decoder.graph.constants.size + 1);
    const [repacked, plain] = [await Generator.create(decoder), await Generator.create(decoder, { prepack: false })];
    const [[one], [other]] = [await repacked.next([[1, 2, 3]]), await plain.next([[1, 2, 3]])];
    one!.forEach((logit, i) => expect(logit).toBeCloseTo(other![i]!, 5));
    await repacked.release();
    await plain.release();
  });
});
