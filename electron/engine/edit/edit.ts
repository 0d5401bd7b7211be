import type { Fact } from '../../../shared/fact.ts';
import type { EditMethodName } from '../../../shared/methods/list.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { Matrix } from '../linalg/matrix.ts';
import type { DeltaAbout } from './delta-file.ts';
import { withOwn } from './beside.ts';
import { keptTargets } from './kept-targets.ts';
import type { EditResult } from './method.ts';
import { type CovarianceRecord, editedLayers, type Material, prepare, refuseBadFacts } from './prepare.ts';
import { editSettings, type Hyperparameter, listed, type Settled, unusedInWords } from './settings.ts';
import type { Statistics } from './statistics.ts';
import { keptTarget, ontoVersion, type Together, togetherOf } from './together.ts';
import type { Report } from '../../../shared/progress.ts';
import type { Delta, EditWarning } from './types.ts';

/** What an edit is worked out from. */
export interface EditRequest extends Material {
  /** Facts that earlier edits wrote and that are in force, the oldest first. */
  readonly earlier: readonly Fact[];
  /** The model as its files are, and the delta files that are on it, the first applied first. */
  readonly inForce?: { readonly imported: Decoder; readonly files: readonly string[] } | undefined;
}

/** An edit as worked out, with everything that a record of it needs. */
export interface Edit {
  readonly method: EditMethodName;
  readonly layers: readonly number[];
  readonly delta: Delta;
  /** What it takes to solve it again together with later edits; undefined where it was not solved so. */
  readonly together: { readonly about: NonNullable<DeltaAbout['together']>; readonly targets: readonly Matrix[] } | undefined;
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
  const asked = editSettings(request, decoder.anatomy, request.name);
  const together = asked.settings.together?.value ? whatIsSolved(request, asked) : undefined;
  const settled = together?.settings ? inItsLayers(asked, together.settings.layers) : asked;
  const { method, descriptor, settings, windows } = settled;
  const on = together?.base ?? decoder;
  const prepared = await prepare({ ...request, decoder: on }, settled, editedLayers(settled), report);
  const { contexts, model, statistics, covariance, ordinaryText } = prepared;
  const { tokens, warnings: unkept } = settings.ownFactor?.value
    ? withOwn(tokenizer, facts, prepared.tokens)
    : { ...prepared, warnings: [] };
  const kept = keptTargets(model, on);
  const work = {
    decoder: on,
    tokenizer,
    facts,
    tokens,
    settings,
    windows,
    statistics,
    contexts,
    earlier,
    together,
    ordinaryText,
    kept,
    report,
  };
  const result = await method.run(work);
  kept.forget();
  const { delta, rows } = together ? ontoVersion(result.delta, decoder, together) : { delta: result.delta, rows: 0 };
  const { solved } = result;
  const layers = result.settings.layers.value;
  const unused = settled.unused.map((fields) => unusedInWords(request.hyperparameterFile!, fields));
  return {
    method: request.method,
    layers,
    delta,
    together: solved && {
      about: { layers: [...layers], covarianceWeight: solved.covarianceWeight, rows, solvedAnew: together?.facts.length },
      targets: solved.targets.map(keptTarget),
    },
    model,
    hyperparameters: listed(descriptor, result.settings),
    contexts,
    seed: settings.seed.value,
    covariance: { ...covariance, ridges: ridgesOf(statistics) },
    histories: result.histories,
    warnings: [...warnings, ...unused, ...(together?.warnings ?? []), ...unkept, ...result.warnings, ...unreached(facts, result.histories)],
  };
}

function whatIsSolved({ decoder, facts, method, inForce }: EditRequest, { settings, windows }: Settled): Together {
  const of = { imported: inForce?.imported ?? decoder, version: decoder, files: inForce?.files ?? [] };
  return togetherOf(of, facts, method, windows.length > 0 ? undefined : settings.layers.value);
}

/** Where nobody named layers, those of the edits that are solved again. */
function inItsLayers(settled: Settled, layers: readonly number[]): Settled {
  const named = { value: layers, source: 'as of the edits that it is solved with' };
  return settled.windows.length === 0 ? settled : { ...settled, windows: [], settings: { ...settled.settings, layers: named } };
}

function ridgesOf(statistics: Statistics): string[] {
  return [...statistics.ridges].map(([layer, ridge]) => `layer ${layer}: ${ridge} of the mean diagonal`);
}

/** Facts whose targets stayed unlikely to the end of what the method searches or trains. */
function unreached(facts: readonly Fact[], histories: readonly (readonly (readonly [number, number, number])[])[]): EditWarning[] {
  return histories.flatMap((history, i) => {
    const nll = history.at(-1)?.[0] ?? 0;
    return nll < 1
      ? []
      : [
          {
            message:
              `Fact ${i + 1} (${facts[i]!.subject}): its target stayed unlikely (${(100 * Math.exp(-nll)).toFixed(1)}%) ` +
              'to the end of the search.',
            hint: 'Try other layers, more steps or epochs, or settings that let it move further.',
          },
        ];
  });
}
