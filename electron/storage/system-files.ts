/** What file managers and version control leave in folders that somebody opened; nobody's part of a model. */
const LEFT_BEHIND = [
  '.DS_Store',
  'Thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  '.directory',
  '.git',
  '.gitattributes',
  '.gitignore',
  '.gitmodules',
];

/** Files that a file manager writes wherever a folder is looked at. */
export const FILE_MANAGER_FILES: ReadonlySet<string> = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini']);

/** Whether a file, by its path with forward slashes, is one that was left behind so. */
export function isLeftBehind(path: string): boolean {
  const parts = path.toLowerCase().split('/');
  return parts.some(
    (part, at) =>
      part.startsWith('._') || (LEFT_BEHIND.some((one) => one.toLowerCase() === part) && (at === parts.length - 1 || part === '.git')),
  );
}

/** How such a file is told. */
export function leftBehindWords(path: string): string {
  return `${path} lies beside it: a file manager or version control left it there, and it is no part of the model.`;
}
