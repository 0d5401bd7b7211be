import type { Json } from '../codec.ts';

/** What the preload side sends to the main process, as JSON through a binding. */
export type FromPage =
  | { readonly kind: 'invoke'; readonly id: number; readonly channel: string; readonly args: Json }
  | { readonly kind: 'send'; readonly channel: string; readonly args: Json; readonly ports: readonly string[] }
  | { readonly kind: 'port'; readonly frame: Json }
  | { readonly kind: 'context-menu'; readonly x: number; readonly y: number; readonly isEditable: boolean; readonly selectionText: string }
  | { readonly kind: 'window-open'; readonly url: string; readonly name: string; readonly features: string }
  | { readonly kind: 'title'; readonly title: string }
  | { readonly kind: 'permission'; readonly id: number; readonly permission: string }
  | { readonly kind: 'preload-error'; readonly message: string; readonly stack: string };

/** What the main process sends to the preload side. */
export type ToPage =
  | { readonly kind: 'result'; readonly id: number; readonly value?: Json; readonly error?: string }
  | { readonly kind: 'message'; readonly channel: string; readonly args: Json; readonly ports: readonly string[] }
  | { readonly kind: 'port'; readonly frame: Json };

/** A question that cannot wait: the preload side stops at a `debugger` statement until it has the answer. */
export type Question =
  { readonly about: 'path'; readonly file: object } | { readonly about: 'send-sync'; readonly channel: string; readonly args: Json };

/** What the preload side is told before it runs. */
export interface PreloadSetting {
  readonly key: string;
  /** Of the process, as a sandboxed preload script sees it. */
  readonly process: Readonly<Record<string, unknown>>;
  /** The preload script as a function of its module's names. */
  readonly run: (exports: object, require: (name: string) => unknown, module: object, process: object, global: object) => void;
}

/** Names in the preload world, which no page can see. */
export const SETTING = '__electronDoubleSetting';
export const BINDING = '__electronDoubleSend';
export const RECEIVE = '__electronDoubleReceive';
export const QUESTION = '__electronDoubleQuestion';
export const ANSWER = '__electronDoubleAnswer';
export const PRELOAD_WORLD = 'electron-preload';
