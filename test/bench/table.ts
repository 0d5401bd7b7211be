interface Requirement {
  readonly limit: string;
  readonly holds: boolean;
}

/** What was measured, with what had to hold. */
export class Table {
  private readonly rows: { what: string; found: string; required: Requirement | undefined }[] = [];

  row(what: string, found: string, required?: Requirement): void {
    this.rows.push({ what, found, required });
  }

  /** A row at the top. */
  first(what: string, found: string): void {
    this.rows.unshift({ what, found, required: undefined });
  }

  get holds(): boolean {
    return this.rows.every((r) => r.required?.holds !== false);
  }

  print(): void {
    const width = Math.max(...this.rows.map((r) => r.what.length));
    for (const { what, found, required } of this.rows) {
      const verdict = required ? `   [${required.limit}: ${required.holds ? 'holds' : 'MISSED'}]` : '';
      console.log(`${what.padEnd(width)}   ${found}${verdict}`);
    }
  }
}
