/** Words of writing a list out. */
export const listText = {
  format: 'Format',
  noPdf: 'Only the desktop application prints. Export HTML, and print that.',
  go: 'Choose where to save…',
  working: 'Writing',
  done: (rows: string, path: string) => `Wrote ${rows} to ${path}.`,
};
