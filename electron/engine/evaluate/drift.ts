import { klDivergence, mean } from '../linalg/distributions.ts';
import { argmax, perplexity } from './metrics.ts';
import type { DriftMaterial, DriftReport } from './report.ts';
import { inBatches, type Requests } from './requests.ts';
import type { Scorer, TextScore } from './scorer.ts';

/** Compares a version with the one before it. Perplexity rises with damage of any kind (arXiv 2402.09656), so it is cheap to watch. */
export async function measureDrift(
  scorer: Scorer,
  baseline: Scorer,
  { probes, texts }: DriftMaterial,
  requests: Requests,
): Promise<DriftReport> {
  const pairs = await inBatches(requests, 'drift', probes, async (batch) => {
    const before = await baseline.nextTokenLogProbs(batch);
    const now = await scorer.nextTokenLogProbs(batch);
    // Reduced at once: a distribution is as long as the vocabulary.
    return batch.map((_, at) => ({ kl: klDivergence(before[at]!, now[at]!), changed: argmax(before[at]!) !== argmax(now[at]!) }));
  });
  const textPerplexity = async (model: Scorer) => total(await inBatches(requests, 'drift', texts, (batch) => model.scoreTexts(batch)));
  return {
    probes: probes.length,
    texts: texts.length,
    meanKl: mean(pairs.map(({ kl }) => kl)),
    maxKl: pairs.length === 0 ? undefined : pairs.reduce((most, { kl }) => Math.max(most, kl), 0),
    top1Changed: mean(pairs.map(({ changed }) => Number(changed))),
    perplexityBefore: await textPerplexity(baseline),
    perplexityNow: await textPerplexity(scorer),
  };
}

function total(scores: readonly TextScore[]): number | undefined {
  const tokens = scores.reduce((sum, score) => sum + score.tokens, 0);
  return tokens === 0
    ? undefined
    : perplexity(
        scores.reduce((sum, score) => sum + score.nll, 0),
        tokens,
      );
}
