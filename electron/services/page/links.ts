import manifest from '../../../package.json' with { type: 'json' };

/** The only pages that Emend opens in a browser. The project's own is the one that package.json names, if any. */
export const LINKS: Readonly<Record<'rome' | 'memit' | 'source', string | undefined>> = {
  rome: 'https://rome.baulab.info/',
  memit: 'https://memit.baulab.info/',
  source: (manifest as { readonly homepage?: string }).homepage,
};
