interface Requirement {
  readonly limit: string;
  readonly holds: boolean;
}

/** Prints what was measured, line by line, and remembers whether what had to hold did. */
export class Table {
  private missed = 0;

  row(what: string, found: string, required?: Requirement): void {
    const verdict = required ? `   [${required.limit}: ${required.holds ? 'holds' : 'MISSED'}]` : '';
    if (required && !required.holds) this.missed++;
    console.log(`${what.padEnd(42)} ${found}${verdict}`);
  }

  get holds(): boolean {
    return this.missed === 0;
  }
}
