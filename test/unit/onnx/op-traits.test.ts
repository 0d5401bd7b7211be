import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Graph, Node } from '../../../electron/engine/onnx/graph.ts';
import { isListed, opName, traitsOf } from '../../../electron/engine/onnx/op-traits.ts';
import { analysisCopy } from '../../../electron/engine/onnx/passes/analysisCopy.ts';
import { readModel } from '../../../electron/engine/onnx/read.ts';

const repository = join(import.meta.dirname, '../../..');
const fixtures = join(repository, '../shared/fixtures');
const folders = [join(repository, 'models'), join(fixtures, 'exports'), join(fixtures, 'memit')].filter((folder) => existsSync(folder));

function modelsBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.onnx'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Names of the operators of a graph, those of its branches included. */
function operators(graph: Graph): string[] {
  const inside = (node: Node) => Object.values(node.attributes).flatMap((value) => (value.type === 'graph' ? operators(value.value) : []));
  return graph.nodes.flatMap((node) => [opName(node), ...inside(node)]);
}

describe('the table of operators', () => {
  test.each(folders)('knows every operator in %s', (folder) => {
    const files = modelsBelow(folder);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const model = readModel(file);
      // What an exporter defined as functions is written out before anything walks the graph.
      const seen = new Set([...operators(model.graph), ...operators(analysisCopy(model).graph)]);
      const unlisted = [...seen].filter(
        (name) => !isListed(name) && !model.functions.some((f) => opName({ op: f.name, domain: f.domain }) === name),
      );
      expect(unlisted, file).toEqual([]);
    }
  });

  it('names an operator that it does not know, and the node', () => {
    const node: Node = { name: 'block.3/mystery', op: 'Mystery', domain: 'org.acme', inputs: ['x'], outputs: ['y'], attributes: {} };
    expect(() => traitsOf(node)).toThrow('"org.acme.Mystery" (node "block.3/mystery", which makes "y")');
  });

  it('tells operators of one name in two domains apart', () => {
    const gelu = (domain: string) => ({ name: '', op: 'FastGelu', domain, inputs: [], outputs: [], attributes: {} });
    expect(traitsOf(gelu('com.microsoft')).bends).toBe(true);
    expect(() => traitsOf(gelu(''))).toThrow('"FastGelu"');
  });
});
