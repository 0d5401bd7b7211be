import type { JobContext } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { withDelta } from '../edit/delta.ts';
import type { ModelRef } from '../model-ref.ts';
import type { ExportOutcome } from '../onnx/export-outcome.ts';
import { exportable, exportGraph, proveExport, weightsOf } from '../steer/export.ts';
import type { Steering } from '../steer/steering.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Opened } from './open-models.ts';
import { planSaid } from './plan-said.ts';
import { steeringOf } from './steering-of.ts';

/** What an export does for a steering. */
export interface SteeredExport {
  /** The model with the steering's part of the constants. */
  readonly baked: Decoder;
  /** Puts the graph's part into the written file, and holds the file against the model that is steered while it runs. */
  finish(
    file: string,
    context: JobContext,
  ): Promise<{ readonly isRewritten: boolean; readonly said: NonNullable<ExportOutcome['steering']> }>;
}

/**
 * How the steering of a model is exported; nothing where there is none.
 * @param hasGraph whether what is written has a graph that nodes can be put into
 * @throws EmendError 'unsupported' saying what cannot be exported, and why
 */
export function steeredExport(
  { unsteered, tokenizer }: Opened,
  { steering: refs = [] }: ModelRef,
  hasGraph: boolean,
): SteeredExport | undefined {
  if (refs.length === 0) return undefined;
  const steering = steeringOf(refs);
  const plan = exportable(unsteered, steering, hasGraph);
  return {
    baked: withDelta(unsteered, { weights: [], others: weightsOf(plan) }),
    async finish(file, context) {
      const isRewritten = await exportGraph(unsteered, steering, plan, file);
      const proof = await proveExport(unsteered, steering, file, proofRows(tokenizer, steering), context);
      return { isRewritten, said: { changes: planSaid(unsteered, plan), ...proof } };
    },
  };
}

const PROOF = ['The capital of France is', 'Once upon a time there was a', 'She opened the door and', '12 + 30 ='];

/** Prompts that an exported steering is tried on, each long enough for what lies on prompts. */
function proofRows(tokenizer: Tokenizer, { intervention }: Steering): number[][] {
  const least = Math.max(1, ...intervention.parts.map(({ positions }) => (positions.kind === 'aligned' ? positions.tokens : 0)));
  return PROOF.map((text) => {
    const ids = tokenizer.encode(text);
    while (ids.length < least) ids.push(...tokenizer.encode(` ${text}`, { addSpecialTokens: false }));
    return ids;
  });
}
