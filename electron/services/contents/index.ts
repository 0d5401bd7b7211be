import type { ExportFormat } from '../../../shared/contract/exports.ts';
import { EmendError } from '../../../shared/errors.ts';
import { gguf, lora } from './adapters.ts';
import type { ContentFindings, Contents } from './contents.ts';
import { folder } from './folder.ts';
import { onnx } from './onnx.ts';
import { steered } from './steered.ts';
import { tensors } from './tensors.ts';

interface Form {
  readonly compare: (contents: Contents) => Promise<ContentFindings> | ContentFindings;
  /** Whether comparing needs the deltas of the edits, so that they go along. */
  readonly needsDeltas: boolean;
}

/** How each form is held against the record: what leaves is what the record says. */
const FORMS: Readonly<Record<ExportFormat, Form>> = {
  folder: { compare: folder, needsDeltas: false },
  onnx: { compare: onnx, needsDeltas: false },
  tensors: { compare: tensors, needsDeltas: false },
  lora: { compare: lora, needsDeltas: true },
  gguf: { compare: gguf, needsDeltas: true },
};

/** Whether the deltas of the edits go along with an export, to hold it against. */
export function needsDeltas(format: ExportFormat): boolean {
  return FORMS[format].needsDeltas;
}

/**
 * Holds an export's files against the record in it: files and bytes that no edit touched against the import entry, edited tensors against
 * what their entries recorded.
 */
export async function compareContents(format: ExportFormat, contents: Contents): Promise<ContentFindings> {
  try {
    return contents.record.isSteered ? steered(contents) : await FORMS[format].compare(contents);
  } catch (error) {
    if (!(error instanceof EmendError) || error.code === 'cancelled') throw error;
    return { problems: [{ path: '', message: error.message }], unchecked: [] };
  }
}
