import * as v from 'valibot';
import { OutcomeSchema } from '../trust.ts';
import { PickedSchema } from './host.ts';
import { Handle, job, Line, method, ModelName, Nothing } from './define.ts';

const NoticeSchema = v.object({ message: v.string(), hint: v.string() });
export type Notice = v.InferOutput<typeof NoticeSchema>;

/** A model as a card shows it. */
export const ModelCardSchema = v.object({
  id: v.string(),
  name: v.string(),
  /** UTC, ISO 8601. */
  imported: v.string(),
  opened: v.optional(v.string()),
  /** Such as gpt2, llama; from the configuration. */
  architecture: v.string(),
  parameters: v.number(),
  bytes: v.number(),
  layers: v.number(),
  precision: v.string(),
  /** Why it cannot be edited; absent when it can. */
  refusal: v.optional(v.string()),
  /** Id of the current version, and how many edits are in force in it. */
  current: v.string(),
  edits: v.number(),
  /** Steerings in force. */
  steerings: v.number(),
  /** How many different versions there have been. */
  versions: v.number(),
  tags: v.array(v.string()),
  entries: v.number(),
  /** Hash of the ledger's last entry. */
  head: v.string(),
  /**
   * 'intact': as far as reading the journal tells. 'held': another program writes to it, here it is read only. 'newer': a newer release
   * went on with it; what was before can be read.
   */
  state: v.picklist(['intact', 'damaged', 'held', 'newer']),
  /** What is wrong, or who holds it. */
  says: v.optional(v.string()),
  /** The last verification that the record has an entry of; absent where it has none. */
  verified: v.exactOptional(OutcomeSchema),
  /** From which entry on, and up to which, its anchor proves the record; absent where none does. */
  anchored: v.exactOptional(v.object({ since: v.number(), upTo: v.number() })),
  /** Edits that were worked out and not committed. */
  drafts: v.number(),
  /** Steerings that were fitted and not committed. */
  fitted: v.number(),
  /** What came to light when its record was opened, or since. */
  recordNotices: v.array(NoticeSchema),
});
export type ModelCard = v.InferOutput<typeof ModelCardSchema>;

export const LayerSchema = v.object({
  layer: v.number(),
  heads: v.optional(v.number()),
  keyWidth: v.number(),
  weight: v.string(),
  kind: v.string(),
  refusal: v.optional(v.object({ reason: v.string(), hint: v.string() })),
});

export const ModelDetailSchema = v.object({
  ...ModelCardSchema.entries,
  producer: v.string(),
  opset: v.number(),
  hiddenSize: v.number(),
  vocabulary: v.number(),
  cache: v.boolean(),
  tokenizer: v.string(),
  layerTable: v.array(LayerSchema),
  files: v.array(v.object({ path: v.string(), bytes: v.number(), sha256: v.string() })),
  notices: v.array(NoticeSchema),
});
export type ModelDetail = v.InferOutput<typeof ModelDetailSchema>;

/** A model that was taken out of the library with its record. */
export const RemovedSchema = v.object({
  /** What to bring it back by. */
  removed: v.string(),
  id: v.string(),
  name: v.string(),
  /** When its record began, and how many entries it has; absent and 0 where no record tells what it was. */
  imported: v.exactOptional(v.string()),
  entries: v.number(),
});
export type Removed = v.InferOutput<typeof RemovedSchema>;

/** What a folder that holds both can be read by: its ONNX graph, or the configuration of its checkpoint. */
export const ReadBySchema = v.picklist(['onnx', 'checkpoint']);
export type ReadBy = v.InferOutput<typeof ReadBySchema>;

/** What was recognised in something dropped or chosen, before anything is read in full. */
export const LookSchema = v.object({
  /** 'archive': it is unpacked first, and what comes out is looked at. */
  what: v.picklist(['model', 'facts', 'export', 'archive', 'unknown']),
  /** One sentence: "ONNX folder, 4 files, 29.9 MB, external data present". */
  says: v.string(),
  name: v.string(),
  bytes: v.number(),
  files: v.array(v.object({ path: v.string(), bytes: v.number() })),
  /** What is missing or wrong; an import would be refused. */
  problems: v.array(NoticeSchema),
  /** Of a folder with both: what it was looked at by. An import must be told. */
  readBy: v.exactOptional(ReadBySchema),
});
export type Look = v.InferOutput<typeof LookSchema>;

