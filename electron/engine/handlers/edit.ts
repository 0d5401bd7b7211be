import { arch, availableParallelism, cpus } from 'node:os';
import { basename } from 'node:path';
import { given } from '../../../shared/given.ts';
import type { JobContext } from '../../../shared/progress.ts';
import { deltaNorms, roundingLoss, withDelta } from '../edit/delta.ts';
import { writeDelta } from '../edit/delta-file.ts';
import { editFacts } from '../edit/edit.ts';
import type { EditOutcome } from '../edit/outcome.ts';
import type { Delta, EditWarning } from '../edit/types.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { editSettings, listed, unusedInWords } from '../edit/settings.ts';
import type { Jobs } from '../jobs.ts';
import type { OpenModels } from './open-models.ts';
import { tensorHash } from './tensor-hash.ts';

/** The hyperparameters that an edit would use, as far as they do not depend on the facts. */
export async function settings(
  models: OpenModels,
  { model, method, choices = {}, hyperparameterFile, name }: Jobs['settings']['params'],
): Promise<Jobs['settings']['result']> {
  const { anatomy } = (await models.open(model)).decoder;
  const { descriptor, settings, unused } = editSettings({ method, choices, hyperparameterFile }, anatomy, name);
  const words = hyperparameterFile ? unused.map((fields) => unusedInWords(hyperparameterFile, fields)) : [];
  return { settings: listed(descriptor, settings), unused: words };
}

/** Works out an edit, and its delta file where one is asked for. What it did is for a check to measure. */
export async function edit(models: OpenModels, params: Jobs['edit']['params'], context: JobContext): Promise<EditOutcome> {
  const { decoder, base, tokenizer, folder } = await models.open(params.model);
  await models.forgetGenerators();
  const started = performance.now();
  const { facts, method, choices = {}, hyperparameterFile, covarianceText, earlier = [], inForce = [] } = params;
  const { isTrial = false, name = basename(folder) } = params;
  const asked = { method, choices, hyperparameterFile, covarianceText, isTrial, name };
  const request = { ...asked, decoder, tokenizer, facts, earlier, inForce: { imported: base, files: inForce } };
  const made = await editFacts(request, context);
  const edited = withDelta(decoder, made.delta);
  context.check();
  if (params.save !== undefined) {
    const about = {
      method: made.method,
      model: made.model,
      hyperparameters: [...made.hyperparameters],
      contexts: [...made.contexts],
      seed: made.seed,
      facts: [...params.facts],
      ...(made.together ? { together: made.together.about } : {}),
    };
    await writeDelta(params.save, made.delta, about, made.together?.targets);
  }
  return {
    method: made.method,
    layers: made.layers,
    hyperparameters: made.hyperparameters,
    contexts: made.contexts,
    seed: made.seed,
    covariance: made.covariance,
    facts: params.facts.map((f, i) => {
      const history = made.histories[i]!;
      const loss = (step: readonly [number, number, number] | undefined) => (step ? step[0] + step[1] + step[2] : 0);
      return {
        subject: f.subject,
        prompt: f.prompt,
        target: f.target,
        steps: history.length,
        firstLoss: loss(history[0]),
        lastLoss: loss(history.at(-1)),
      };
    }),
    weights: made.delta.weights.map((w) => {
      const norms = deltaNorms(decoder, w);
      return {
        layer: w.layer,
        weight: w.weight,
        deltaNorm: norms.delta,
        weightNorm: norms.weight,
        rank: w.left.rows,
        sha256Before: tensorHash(decoder, w.weight),
        sha256After: tensorHash(edited, w.weight),
      };
    }),
    ...given({ solvedAnew: made.together?.about.solvedAnew }),
    warnings: [...made.warnings, ...roundings(decoder, edited, made.delta)],
    seconds: (performance.now() - started) / 1000,
    workedOn: { threads: decoder.threads || availableParallelism(), processor: `${arch()} ${cpus()[0]?.model ?? 'unknown'}`.trim() },
  };
}

/** What was lost where weights are stored in half precision; it is part of the bytes that are recorded. */
function roundings(decoder: Decoder, edited: Decoder, delta: Delta): EditWarning[] {
  return delta.weights.flatMap((weight) => {
    const lost = roundingLoss(decoder, edited, weight);
    const { dtype } = decoder.graph.constants.get(weight.weight)!;
    if (lost === undefined) return [];
    return {
      message: `"${weight.weight}" is stored as ${dtype}; rounding took ${(100 * lost).toFixed(1)} % of the change.`,
      hint: 'The measures are of the weights as rounded.',
    };
  });
}
