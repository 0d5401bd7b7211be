/** Where a prompt is from whose key may lie near that of an edited fact. */
export const NEAR_SOURCES = ['neighbour', 'relation', 'in force'] as const;
export type NearSource = (typeof NEAR_SOURCES)[number];

/** Each source as people read it. */
const nearSources = {
  neighbour: 'a neighbour of the fact',
  relation: 'another subject of its relation',
  'in force': 'a fact that an edit in force wrote',
} as const satisfies Record<NearSource, string>;

/** Where a prompt is from, as people read it; a fact that an edit wrote by the entry that wrote it. */
export function nearSource({ from, entry }: { readonly from: NearSource; readonly entry?: number | undefined }): string {
  return entry === undefined ? nearSources[from] : `a fact that entry ${entry} wrote`;
}
