import type { CheckRecord, RecordReport } from '../engine/records.ts';
import type { Follow, JobRunner } from './jobs.ts';

/** Relations whose facts need no explanation, best first. */
const VIVID = ['landmark_city', 'city_country', 'landmark_country', 'capital', 'native_language', 'currency'];
/** Facts to look among; more would only take longer. */
const CANDIDATES = 24;

/** A fact to show an edit with: one that the model knows in every wording, as it knows the facts beside it. */
export async function showpiece(runner: JobRunner, folder: string, records: readonly CheckRecord[], follow: Follow): Promise<CheckRecord> {
  const some = [...records].sort((a, b) => vividness(a) - vividness(b)).slice(0, CANDIDATES);
  const { records: reports } = await runner.run(
    'check',
    { model: { folder }, records: some, options: { exactMatch: false, generation: false } },
    follow,
  );
  const best = reports.map((report, at) => ({ at, known: knownShare(report) })).sort((a, b) => b.known - a.known || a.at - b.at)[0]!;
  return some[best.at]!;
}

function vividness({ fact }: CheckRecord): number {
  const at = VIVID.indexOf(fact.relation ?? '');
  return at < 0 ? VIVID.length : at;
}

/** Share of the record's prompts that the model answers as before any edit. */
function knownShare({ rewrite, paraphrases, neighbors }: RecordReport): number {
  const right = [rewrite, ...paraphrases, ...neighbors].map(({ previous }) => Number(previous?.correct ?? false));
  return right.reduce((sum, one) => sum + one, 0) / right.length;
}
