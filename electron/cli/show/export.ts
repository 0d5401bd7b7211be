import type { ExportOutcome } from '../../engine/jobs.ts';
import { size, whole } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';

/** Where the edited model is, and which of its bytes are new. */
export function showExport(out: Printer, exported: ExportOutcome): void {
  out.heading(`Exported ${exported.files} files, ${size(exported.bytes)}, to ${exported.target}`);
  out.table(
    [
      ['file', 'weight', 'from byte', 'bytes', 'SHA-256 before', 'after'],
      ...exported.changed.map((c) => [
        c.file,
        c.weight,
        whole(c.offset),
        whole(c.length),
        `${c.sha256Before.slice(0, 12)}…`,
        `${c.sha256After.slice(0, 12)}…`,
      ]),
    ],
    { heading: true, right: [2, 3] },
  );
  out.line('Every other byte is as it was.');
}
