import type { Table } from './table.ts';

/** How a run was asked for. */
export interface Options {
  readonly isQuick: boolean;
  /** 0: as many as there are cores. */
  readonly threads: number;
  /** Of a part that measures several ways: only these, by name. All where none is named. */
  readonly only: readonly string[];
}

/** Something that can be measured by itself. */
export interface Part {
  /** What is measured, for the list of parts. */
  readonly about: string;
  /** Too long for a run of all parts, and no measure of speed: run only by its name. */
  readonly isLong?: true;
  measure(table: Table, options: Options): Promise<void>;
}
