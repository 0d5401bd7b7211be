import type { ExportFormat } from '../../../shared/contract/exports.ts';
import { EmendError } from '../../../shared/errors.ts';
import type { PartKind } from '../../../shared/kinds.ts';
import type { EntryOf } from '../../ledger/entries.ts';
import { partOf } from '../../ledger/kinds/index.ts';
import { gguf, lora } from './adapters.ts';
import type { ContentFindings, Contents } from './contents.ts';
import { folder } from './folder.ts';
import { onnx } from './onnx.ts';
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
    const found = await FORMS[format].compare(contents);
    return contents.record.parts.some(isSteering) ? withoutSteered(found) : found;
  } catch (error) {
    if (!(error instanceof EmendError) || error.code === 'cancelled') throw error;
    return { problems: [{ path: '', message: error.message }], unchecked: [] };
  }
}

/** Whether a part steers the model while it runs. */
export function isSteering(part: EntryOf<PartKind>): boolean {
  return partOf(part).steering !== undefined;
}

/** Whether a file holds a graph or weights. */
export function isOfTheModel(path: string): boolean {
  return /\.(onnx|onnx_data|data|safetensors)$/.test(path);
}

/** A steering goes into graph and weights in ways that the record does not tell; all else is held to it. */
function withoutSteered({ problems, unchecked }: ContentFindings): ContentFindings {
  const changed = [...new Set(problems.map(({ path }) => path))].filter(isOfTheModel);
  return {
    problems: problems.filter(({ path }) => path !== '' && !isOfTheModel(path)),
    unchecked: [
      ...unchecked,
      ...(changed.length > 0
        ? [`The version is steered; how that went into ${changed.join(', ')} is not in the record, so it was not compared.`]
        : []),
    ],
  };
}
