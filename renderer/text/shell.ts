/** What the shell says, and what screens share. */
export const t = {
  app: 'Emend',
  library: 'Library',
  ask: 'Ask',
  edit: 'Edit',
  versions: 'Versions',
  log: 'Audit log',
  settings: 'Settings',
  loading: 'Loading…',
  notFound: 'This model is not in the library',
  notFoundAbout: 'It was removed, or the address is wrong.',
  toLibrary: 'Go to the library',
} as const;
