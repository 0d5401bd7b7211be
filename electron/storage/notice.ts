/** Something that a person should know though the work went on: a torn line set aside, an index rebuilt, a lock taken over. */
export interface Notice {
  readonly what: 'torn' | 'lock' | 'index' | 'checkpoint' | 'anchor' | 'store' | 'draft';
  readonly message: string;
  readonly hint: string;
}
