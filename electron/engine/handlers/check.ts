import type { JobContext } from '../../../shared/progress.ts';
import { checkRecords } from '../evaluate/protocol.ts';
import type { Jobs } from '../jobs.ts';
import type { ModelRef } from '../model-ref.ts';
import type { OpenModels } from './open-models.ts';
import { DecoderScorer } from '../evaluate/decoder-scorer.ts';
import { given } from '../../../shared/given.ts';

function isChanged({ delta, steering = [] }: ModelRef): boolean {
  return delta !== undefined || steering.length > 0;
}

/** Measures a version on records. */
export async function check(models: OpenModels, params: Jobs['check']['params'], context: JobContext): Promise<Jobs['check']['result']> {
  await models.forgetGenerators();
  const { decoder, before, tokenizer } = await models.open(params.model);
  const against =
    params.baseline !== undefined ? (await models.open(params.baseline)).decoder : isChanged(params.model) ? before : undefined;
  const scorer = new DecoderScorer(decoder, tokenizer, () => context.check());
  const baseline = against && new DecoderScorer(against, tokenizer, () => context.check());
  try {
    const { driftProbes, driftTexts, ...options } = params.options;
    const drift = baseline && (driftProbes || driftTexts) ? { drift: { probes: driftProbes ?? [], texts: driftTexts ?? [] } } : {};
    return await checkRecords(scorer, params.records, { ...options, ...drift, ...given({ baseline }) }, context);
  } finally {
    await scorer.release();
    await baseline?.release();
  }
}
