import { existsSync, readFileSync } from 'node:fs';
import type { Application } from '../../electron/services/application.ts';

/** Data folders that acts begin with; see services-scene.ts for what lies in each. */
export type Beginning = 'library' | 'empty' | 'removed' | 'unanchored';

/** Where an act is done: a data folder, and a folder for exports. Plain data, so that it can be told to another process. */
export interface Where {
  readonly library: string;
  readonly out: string;
  readonly target: string;
  /** What is kept between edits, and the system's temporary folder. */
  readonly cache: string;
  readonly temporary: string;
  readonly model: string;
  /** Drafts of an edit and of a steering. */
  readonly draft: string;
  readonly steering: string;
  /** What the removed model is called. */
  readonly removed: string;
  /** The public half of the library's key, and of another person's in a file. */
  readonly publicKey: string;
  readonly person: string;
}

/** An act of a person that writes. One more is one entry of ACTS in services-doing.ts, or of the lists that it is put together from. */
export interface ServiceAct {
  readonly name: string;
  /** The data folder that it begins with. */
  readonly from: Beginning;
  /** What is made of that folder before the act. */
  prepare?(where: Where): void;
  /** @param reopen opens the library anew, once the application was closed */
  run(app: Application, where: Where, reopen?: () => Promise<Application>): Promise<unknown>;
  /** As {@link run}, by a program that goes on. */
  again?(app: Application): Promise<unknown>;
  /** How many entries it adds, as one act. */
  readonly adds: number;
  /** Whether it is done; where left out its entries tell. @throws where it is done by half */
  isDone?(app: Application, where: Where): Promise<boolean>;
  /** Whether what lies there is recorded at the latest when its model is opened next; of every other act nothing is recorded then. */
  isForOpening?(where: Where): boolean;
  /** Has the model in the library under its name again, once the act is done. */
  bringBack?(app: Application, where: Where): Promise<unknown>;
  /** The record is gone with it, so that a new one begins. */
  readonly forgets?: boolean;
  /** What the next opening may say of an act that was stopped. */
  readonly says?: RegExp;
  /** Takes the longest, and is disturbed by disks that fail or are full, too. */
  readonly isLong?: boolean;
}

/** What the model is called in every library of these tests. */
export const NAME = 'mini';

export const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
/** Settings are one file with the state before beside it: a kill between two renames is told at the next opening. */
export const STORE = /\.json is missing\. The state before the last change was taken from its backup/;
