/** Panels of the shell that are open. */
class Shell {
  palette = $state(false);
  shortcuts = $state(false);
  jobs = $state(false);
}

export const shell = new Shell();
