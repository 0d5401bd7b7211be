/**
 * What the services need of the engine without starting a job: the records, reports and files that both sides write and read.
 * The services import this, the host and the list of jobs, and nothing else of the engine.
 */
export { constantRanges } from './architectures/constant-ranges.ts';
export { deltaDistance } from './edit/delta-distance.ts';
export { adapterProblem, exportedTensors, ggufProblem } from './edit/exported.ts';
export { graphFile, otherGraphs, tokenizerFolder, wholeModel } from './onnx/model-folder.ts';
export { CHECKPOINT, hasCheckpoint, isCheckpointFile, isCheckpointWeights } from './onnx/checkpoint-files.ts';
export { hasTokenizerFiles, noTokenizer } from './onnx/tokenizer-files.ts';
export { readSafetensors } from './onnx/safetensors.ts';
export { mean } from './linalg/distributions.ts';
export { factTexts, type ToldFact } from './dissect/facts.ts';
export { LIMIT } from './dissect/iou.ts';
export { SHARE } from './dissect/quantile.ts';
export { readDelta } from './edit/delta-file.ts';
export { beginsWith } from './evaluate/answers.ts';
export type { TableColumn } from './evaluate/csv.ts';
export { askedOf, factAsked } from './evaluate/honest/check.ts';
export { misjudged } from './evaluate/honest/sides.ts';
export type { CheckPhase } from './evaluate/requests.ts';
export { type CheckRecord, recordOf } from './evaluate/records.ts';
export { summarize } from './evaluate/protocol.ts';
export { magnitude, neighborMagnitude, neighborSuccess, success } from './evaluate/metrics.ts';
export type { CheckReport, DriftReport, Measure, PromptReport, RecordReport } from './evaluate/report.ts';
export type { CutFact } from './text/cut.ts';
export { decodeText } from './text/encoding.ts';
export { readSteeringData } from './steer/data.ts';
export { readSteering } from './steer/file.ts';
export { shuffled } from './steer/pairs.ts';
export { writeSteeringAs } from './steer/rewrite.ts';
