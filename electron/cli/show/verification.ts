import type { Verification } from '../../../shared/contract/audit.ts';
import type { Exported } from '../../../shared/contract/exports.ts';
import type { ModelDetail } from '../../../shared/contract/library.ts';
import { isProven, stateOf, type Verdict, verdictWords } from '../../../shared/verdict.ts';
import type { ExportVerification } from '../../services/verify-export.ts';
import { counted, minute, short } from '../format/ids.ts';
import type { Printer } from '../format/printer.ts';

/** More whole entries than this are summed up. */
const ENTRIES_SHOWN = 40;

/** The exit code that a verdict ends with. */
export function endFor(verdict: Verdict): 'ok' | 'failed' | 'unproven' | 'unchecked' {
  if (stateOf(verdict) === 'damaged') return 'failed';
  if (verdict.unchecked.length > 0) return 'unchecked';
  return isProven(verdict) ? 'ok' : 'unproven';
}

/** What verifying a model's record found; its verdict is the last line. */
export function showVerification(out: Printer, model: ModelDetail, found: Verification): void {
  const { style } = out;
  const whole = found.entries.filter(({ problems }) => problems.length === 0).length;
  const shown = found.entries.length <= ENTRIES_SHOWN ? found.entries : found.entries.filter(({ problems }) => problems.length > 0);
  if (shown.length > 0)
    out.table(
      [
        ['entry', 'what', 'hash', ''],
        ...shown.map((one) => [
          String(one.seq),
          one.kind ?? '?',
          one.hash === undefined ? '?' : short(one.hash),
          one.problems.length === 0 ? style.good('whole') : style.bad('damaged'),
        ]),
      ],
      { heading: true, right: [0] },
    );
  if (shown.length < found.entries.length)
    out.line(`The other ${counted(found.entries.length - shown.length, 'entry is', 'entries are')} whole.`);
  for (const { seq, problems } of shown) for (const problem of problems) out.line(style.bad(`Entry ${seq}: ${problem}`));
  for (const problem of found.problems.filter(({ entry }) => entry === undefined)) out.line(style.bad(problem.message));
  out.line();
  out.line(
    `Looked at: ${counted(found.entries.length, 'entry', 'entries')} (${whole} whole), ${counted(found.blobs, 'file')} beside ` +
      `them, ${counted(found.checkpoints, 'checkpoint')}, ${counted(found.files, 'imported file')}, ` +
      `${counted(found.tensors, 'rebuilt tensor')}.`,
  );
  for (const path of found.beside) out.line(path);
  if (found.against)
    out.line(
      `Held against ${found.against.path}, which knows entry ${found.against.seq}` +
        `${found.against.time === undefined ? '' : ` (${minute(found.against.time)} UTC)`}.`,
    );
  const tags = model.tags.length > 0 ? `${model.tags.join(', ')} (${short(model.current)})` : short(model.current);
  out.line(
    `${model.name} (${short(model.id)}), version ${tags}, ${partsSaid(model)}, record of ` +
      `${counted(found.verdict.entries, 'entry', 'entries')}${found.head ? `, the last ${found.head.hash}` : ''}; ` +
      `${minute(found.time)} UTC:`,
  );
  showVerdict(
    out,
    found.verdict,
    found.first && `at ${found.first.entry === undefined ? 'no entry' : `entry ${found.first.entry}`}: ${found.first.message}`,
  );
}

/** What verifying an export found; its verdict is the last line. */
export function showExported(out: Printer, found: ExportVerification): void {
  const states = { ok: out.style.good('as signed'), unsure: out.style.accent('unproven'), problem: out.style.bad('damaged') };
  out.table(found.items.map((item) => [states[item.state], item.what, item.path, item.message]));
  out.line();
  if (found.about) out.line(`${aboutExport(found.about)}:`);
  showVerdict(out, found.verdict, found.items.find(({ state }) => state === 'problem')?.message);
}

/** What is in force. */
function partsSaid({ edits, steerings }: Pick<Exported, 'edits' | 'steerings'>): string {
  return `${counted(edits, 'edit')}${steerings === 0 ? '' : `, ${counted(steerings, 'steering')}`}`;
}

function aboutExport({ model, modelId, version, tags, edits, steerings, format, time, author, entries }: Exported): string {
  const when = time === undefined ? '' : `, exported ${minute(time)} UTC${author === undefined ? '' : ` by ${author}`}`;
  return (
    `${model} (${short(modelId)}), version ${tags.length > 0 ? `${tags.join(', ')} (${short(version)})` : short(version)}, ` +
    `${partsSaid({ edits, steerings })}${format === undefined ? '' : `, ${format}`}${when}, ` +
    `record of ${counted(entries, 'entry', 'entries')}`
  );
}

function showVerdict(out: Printer, verdict: Verdict, first: string | undefined): void {
  const { style } = out;
  const words = verdictWords(verdict);
  if (stateOf(verdict) === 'damaged') out.line(style.bad(`${words}${first === undefined ? '' : ` The first is ${first}`}`));
  else out.line(isProven(verdict) ? style.good(words) : style.accent(words));
}
