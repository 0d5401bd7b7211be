/** A copy without Svelte's proxies, which cannot leave the page. */
export function plain<T>(value: T): T {
  return $state.snapshot(value) as T;
}
