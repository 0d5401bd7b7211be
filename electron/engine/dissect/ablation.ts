import { floatTensor, GraphBuilder } from '../onnx/build.ts';
import { copyGraph, type Graph } from '../onnx/graph.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { ScoreSession } from '../decoder/score.ts';
import { siteValue } from '../decoder/sites.ts';
import type { Report } from '../../../shared/progress.ts';
import { widthOf } from './activations.ts';
import { given } from '../../../shared/given.ts';

/** The decoder's graph with one neuron at 0 for every token: what taking its row out of the down-projection does. */
export function withoutNeuron(decoder: Decoder, layer: number, unit: number): Graph {
  const name = siteValue(decoder.anatomy, { kind: 'key', layer });
  const copy = copyGraph(decoder.graph);
  const builder = new GraphBuilder(copy, 'ablate');
  const before = builder.fresh('key');
  const kept = new Float32Array(widthOf(decoder, layer)).fill(1);
  kept[unit] = 0;
  builder.node('Mul', [before, builder.constant(floatTensor(kept, [kept.length]))], [name]);
  const [change] = builder.take();
  copy.nodes = copy.nodes.flatMap((node) =>
    node.outputs.includes(name) ? [{ ...node, outputs: node.outputs.map((o) => (o === name ? before : o)) }, change!] : [node],
  );
  return copy;
}

/** A row whose tokens from `from` on are scored. */
export interface Scored {
  readonly ids: readonly number[];
  readonly from: number;
}

/**
 * −log p of each scored token given those before it, as the model is and with one neuron at 0.
 * @returns rows × scored tokens, nats
 */
export async function lossesWithout(
  decoder: Decoder,
  neuron: { readonly layer: number; readonly unit: number } | undefined,
  rows: readonly Scored[],
  report: Report,
): Promise<number[][]> {
  const graph = neuron && withoutNeuron(decoder, neuron.layer, neuron.unit);
  const session = await ScoreSession.create(decoder, { prepack: false, ...given({ graph }) });
  try {
    const scores = await session.score(rows, (done) => {
      report.check();
      report.progress(neuron ? 'the model without the unit' : 'the model as it is', done, rows.length);
    });
    return scores.map((row) => row.map(({ logProbability }) => -logProbability));
  } finally {
    await session.release();
  }
}
