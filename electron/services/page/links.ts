import manifest from '../../../package.json' with { type: 'json' };
import { EDIT_METHODS, type EditMethodName } from '../../../shared/methods/list.ts';

/** The only pages that Emend opens in a browser. The project's own is the one that package.json names, if any. */
export const LINKS: Readonly<Record<EditMethodName | 'source', string | undefined>> = {
  ...(Object.fromEntries(Object.values(EDIT_METHODS).map(({ name, paper }) => [name, paper.url])) as Record<EditMethodName, string>),
  source: (manifest as { readonly homepage?: string }).homepage,
};
