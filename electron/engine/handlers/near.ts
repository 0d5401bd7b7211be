import type { JobContext } from '../../../shared/progress.ts';
import { nearKeys } from '../edit/near-keys.ts';
import { editedLayers, prepare, refuseBadFacts } from '../edit/prepare.ts';
import { editSettings } from '../edit/settings.ts';
import type { Jobs } from '../jobs.ts';
import type { OpenModels } from './open-models.ts';
import { rowOf } from './rows.ts';

/** Before an edit: the prompts whose keys lie near those that the facts would be written to. */
export async function near(models: OpenModels, params: Jobs['near']['params'], context: JobContext): Promise<Jobs['near']['result']> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { method, choices, hyperparameterFile, covarianceText, name, most } = params;
  const facts = params.facts.map(({ fact }) => fact);
  refuseBadFacts(facts);
  const settled = editSettings({ method, choices, hyperparameterFile }, decoder.anatomy, name);
  const layers = editedLayers(settled);
  const material = { decoder, tokenizer, facts, method, choices, hyperparameterFile, covarianceText, name };
  const { tokens, statistics, covariance } = await prepare(material, settled, layers, context);
  const rows = params.facts.map(({ candidates }) => candidates.map(({ prompt }) => rowOf(decoder, tokenizer, prompt, []).ids));
  const metric = covariance.tokens > 0 ? statistics : undefined;
  const found = await nearKeys(decoder, tokens, (n) => settled.method.keyWeights(n), rows, layers, metric, context);
  return {
    layers,
    isOpen: settled.windows.length > 0,
    covariance: covariance.text,
    facts: params.facts.map(({ fact, candidates }, n) => {
      const near = candidates.map((candidate, c) => {
        const places = found[n]![c]!.map(({ layer, token, share, cosine }) => ({
          layer,
          token: tokenizer.tokenText(rows[n]![c]![token]!),
          share,
          cosine,
        }));
        const nearest = places.reduce((best, place) => (Math.abs(place.share) > Math.abs(best.share) ? place : best));
        return { ...candidate, nearest, places };
      });
      near.sort((a, b) => Math.abs(b.nearest.share) - Math.abs(a.nearest.share));
      return { subject: fact.subject, prompt: fact.prompt, target: fact.target, looked: near.length, near: near.slice(0, most) };
    }),
  };
}
