import { type Style, styleFor } from './style.ts';
import { table, type TableOptions } from './table.ts';

/** Where text goes. */
export interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Prints for people. */
export class Printer {
  readonly style: Style;
  private readonly stream: Stream | undefined;

  /** @param stream undefined to say nothing */
  constructor(stream: Stream | undefined, env: NodeJS.ProcessEnv) {
    this.stream = stream;
    this.style = styleFor(stream ?? {}, env);
  }

  line(text = ''): void {
    this.piece(`${text}\n`);
  }

  /** Without a line end. */
  piece(text: string): void {
    this.stream?.write(text);
  }

  heading(text: string): void {
    this.line();
    this.line(this.style.bold(text));
  }

  table(rows: readonly (readonly string[])[], options: TableOptions = {}): void {
    for (const line of table(rows, options)) this.line(line);
  }
}
