import type { PortFrame } from './ports/wire.ts';

/** What passes between the main process and a utility process, either way. */
export type UtilityMessage =
  | { readonly kind: 'message'; readonly data: unknown; readonly ports: readonly string[] }
  | { readonly kind: 'port'; readonly frame: PortFrame };
