import { join } from 'node:path';
import { adapterProblem, ggufProblem, readSafetensors } from '../../engine/records.ts';
import { type ContentFindings, type Contents, originOf, originProblems, unexpected } from './contents.ts';

/** The deltas as an adapter for PEFT. */
export function lora({ folder: root, files, record, deltas }: Contents): ContentFindings {
  const path = 'adapter_model.safetensors';
  const problems = unexpected(files, ['adapter_config.json', path]);
  if (!deltas) return { problems, unchecked: [withoutDeltas(path)] };
  const problem = adapterProblem(root, deltas);
  if (problem !== undefined) problems.push({ path, message: `${path} is not the sum of the recorded edits: ${problem}.` });
  problems.push(...originProblems(path, readSafetensors(join(root, path)).metadata, record));
  return { problems, unchecked: [] };
}

/** The deltas as an adapter for llama.cpp. */
export function gguf({ folder: root, files, record, deltas }: Contents): ContentFindings {
  const path = 'adapter.gguf';
  const problems = unexpected(files, [path, 'Modelfile']);
  if (problems.length > 0) return { problems, unchecked: [] };
  if (!deltas) return { problems, unchecked: [withoutDeltas(path)] };
  const problem = ggufProblem(root, deltas, originOf(record));
  return {
    problems: problem === undefined ? [] : [{ path, message: `${path} is not the sum of the recorded edits: ${problem}.` }],
    unchecked: [],
  };
}

function withoutDeltas(path: string): string {
  return `The deltas of the edits are not in the export, so ${path} was not compared with them.`;
}
