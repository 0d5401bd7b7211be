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
  if (first === 'model' && model && known) return { screen: known.id, model: decodeURIComponent(model), query };
  return { screen: APPLICATION_SCREENS.find(({ id }) => id === first)?.id ?? 'library', query };
}

class Route {
  place = $state.raw<Place>(placeOf(location.hash));
  /** The model last looked at, so that the model's screens stay at hand in the library and the settings. */
  model = $state<string | undefined>('model' in this.place ? this.place.model : undefined);

  constructor() {
    addEventListener('hashchange', () => this.visit(placeOf(location.hash)));
  }

  visit(place: Place): void {
    this.place = place;
    if ('model' in place) this.model = place.model;
  }
}

export const route = new Route();

/** Goes to an address made by {@link href}. */
export function go(address: string): void {
  location.hash = address;
  // The browser tells of it only later; what is asked in between must know the new place.
  route.visit(placeOf(address));
}

/** Changes the query of the present place without a new step in the history. */
export function setQuery(query: Query): void {
  const { place } = route;
  const address = 'model' in place ? href(place.screen, place.model, query) : href(place.screen, query);
  history.replaceState(null, '', address);
  route.place = { ...place, query };
}
