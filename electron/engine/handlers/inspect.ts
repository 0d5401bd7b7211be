import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Inspection } from '../anatomy/inspection.ts';
import { readModelType } from '../onnx/model-config.ts';
import type { Jobs } from '../jobs.ts';
import { modelFiles } from '../onnx/identity.ts';
import { otherGraphs } from '../onnx/model-folder.ts';
import { constantsFromNodes } from '../onnx/passes/index.ts';
import type { OpenModels } from './open-models.ts';

/** What was found in a model. */
export async function inspect(models: OpenModels, { model }: Jobs['inspect']['params']): Promise<Inspection> {
  const { decoder, tokenizer, folder } = await models.open(model);
  const { source, anatomy } = decoder;
  const constants = [...constantsFromNodes(source.graph).constants.values()];
  const files = modelFiles(source).map((f) => join(source.folder, f));
  const special = (id: number | undefined) => (id === undefined ? undefined : tokenizer.tokenText(id));
  return {
    folder,
    graphFile: source.file,
    architecture: readModelType(source.folder) ?? 'decoder',
    producer: source.producer,
    opset: source.opsets.get('') ?? 0,
    parameters: constants.filter((t) => t.dims.length >= 2).reduce((sum, t) => sum + t.dims.reduce((a, d) => a * d, 1), 0),
    bytes: files.reduce((sum, f) => sum + statSync(f).size, 0),
    hiddenSize: anatomy.hiddenSize,
    vocabulary: anatomy.vocabulary,
    cache: decoder.inputs.past.length > 0,
    precision: anatomy.layers[0]!.mlp.down.quantised ? 'quantised' : anatomy.layers[0]!.mlp.down.dtype,
    tokenizer: {
      kind: tokenizer.addsBos ? 'adds a start token' : 'plain',
      size: tokenizer.vocabularySize,
      bos: special(tokenizer.bosId),
      eos: special(tokenizer.eosId),
    },
    layers: anatomy.layers.map((l, layer) => ({
      layer,
      heads: l.attention?.heads,
      keyWidth: l.mlp.down.inWidth,
      weight: l.mlp.down.weight,
      layout: l.mlp.down.layout,
      gated: l.mlp.gated,
      parallel: l.parallel,
      postNorm: l.mlp.postNorm,
      refusal: l.mlp.refusal,
    })),
    warnings: [
      ...anatomy.warnings,
      ...widthWarning(anatomy.vocabulary, tokenizer.vocabularySize),
      ...variantsWarning(source.file, otherGraphs(join(source.folder, source.file))),
    ],
  };
}

/** Ids beyond the tokenizer's, which padded embeddings have; many of them speak for another tokenizer. */
function widthWarning(outputs: number, tokens: number): string[] {
  if (outputs <= tokens) return [];
  const many = outputs > tokens * 1.1 ? ' These are many: check that the tokenizer belongs to this model.' : '';
  return [`The output has ${outputs} values for ${tokens} tokens of the tokenizer; ids from ${tokens} on stand for no text.${many}`];
}

/** Programs choose among graphs that lie together by the type of their numbers, and an edit goes into one of them. */
function variantsWarning(file: string, others: readonly string[]): string[] {
  if (others.length === 0) return [];
  const are = others.length === 1 ? 'is another graph' : 'are other graphs';
  const own = file.endsWith('.onnx') ? file : 'the checkpoint';
  const beside = `Beside ${own} ${are} of the model: ${others.join(', ')}.`;
  return [`${beside} Edits go into ${own} alone; the others stay as they are and answer as before.`];
}
