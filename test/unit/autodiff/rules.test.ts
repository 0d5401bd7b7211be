import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { rules } from '../../../electron/engine/autodiff/rules.ts';
import { GraphBuilder, memoryTensor } from '../../../electron/engine/onnx/build.ts';
import type { DataType, Graph } from '../../../electron/engine/onnx/graph.ts';
import type { Case, Sizes } from './cases.ts';
import { cases } from './cases.ts';
import type { Feeds } from './harness.ts';
import { backward, differences, error, hash, numbers, observe, real, values, whole } from './harness.ts';

/** The graph of one case, and its feeds at given sizes. */
function build({ op, operands, attributes, outputs, type }: Case): { graph: Graph; wrt: string[]; feeds: (sizes: Sizes) => Feeds } {
  const graph: Graph = { name: op, inputs: [], outputs: [], nodes: [], constants: new Map() };
  const names = operands.map((operand, i) => {
    const name = `x${i}`;
    if (operand.kind === 'none') return '';
    if (operand.kind === 'constant int') {
      const bounds = operand.values.map((v) => (v === Infinity ? 2n ** 63n - 1n : v === -Infinity ? -(2n ** 63n) : BigInt(v)));
      graph.constants.set(name, memoryTensor('int64', operand.scalar ? [] : [bounds.length], BigInt64Array.from(bounds)));
    } else if (operand.kind === 'constant bytes') {
      graph.constants.set(name, memoryTensor('uint8', operand.dims, Uint8Array.from(operand.values)));
    } else if (operand.kind === 'constant') {
      const data = type === 'float32' ? Float32Array.from(operand.values) : Float64Array.from(operand.values);
      graph.constants.set(name, memoryTensor(type, operand.dims, data));
    } else {
      const dtype: DataType = operand.kind === 'real' ? type : operand.kind === 'int' ? 'int64' : 'bool';
      graph.inputs.push({ name, dtype, dims: operand.dims.map((d) => (typeof d === 'number' ? d : undefined)) });
    }
    return name;
  });
  const [, domain = '', plain = op] = /^(.*)\.(\w+)$/.exec(op) ?? [];
  const builder = new GraphBuilder(graph, 'case');
  builder.node(
    plain,
    names,
    Array.from({ length: outputs }, (_, i) => `y${i}`),
    attributes,
    domain,
  );
  graph.nodes.push(...builder.take());
  const feeds = (sizes: Sizes): Feeds => {
    const fed: Feeds = {};
    operands.forEach((operand, i) => {
      if (operand.kind !== 'real' && operand.kind !== 'int' && operand.kind !== 'bool') return;
      const dims = operand.dims.map((d) => (typeof d === 'number' ? d : sizes[d]));
      if (operand.kind === 'real')
        fed[names[i]!] = real(
          numbers(
            hash(op) + i,
            dims.reduce((n, d) => n * d, 1),
          ).map(operand.from),
          dims,
          type,
        );
      else if (operand.kind === 'int') fed[names[i]!] = whole(operand.values(sizes), dims);
      else fed[names[i]!] = new ort.Tensor('bool', Uint8Array.from(operand.values(sizes)), dims);
    });
    return fed;
  };
  return { graph, wrt: names.filter((_, i) => operands[i]!.kind === 'real'), feeds };
}

describe('derivative rules against finite differences', () => {
  test('every rule has a case', () => {
    expect(new Set(cases.map((c) => c.op))).toEqual(new Set(Object.keys(rules)));
  });

  for (const group of Object.keys(rules)) {
    describe(group, () => {
      for (const c of cases.filter(({ op }) => op === group)) {
        test(c.what, async () => {
          const { graph, wrt, feeds } = build(c);
          expect(wrt.length).toBeGreaterThan(0);
          const shapes = await observe(graph, feeds({ B: 2, S: 5 }), feeds({ B: 3, S: 7 }), c.opset);
          const seeds = c.seeded.map((i) => `y${i}`);
          // The second size has varying dimensions of one, which the shapes do not say.
          for (const sizes of [
            { B: 2, S: 3 },
            { B: 1, S: 2 },
          ]) {
            const fed = feeds(sizes);
            const wanted = await differences(graph, seeds, wrt, fed, c.opset);
            for (const level of ['disabled', 'all'] as const) {
              const found = await backward(graph, seeds, wrt, fed, shapes, c.opset, level);
              for (const name of wrt) {
                expect(found[name]!.dims, `shape for ${name}`).toEqual(fed[name]!.dims);
                expect(found[name]!.type).toBe(c.type);
                expect(error(values(found[name]), wanted[name]!), `${name} at ${JSON.stringify(sizes)}, ${level}`).toBeLessThan(
                  c.type === 'float64' ? 1e-6 : 3e-4,
                );
              }
            }
          }
        });
      }
    });
  }
});
