import { resolve } from 'node:path';
import type { Inspection } from '../../../shared/contract/probing.ts';
import type { GraphsCompared } from '../../../shared/contract/library.ts';
import { type Context, defineCommand } from '../command.ts';
import { digits, size, whole } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';
import { quoted } from '../format/text.ts';
import { inSession, MODEL, namedModel } from '../named.ts';
import { flag } from '../options.ts';

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Show what a model is made of, and where it can be edited',
  positionals: [MODEL],
  options: {
    compare: flag('Of a folder that holds an ONNX graph and a checkpoint: ask both the same, and hold what they say against each other'),
  },
  examples: [
    ['emend inspect atlas', 'The built-in model'],
    ['emend inspect ./gpt2-onnx --json', 'An exported model, for a program'],
    ['emend inspect ./gpt2 --compare', 'Whether an ONNX graph and a checkpoint in one folder say the same'],
  ],
  async run({ compare }, [model], context) {
    if (compare) return compareGraphs(context, model!);
    const named = await namedModel(context, model!, { readOnly: true });
    const { app, model: working } = named.library ?? (await inSession(context, named));
    const found = await app.run('probing.inspect', { model: working.id }, context.follow);
    showInspection(context.out, found);
    return found;
  },
});

async function compareGraphs({ open, out, follow }: Context, model: string): Promise<GraphsCompared> {
  const app = await open({ readOnly: true });
  const found = await app.run('library.compareGraphs', { source: app.grants.grant(resolve(model)).handle }, follow);
  out.table(
    [
      ['behind', 'the ONNX graph says', 'the checkpoint says', 'differs by'],
      ...found.texts.map(({ prompt, onnx, checkpoint, largest }) => [
        quoted(prompt),
        quoted(onnx.trim()),
        onnx === checkpoint ? 'the same' : quoted(checkpoint.trim()),
        digits(largest),
      ]),
    ],
    { heading: true, right: [3] },
  );
  out.line('Differences are the largest of a log-probability of the next token, in nats.');
  return found;
}

/** The model in a few lines, and its layers. */
export function showInspection(out: Printer, model: Inspection): void {
  const { tokenizer } = model;
  const ends = [
    tokenizer.bos === undefined ? '' : `start ${quoted(tokenizer.bos)}`,
    tokenizer.eos === undefined ? '' : `end ${quoted(tokenizer.eos)}`,
  ]
    .filter((x) => x !== '')
    .join(', ');
  out.table([
    ['Model', model.graphFile],
    ['Parameters', `${whole(model.parameters)} (${model.precision}, ${size(model.bytes)})`],
    ['Made by', `${model.producer || 'unknown'}, opset ${model.opset}`],
    ['Width', `${model.hiddenSize}, vocabulary ${whole(model.vocabulary)}`],
    ['Tokenizer', `${whole(tokenizer.size)} tokens, ${tokenizer.kind}${ends === '' ? '' : `, ${ends}`}`],
    ['Cache', model.cache ? 'yes' : 'no'],
  ]);
  out.line();
  out.table(
    [
      ['layer', 'heads', 'keys', 'edited weight', 'layout', 'kind', 'can be edited'],
      ...model.layers.map((l) => [
        String(l.layer),
        String(l.heads ?? '?'),
        String(l.keyWidth),
        l.weight,
        l.layout,
        kind(l),
        l.refusal ? out.style.bad(`no: ${l.refusal.reason}`) : out.style.good('yes'),
      ]),
    ],
    { heading: true, right: [0, 1, 2] },
  );
  for (const warning of model.warnings) out.line(`Note: ${warning}`);
}

function kind(layer: Inspection['layers'][number]): string {
  return [layer.gated ? 'gated' : 'plain', ...(layer.parallel ? ['parallel'] : []), ...(layer.postNorm ? ['post-norm'] : [])].join(', ');
}
