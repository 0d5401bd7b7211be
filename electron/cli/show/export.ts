import type { Result } from '../../../shared/contract.ts';
import { short } from '../format/ids.ts';
import { size, whole } from '../format/numbers.ts';
import type { Printer } from '../format/printer.ts';

type Exported = Result<'exports.start'>;

/** Where a version was written, which of its bytes are new, and how it is verified where there is a record. */
export function showExport(
  out: Printer,
  { entry, path, files, bytes, changed, ranges, steering, others = [], leftOut = [] }: Exported,
): void {
  const recorded = entry === undefined ? '' : ` Recorded as entry ${entry}.`;
  out.line(`Exported ${files} files, ${size(bytes)}, to ${path}.${recorded}`);
  out.line(
    changed.length === 0
      ? steering
        ? 'No recorded change touches a weight.'
        : 'Every weight is as imported.'
      : `Weights that differ from the import: ${changed.join(', ')}`,
  );
  if (steering)
    out.line('The version is steered: how, its entries tell; in what was exported the steering lies in the graph or in weights.');
  if (others.length > 0)
    out.line(
      out.style.accent(
        `${others.join(', ')}: other graphs of the model, which went along as they were imported. They do not hold the change and answer ` +
          'as before; programs that choose a graph by its precision may load one of them. Leave them out with --alone.',
      ),
    );
  if (leftOut.length > 0) out.line(`Left out by choice: ${leftOut.join(', ')}.`);
  if (ranges && ranges.length > 0) {
    out.line();
    out.table(
      [
        ['file', 'weight', 'from byte', 'bytes', 'SHA-256 before', 'after'],
        ...ranges.map((one) => [
          one.file,
          one.weight,
          whole(one.offset),
          whole(one.length),
          `${short(one.sha256Before)}…`,
          `${short(one.sha256After)}…`,
        ]),
      ],
      { heading: true, right: [2, 3] },
    );
    if (!steering) out.line('Every other byte of the model is as it was.');
  }
  if (entry === undefined) return;
  out.line();
  out.line('Whoever gets the folder verifies it with the public key that `emend key` shows:');
  out.line(`  emend verify ${path} --key public.pem`);
}

/** The document for programs. Without a record, `changed` lists the bytes that are new. */
export function exportDocument({ ranges, ...exported }: Exported): object {
  if (exported.entry !== undefined) return exported;
  const { path, files, bytes } = exported;
  return { target: path, files, bytes, changed: ranges ?? [] };
}
