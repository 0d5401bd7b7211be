/** The beginning of a hash, or of an id, that people read and type. As long everywhere, so that one finds it again. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

/** A draft's id likewise; the first part of a UUID is enough to tell drafts apart. */
export function shortDraft(id: string): string {
  return id.slice(0, 8);
}
