/** What choosing a version says. */
export const versionWords = {
  version: 'Version',
  other: 'Compared with',
  compare: 'Compare',
  current: 'Current version',
  base: 'Base, without edits',
  tags: 'Tags',
  earlier: 'Earlier versions',
  none: (version: string) => `There is no version ${version}; the current one is chosen.`,
} as const;
