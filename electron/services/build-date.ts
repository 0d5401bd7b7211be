/** When this build was made (ISO 8601, a day); put in by the bundler, so that the sources themselves have none. */
declare const EMEND_BUILT: string | undefined;

/** The day that this build was made on; undefined for what was not built. */
export function builtOn(): string | undefined {
  return typeof EMEND_BUILT === 'undefined' ? undefined : EMEND_BUILT;
}
