/** Where a prompt is from whose key may lie near that of an edited fact. */
export const NEAR_SOURCES = ['neighbour', 'relation', 'in force'] as const;
export type NearSource = (typeof NEAR_SOURCES)[number];

/** Each source as people read it. */
export const nearSources = {
  neighbour: 'a neighbour of the fact',
  relation: 'another subject of its relation',
  'in force': 'a fact that an edit in force wrote',
} as const satisfies Record<NearSource, string>;
