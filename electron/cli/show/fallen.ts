import type { Fallen } from '../../../shared/fallen.ts';
import type { Printer } from '../format/printer.ts';
import { oneLine } from '../format/text.ts';

/** Facts that do not hold, with what the model writes instead; nothing where all do. */
export function showFallen(out: Printer, fallen: readonly Fallen[]): void {
  for (const { prompt, target, says, entry } of fallen) {
    const written = says === undefined ? '' : `; it writes “${oneLine(says)}”`;
    out.line(`${entry === undefined ? '' : `entry ${entry}: `}${oneLine(prompt)} “${oneLine(target)}”${written}`);
  }
}