/** What an ONNX graph and a checkpoint of one folder say behind the same texts. */
export const GraphsComparedSchema = v.object({
  /** Largest difference of a log-probability of the next token, in nats: over all tokens, and by text. */
  largest: v.number(),
  texts: v.array(v.object({ prompt: v.string(), onnx: v.string(), checkpoint: v.string(), largest: v.number() })),
});
export type GraphsCompared = v.InferOutput<typeof GraphsComparedSchema>;

/** What a model was found to be where it lies. */
export const ExaminedSchema = v.object({
  architecture: v.string(),
  parameters: v.number(),
  precision: v.string(),
  layers: v.number(),
  hiddenSize: v.number(),
  vocabulary: v.number(),
  /** About how many bytes of memory it takes to work out an edit of it, or to ask it where it cannot be edited. */
  memory: v.number(),
  /** Why it cannot be edited; absent when it can. */
  refusal: v.exactOptional(v.string()),
  warnings: v.array(v.string()),
});
export type Examined = v.InferOutput<typeof ExaminedSchema>;

export const libraryMethods = {
  /** The model opened last first; and those that were removed and can be brought back. */
  'library.list': method(
    Nothing,
    v.object({ models: v.array(ModelCardSchema), removed: v.array(RemovedSchema), notices: v.array(NoticeSchema) }),
  ),
  'library.get': method(v.strictObject({ model: ModelName }), ModelDetailSchema),
  'library.look': method(v.strictObject({ source: Handle, readBy: v.exactOptional(ReadBySchema) }), LookSchema),
  /** Unpacks an archive for as long as Emend is open, or until what it holds is imported. */
  'library.unpack': job(v.strictObject({ source: Handle }), PickedSchema),
  /** Asks both graphs of a folder that holds two the same, and holds what they say against each other. */
  'library.compareGraphs': job(v.strictObject({ source: Handle }), GraphsComparedSchema),
  /** Opens a model where it lies and says what it is. Nothing is copied. */
  'library.examine': job(v.strictObject({ source: Handle, readBy: v.exactOptional(ReadBySchema) }), ExaminedSchema),
  /**
   * Copies a model folder into the library and begins its ledger. The same model again: `known` is true and nothing is copied.
   * One whose record was removed is not imported: the error's details name what `library.restore` brings back. `anew` begins a new record
   * all the same, and where the anchor of an earlier one is there, whose record is gone.
   */
  'library.import': job(
    v.strictObject({
      source: Handle,
      name: v.optional(Line),
      anew: v.optional(v.boolean(), false),
      /** Of a folder that holds an ONNX graph and a checkpoint: which of them. */
      readBy: v.exactOptional(ReadBySchema),
    }),
    v.object({ model: v.string(), name: v.string(), known: v.boolean() }),
  ),
  /** The model that comes with Emend. */
  'library.importBuiltIn': job(Nothing, v.object({ model: v.string(), name: v.string(), known: v.boolean() })),
  /** Remembers that a model was opened, for the order of the list. */
  'library.opened': method(v.strictObject({ model: ModelName }), Nothing),
  'library.rename': method(v.strictObject({ model: ModelName, name: Line }), Nothing),
  /** Moves a model with its ledger out of the library; `library.restore` brings it back. */
  'library.remove': method(v.strictObject({ model: ModelName }), v.object({ removed: v.string(), name: v.string() })),
  'library.restore': method(v.strictObject({ removed: Line }), v.object({ model: v.string(), name: v.string() })),
  /** Deletes a removed model and its record, for good. Its anchor stays: it says that there was a record. */
  'library.purge': method(v.strictObject({ removed: Line }), Nothing),
};
