import type { Measured } from '../../shared/contract/checks.ts';
import type { Fact } from '../../shared/fact.ts';
import type { Follow } from '../../shared/progress.ts';
import type { Working } from './named.ts';

/** Relations whose facts need no explanation, best first. */
const VIVID = ['landmark_city', 'city_country', 'landmark_country', 'capital', 'native_language', 'currency'];
/** Facts to look among; more would only take longer. */
const CANDIDATES = 24;

/** A fact to show an edit with: one that the model knows in every wording, as it knows the facts beside it. */
export async function showpiece({ app, model }: Working, all: readonly Fact[], follow: Follow): Promise<Fact> {
  const facts = [...all].sort((a, b) => vividness(a) - vividness(b)).slice(0, CANDIDATES);
  const { report } = await app.run('checks.measure', { model: model.id, facts, exactMatch: false, generation: false }, follow);
  const best = report.records.map((one, at) => ({ at, known: knownShare(one) })).sort((a, b) => b.known - a.known || a.at - b.at)[0]!;
  return facts[best.at]!;
}

function vividness({ relation }: Fact): number {
  const at = VIVID.indexOf(relation ?? '');
  return at < 0 ? VIVID.length : at;
}

/** Share of the fact's prompts that the model answers as before any edit. */
function knownShare({ rewrite, paraphrases, neighbors }: Measured['records'][number]): number {
  const right = [rewrite, ...paraphrases, ...neighbors].map(({ previous }) => Number(previous?.correct ?? false));
  return right.reduce((sum, one) => sum + one, 0) / right.length;
}
