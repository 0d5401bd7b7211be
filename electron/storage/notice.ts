/** Something that a person should know though the work went on: a torn line set aside, a lock taken over. */
export interface Notice {
  readonly what: 'torn' | 'lock' | 'checkpoint' | 'anchor' | 'store' | 'draft' | 'key' | 'folder' | 'export' | 'policy';
  readonly message: string;
  readonly hint: string;
}
