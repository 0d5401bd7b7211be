/** The first argument of Electron's events. */
export class ElectronEvent {
  defaultPrevented = false;

  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

/** An event with details of its own. */
export function eventWith<T extends object>(details: T): ElectronEvent & T {
  return Object.assign(new ElectronEvent(), details);
}
