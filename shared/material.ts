import type { CheckedBy } from './contract/edits.ts';

/** What an edit can be checked by, in the order in which it is told. */
const MATERIAL: Readonly<Record<CheckedBy['what'], { readonly label: string; readonly counts: string; readonly missing: string }>> = {
  wordings: { label: 'Other wordings', counts: 'prompt', missing: 'Nothing tells whether it holds when asked differently.' },
  neighbors: { label: 'Neighbours', counts: 'prompt', missing: 'Nothing tells what else it changed.' },
  sameSubject: {
    label: 'Other facts about the subject',
    counts: 'prompt',
    missing: 'Nothing tells whether other facts about the subject still hold.',
  },
  drift: { label: 'Drift', counts: 'prompt', missing: 'Nothing tells how far unrelated answers moved.' },
  perplexity: { label: 'Perplexity', counts: 'text', missing: 'Nothing tells whether it still writes as well.' },
};

export interface MaterialRow {
  readonly what: string;
  readonly count: string;
  readonly from: string;
  readonly isMissing: boolean;
}

/** What an edit was checked by as rows of a table, wherever it is told; where there was none of a kind, one that says so. */
export function materialRows(checkedBy: readonly CheckedBy[]): MaterialRow[] {
  return (Object.keys(MATERIAL) as CheckedBy['what'][]).flatMap((what): MaterialRow[] => {
    const { label, counts, missing } = MATERIAL[what];
    const found = checkedBy.filter((one) => one.what === what);
    if (found.length === 0) return [{ what: label, count: 'none', from: missing, isMissing: true }];
    return found.map(({ count, from, sure }) => ({
      what: label,
      count: `${written(count)} ${count === 1 ? counts : `${counts}s`}`,
      from: `${from.charAt(0).toUpperCase()}${from.slice(1)}${sure === undefined ? '' : `; the model was sure of ${written(sure)} before`}`,
      isMissing: false,
    }));
  });
}

function written(count: number): string {
  return count.toLocaleString('en');
}
