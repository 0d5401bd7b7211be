import { href, type Place, placeOf, type Query } from './place.ts';

export { href, type Place, type Query } from './place.ts';

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
