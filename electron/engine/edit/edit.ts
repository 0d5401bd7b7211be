import type { Fact } from '../../../shared/fact.ts';
import type { EditMethodName } from '../../../shared/methods/list.ts';
import type { EditResult } from './method.ts';
import { type CovarianceRecord, editedLayers, type Material, prepare, refuseBadFacts } from './prepare.ts';
import { editSettings, type Hyperparameter, listed, unusedInWords } from './settings.ts';
import type { Statistics } from './statistics.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Delta, EditWarning } from './types.ts';

/** What an edit is worked out from. */
export interface EditRequest extends Material {
  /** Facts that earlier edits wrote and that are in force, the oldest first. */
  readonly earlier: readonly Fact[];
}

/** An edit as worked out, with everything that a record of it needs. */
export interface Edit {
  readonly method: EditMethodName;
  readonly layers: readonly number[];
  readonly delta: Delta;
  /** SHA-256 of the model. */
  readonly model: string;
  readonly hyperparameters: readonly Hyperparameter[];
  readonly contexts: readonly string[];
  readonly seed: number;
  readonly covariance: CovarianceRecord;
  readonly histories: EditResult['histories'];
  readonly warnings: readonly EditWarning[];
}

/**
 * Works out an edit from facts in words. Nothing on disk changes but the covariance cache.
 * @throws EmendError 'bad-input' naming the first fact that cannot be edited, before anything runs
 */
export async function editFacts(request: EditRequest, report: Report): Promise<Edit> {
  const { decoder, tokenizer, facts, earlier } = request;
  const warnings = refuseBadFacts(facts);
  const settled = editSettings(request, decoder.anatomy, request.name);
  const { method, descriptor, settings, windows } = settled;
  const { contexts, tokens, model, statistics, covariance } = await prepare(request, settled, editedLayers(settled), report);
  const result = await method.run({ decoder, tokenizer, facts, tokens, settings, windows, statistics, contexts, earlier, report });
  const unused = settled.unused.map((fields) => unusedInWords(request.hyperparameterFile!, fields));
  return {
    method: request.method,
    layers: result.settings.layers.value,
    delta: result.delta,
    model,
    hyperparameters: listed(descriptor, result.settings),
    contexts,
    seed: settings.seed.value,
    covariance: { ...covariance, ridges: ridgesOf(statistics) },
    histories: result.histories,
    warnings: [...warnings, ...unused, ...result.warnings, ...unreached(facts, result.histories)],
  };
}

function ridgesOf(statistics: Statistics): string[] {
  return [...statistics.ridges].map(([layer, ridge]) => `layer ${layer}: ${ridge} of the mean diagonal`);
}

/** Facts whose wanted state was not found: their targets stay unlikely even with the state set directly. */
function unreached(facts: readonly Fact[], histories: readonly (readonly (readonly [number, number, number])[])[]): EditWarning[] {
  return histories.flatMap((history, i) => {
    const nll = history.at(-1)?.[0] ?? 0;
    return nll < 1
      ? []
      : [
          {
            message:
              `Fact ${i + 1} (${facts[i]!.subject}): its target stays unlikely (${(100 * Math.exp(-nll)).toFixed(1)}%) ` +
              'even with the hidden state set for it.',
            hint: 'Try more steps, a larger clamp, or other layers.',
          },
        ];
  });
}
