/** Every word that the desktop host itself shows: menus, dialogs, notifications. Screens have a catalogue of their own. */
export const STRINGS = {
  name: 'Emend',
  cannotStart: 'Emend cannot start',
  door: (name: string) => `Emend does not start with --${name}: any program on this computer could then act in its window.`,
  defect: 'Emend found a fault in itself',
  defectHint: 'It ends now. Everything that was committed is safe; start it again, and please report this.',
  noHome: (folder: string, why: string) =>
    `The data folder ${folder} cannot be used: ${why}. Emend keeps models, ledgers and settings there.`,
  noHomeHint: 'Make the folder writable, or set EMEND_HOME to another one.',

  menu: { file: 'File', recent: 'Open Recent', clearRecent: 'Clear List', go: 'Go', view: 'View', help: 'Help' },

  allFiles: 'All files',

  quit: {
    running: (titles: readonly string[]) =>
      titles.length === 1 ? `“${titles[0]}” is still running.` : `${titles.length} jobs are still running.`,
    detail: (titles: readonly string[]) =>
      `${titles.length === 1 ? '' : `${titles.join('\n')}\n\n`}Quitting stops ${titles.length === 1 ? 'it' : 'them'}; nothing half ` +
      `done is kept.`,
    keep: 'Keep Running',
    stop: 'Stop and Quit',
  },

  crash: {
    gone: (reason: string) => `The window stopped working (${reason}).`,
    goneDetail: 'Jobs go on, and nothing that was committed is lost. A form that was being filled in comes back as it was last saved.',
    unresponsive: 'The window does not answer.',
    unresponsiveDetail: 'Jobs go on. Reloading the window keeps everything but what was typed in the last moments.',
    reload: 'Reload Window',
    wait: 'Wait',
    quit: 'Quit',
  },

  job: { done: 'Done.', failed: (why: string) => `Failed: ${why}` },
} as const;
