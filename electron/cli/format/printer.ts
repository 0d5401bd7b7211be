import { printable, type Style, styleFor } from './style.ts';
import { table, type TableOptions } from './table.ts';
import { visible, visibleLine } from './text.ts';

/** Where text goes. */
export interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Prints for people. Names of files, models and people may be anybody's: what could steer the terminal is shown instead of sent. */
export class Printer {
  readonly style: Style;
  private readonly stream: Stream | undefined;

  /** @param stream undefined to say nothing */
  constructor(stream: Stream | undefined, env: NodeJS.ProcessEnv) {
    this.stream = stream;
    this.style = styleFor(stream ?? {}, env);
  }

  line(text = ''): void {
    this.stream?.write(`${printable(text, visibleLine)}\n`);
  }

  /** Without a line end; those in it stay. */
  piece(text: string): void {
    this.stream?.write(printable(text, visible));
  }

  heading(text: string): void {
    this.line();
    this.line(this.style.bold(text));
  }

  table(rows: readonly (readonly string[])[], options: TableOptions = {}): void {
    for (const line of table(rows, options)) this.line(line);
  }
}
