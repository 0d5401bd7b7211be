import { APPLICATION_SCREENS, type ApplicationScreenId, MODEL_SCREENS, type ModelScreenId, type ScreenId } from '../../shared/screens.ts';

/** Where the page is. `query` holds what a screen wants in its address, such as an entry to show. */
export type Place =
  | { readonly screen: ApplicationScreenId; readonly query: Query }
  | { readonly screen: ModelScreenId; readonly model: string; readonly query: Query };
export type Query = Readonly<Record<string, string>>;

/** The address of a place: `#/library`, `#/settings`, `#/model/<id>/log?entry=12`. */
export function href(screen: ApplicationScreenId, query?: Query): string;
export function href(screen: ModelScreenId, model: string, query?: Query): string;
export function href(screen: ScreenId, modelOrQuery: string | Query = {}, query: Query = {}): string {
  const path = typeof modelOrQuery === 'string' ? `#/model/${encodeURIComponent(modelOrQuery)}/${screen}` : `#/${screen}`;
  const words = new URLSearchParams(typeof modelOrQuery === 'string' ? query : modelOrQuery).toString();
  return words === '' ? path : `${path}?${words}`;
}

/** Reads an address; what is not one of ours is the library. */
export function placeOf(hash: string): Place {
  const [path = '', words = ''] = hash.replace(/^#\/?/, '').split('?');
  const query = Object.fromEntries(new URLSearchParams(words));
  const [first, model, screen] = path.split('/');
  const known = MODEL_SCREENS.find(({ id }) => id === screen);
  const name = model === undefined ? undefined : decoded(model);
  if (first === 'model' && name !== undefined && name !== '' && known) return { screen: known.id, model: name, query };
  return { screen: APPLICATION_SCREENS.find(({ id }) => id === first)?.id ?? 'library', query };
}

/** Undefined for what no name is written as, such as a lone "%". */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
