// The few parts of the browser that the page scripts use. The project is checked without the DOM's types, which are global and would reach
// every file.

interface PageEvent {
  /** Of a custom event. */
  readonly detail: unknown;
  /** Of a mouse event. */
  readonly clientX: number;
  readonly clientY: number;
  readonly target: {
    readonly isContentEditable: boolean;
    readonly value?: string;
    readonly selectionStart?: number | null;
    readonly selectionEnd?: number | null;
  };
  readonly defaultPrevented: boolean;
}

interface Page {
  readonly window: Record<string, unknown>;
  readonly top: unknown;
  readonly document: {
    readonly title: string;
    readonly baseURI: string;
    readonly head: object;
    getSelection(): object | null;
    addEventListener(type: string, listener: (event: PageEvent) => void): void;
    dispatchEvent(event: object): boolean;
  };
  addEventListener(
    type: 'click' | 'auxclick' | 'submit',
    listener: (
      event: Event & { readonly button: number; readonly ctrlKey: boolean; readonly metaKey: boolean; readonly shiftKey: boolean },
    ) => void,
  ): void;
  readonly MutationObserver: new (hear: () => void) => {
    observe(root: object, options: { readonly subtree: boolean; readonly childList: boolean; readonly characterData: boolean }): void;
  };
  readonly CustomEvent: new (type: string, init: { detail: unknown }) => object;
  readonly File: new (...args: never) => object;
  readonly MessageChannel: new () => { readonly port1: PagePort; readonly port2: PagePort };
}

/** A MessagePort of the page. */
export interface PagePort {
  onmessage: ((event: { readonly data: unknown; readonly ports: readonly PagePort[] }) => void) | null;
  postMessage(message: unknown, transfer: readonly PagePort[]): void;
  addEventListener(type: 'close', listener: () => void): void;
  close(): void;
}

export const page = globalThis as unknown as Page;
