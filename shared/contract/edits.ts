import * as v from 'valibot';
import { FactSchema, NeighborSchema } from '../fact.ts';
import { HonestReportSchema } from './honest.ts';
import { FallenSchema } from '../fallen.ts';
import { ChoicesSchema, EditMethodSchema } from '../methods/list.ts';
import type { ValueKind } from '../methods/values.ts';
import { Count, Handle, job, Line, list, method, ModelName, Nothing, Seq, Text } from './define.ts';

/** A published hyperparameter file: its text travels with the form and into the record, so that both say what it said. */
export const HyperparameterFileSchema = v.strictObject({
  name: Line,
  text: v.pipe(v.string(), v.maxLength(100_000, 'expected a hyperparameter file of at most 100,000 characters')),
});
export type HyperparameterFile = v.InferOutput<typeof HyperparameterFileSchema>;

/** How an edit is to be worked out: what is not chosen comes from the hyperparameter file, then from the model. */
export const RecipeSchema = v.object({
  method: EditMethodSchema,
  choices: v.optional(ChoicesSchema, {}),
  hyperparameterFile: v.exactOptional(HyperparameterFileSchema),
  /** Whether fluency is measured as well, which generates long texts. */
  fluency: v.optional(v.boolean(), false),
  /** Whether the facts are asked as people ask, too (shared/honest). */
  honest: v.exactOptional(v.boolean()),
});
export type Recipe = v.InferOutput<typeof RecipeSchema>;

/** A setting of a method as it would be used: what people may know of it, its value in words, and where that comes from. */
export const SettingSchema = v.object({
  key: v.string(),
  label: v.string(),
  /** What it does, in a sentence. */
  help: v.string(),
  kind: v.custom<ValueKind>((kind) => typeof kind === 'string'),
  choices: v.optional(v.pipe(v.array(v.string()), v.readonly())),
  unit: v.optional(v.string()),
  value: v.string(),
  source: v.string(),
});
export type Setting = v.InferOutput<typeof SettingSchema>;

export const MethodInfoSchema = v.object({
  name: EditMethodSchema,
  title: v.string(),
  summary: v.string(),
  choose: v.string(),
  settings: v.array(SettingSchema),
});
export type MethodInfo = v.InferOutput<typeof MethodInfoSchema>;

/** A hyperparameter as it was used. Reports of earlier releases have no keys. */
export const HyperparameterSchema = v.object({ key: v.exactOptional(v.string()), name: v.string(), value: v.string(), source: v.string() });

export const ProblemSchema = v.object({
  index: v.number(),
  field: v.string(),
  severity: v.picklist(['error', 'warning']),
  message: v.string(),
  hint: v.string(),
});

/** How a prompt with its target is cut into tokens, and what each belongs to. */
export const FactTokensSchema = v.object({
  tokens: v.array(v.object({ text: v.string(), role: v.picklist(['prompt', 'subject', 'subject-last', 'target']) })),
});

/** One measure of a check. Shares are 0 to 1, of which 1 is best; fluency in bits, drift in nats. */
export const CheckSchema = v.object({
  name: v.string(),
  value: v.number(),
  before: v.exactOptional(v.number()),
  count: v.exactOptional(v.number()),
  threshold: v.exactOptional(v.number()),
  passed: v.exactOptional(v.boolean()),
});
export type Check = v.InferOutput<typeof CheckSchema>;

/** What the model says by itself, with the probability of the whole text. */
export const AnswerSchema = v.object({ text: v.string(), probability: v.number() });

/** What became of a neighbour: it answers as before; it does, with less than half of the probability; it says something else. */
export const FateSchema = v.picklist(['kept', 'shaken', 'lost']);
export type Fate = v.InferOutput<typeof FateSchema>;

/** A prompt before and after: probability of the wanted and of the previous target, and whether it is as it should be. */
export const PromptOutcomeSchema = v.object({
  prompt: v.string(),
  /** The target that should be on top after the edit: the wanted one, or a neighbour's own. */
  expected: v.optional(v.string()),
  before: v.object({ wanted: v.optional(v.number()), previous: v.optional(v.number()) }),
  after: v.object({ wanted: v.optional(v.number()), previous: v.optional(v.number()) }),
  /** The model's first answer is the new one; for a neighbour: it kept its own. Reports before 0.2 compared two answers instead. */
  good: v.boolean(),
  /** Of a neighbour. Reports before 0.2 have neither. */
  fate: v.exactOptional(FateSchema),
  says: v.exactOptional(v.object({ before: AnswerSchema, after: AnswerSchema })),
});
export type PromptOutcome = v.InferOutput<typeof PromptOutcomeSchema>;

export const FactReportSchema = v.object({
  fact: FactSchema,
  rewrite: PromptOutcomeSchema,
  paraphrases: v.array(PromptOutcomeSchema),
  neighbors: v.array(PromptOutcomeSchema),
  /** The wordings and neighbours that the edit was told of: they took part in it, so no score and no verdict counts them. */
  told: v.exactOptional(
    v.object({
      paraphrases: v.array(PromptOutcomeSchema),
      neighbors: v.array(PromptOutcomeSchema),
      sameSubject: v.exactOptional(v.array(PromptOutcomeSchema)),
      /** Neighbours about subjects that other facts tell of. */
      apart: v.exactOptional(v.array(PromptOutcomeSchema)),
    }),
  ),
  /** Other questions about the subject, told as neighbours are. Reports before 0.2 have none. */
  sameSubject: v.exactOptional(v.array(PromptOutcomeSchema)),
  /** What may follow from the fact, told as neighbours are; whether it should have stayed as it was nobody says, and nothing counts it. */
  follows: v.exactOptional(v.array(PromptOutcomeSchema)),
  /** What the model writes after the prompt by itself. */
  answerBefore: v.optional(v.string()),
  answerAfter: v.optional(v.string()),
  efficacy: v.number(),
  generalization: v.optional(v.number()),
  specificity: v.optional(v.number()),
  /** 'weak': it did not take, or not in other words. 'harmful': too many neighbours were lost. 'shaken': some were lost or shaken. */
  verdict: v.picklist(['good', 'shaken', 'weak', 'harmful']),
  says: v.string(),
});
export type FactReport = v.InferOutput<typeof FactReportSchema>;

/** A fact of a check apart from an edit: what a version says, with no version before to hold prompts of its own against. */
export const CheckedFactSchema = v.object({
  ...v.pick(FactReportSchema, ['fact', 'rewrite', 'paraphrases', 'neighbors', 'sameSubject', 'answerAfter']).entries,
  /** Neighbours and other facts about the subject of which no answer is known that they should give. */
  unjudged: v.number(),
});
export type CheckedFact = v.InferOutput<typeof CheckedFactSchema>;

export const WeightReportSchema = v.object({
  layer: v.number(),
  tensor: v.string(),
  rank: v.number(),
  deltaNorm: v.number(),
  weightNorm: v.number(),
  before: v.string(),
  after: v.string(),
});

/** How an edit was made. */
export const EditMadeSchema = v.object({
  method: EditMethodSchema,
  layers: v.array(v.number()),
  hyperparameters: v.array(HyperparameterSchema),
  covariance: v.object({ tokens: v.number(), text: v.string(), cached: v.boolean(), ridges: v.array(v.string()) }),
  contexts: v.array(v.string()),
  seed: v.number(),
  weights: v.array(WeightReportSchema),
  /** Facts of earlier edits that were solved anew with these, where edits are solved together. */
  solvedAnew: v.exactOptional(v.number()),
  warnings: v.array(v.object({ message: v.string(), hint: v.string() })),
  seconds: v.number(),
});
export type EditMade = v.InferOutput<typeof EditMadeSchema>;

/** What an edit was checked by, how much of it, and where that is from. Of neighbours also of how many the model was sure before. */
export const CheckedBySchema = v.object({
  what: v.picklist(['wordings', 'neighbors', 'sameSubject', 'drift', 'perplexity']),
  count: v.number(),
  from: v.string(),
  sure: v.exactOptional(v.number()),
});
export type CheckedBy = v.InferOutput<typeof CheckedBySchema>;

/** What an edit did, for a draft and, unchanged, for the entry that it became. */
export const EditReportSchema = v.object({
  ...EditMadeSchema.entries,
  parent: v.string(),
  checks: v.array(CheckSchema),
  /** Reports before 0.2 do not tell. */
  checkedBy: v.exactOptional(v.array(CheckedBySchema)),
  facts: v.array(FactReportSchema),
  /** Facts of earlier edits in force: how many there are, were measured, held before, and which of these do not any more. */
  earlier: v.exactOptional(v.object({ inForce: v.number(), measured: v.number(), held: v.number(), fell: v.array(FallenSchema) })),
  /** The facts asked as people ask, where that was asked for. */
  honest: v.exactOptional(HonestReportSchema),
  drift: v.optional(
    v.object({
      probes: v.number(),
      /** How many texts the perplexity is of. Reports before 0.2 do not tell. */
      texts: v.optional(v.number()),
      meanKl: v.optional(v.number()),
      maxKl: v.optional(v.number()),
      topChanged: v.optional(v.number()),
      perplexityBefore: v.optional(v.number()),
      perplexityAfter: v.optional(v.number()),
    }),
  ),
});
export type EditReport = v.InferOutput<typeof EditReportSchema>;

export const DraftSchema = v.object({
  id: v.string(),
  changed: v.string(),
  parent: v.string(),
  /** The current version is no longer the one it was made for; it can be looked at, not committed. */
  stale: v.boolean(),
  method: v.string(),
  facts: v.array(v.object({ subject: v.string(), prompt: v.string(), target: v.string() })),
  checks: v.array(CheckSchema),
});
export type Draft = v.InferOutput<typeof DraftSchema>;

/** The form as it stands, kept while it is being filled in. Facts may be unfinished. */
export const EditFormSchema = v.object({ facts: list(FactSchema), ...RecipeSchema.entries });
export type EditForm = v.InferOutput<typeof EditFormSchema>;

const Facts = v.pipe(list(FactSchema), v.minLength(1, 'expected at least one fact'));

export const TableColumnSchema = v.object({ name: v.string(), field: v.exactOptional(v.string()), example: v.string() });
export type TableColumn = v.InferOutput<typeof TableColumnSchema>;

export const editMethods = {
  /** Every method with what it would use on this model. */
  'edits.methods': method(v.strictObject({ model: ModelName }), v.object({ methods: v.array(MethodInfoSchema) })),
  /** Reads a published hyperparameter file. */
  'edits.readHyperparameters': method(v.strictObject({ source: Handle }), HyperparameterFileSchema),
  /** What a method would use with such a file, and what of the file it makes no use of. */
  'edits.settings': method(
    v.strictObject({ model: ModelName, method: EditMethodSchema, hyperparameterFile: v.exactOptional(HyperparameterFileSchema) }),
    v.object({ settings: v.array(SettingSchema), unused: v.array(v.object({ message: v.string(), hint: v.string() })) }),
  ),
  /** Reads facts from text (pasted) or a file (dropped): CounterFact, zsRE, EasyEdit, JSON, JSONL, CSV or tab-separated. */
  'edits.readFacts': method(
    v.strictObject({
      text: v.optional(Text),
      source: v.optional(Handle),
      take: v.optional(v.pipe(Count, v.minValue(1)), 1000),
      /** What columns of a table are, by their headings: the name of a fact's field, or '' for none. */
      columns: v.optional(v.record(v.string(), v.string()), {}),
    }),
    v.object({
      format: v.string(),
      facts: v.array(FactSchema),
      /** How many of those that were read are right, taken or not. */
      total: v.number(),
      /** Whether all was read; of a long file only the beginning is. */
      isWhole: v.boolean(),
      /** Rows of a table that are no facts yet, with what they have of one. */
      wrong: v.array(FactSchema),
      /** The columns of a table, the field of a fact that each is, and what stands in it first. */
      columns: v.array(TableColumnSchema),
      warnings: v.array(v.string()),
    }),
  ),
  /** Problems of facts by themselves, among each other, and with edits in force; how each is cut into tokens. */
  'edits.validate': method(
    v.strictObject({ model: ModelName, facts: list(FactSchema) }),
    v.object({ problems: v.array(ProblemSchema), tokens: v.array(v.nullable(FactTokensSchema)) }),
  ),
  /** What the current version answers to prompts by itself, each by greedy decoding; nothing else is looked up. */
  'edits.answers': method(
    v.strictObject({ model: ModelName, prompts: v.pipe(list(Text), v.maxLength(64, 'expected at most 64 prompts')) }),
    v.object({ version: v.string(), answers: v.array(v.object({ answer: v.string(), text: v.string(), probability: v.number() })) }),
  ),
  /**
   * Paraphrases, neighbours and the previous target for a fact. Subjects and wordings are from the model's facts or from lists; every
   * answer is what the current version says when it is asked.
   */
  'edits.suggest': method(
    v.strictObject({ model: ModelName, fact: FactSchema }),
    v.object({
      paraphrases: v.array(v.string()),
      neighbors: v.array(NeighborSchema),
      /** Other questions about the subject. */
      sameSubject: v.array(NeighborSchema),
      /** Questions about it whose answers may follow from the fact. */
      follows: v.array(NeighborSchema),
      generationPrompts: v.array(v.string()),
      previousTarget: v.optional(v.string()),
      /** The probability of that answer. */
      previousChance: v.optional(v.number()),
      source: v.string(),
    }),
  ),
  /** Works an edit out on the current version and checks it. Ends in a draft; nothing is recorded yet. */
  'edits.start': job(
    v.strictObject({
      model: ModelName,
      facts: Facts,
      ...RecipeSchema.entries,
      /** A text for the covariance; the model's own when left out. */
      covarianceText: v.optional(Handle),
    }),
    v.object({ draft: v.string() }),
  ),
  'edits.drafts': method(
    v.strictObject({ model: ModelName }),
    v.object({ drafts: v.array(DraftSchema), notices: v.array(v.object({ message: v.string(), hint: v.string() })) }),
  ),
  /** The report of a draft, or of an entry of kind edit. */
  'edits.report': method(v.strictObject({ model: ModelName, draft: v.optional(Line), entry: v.optional(Seq) }), EditReportSchema),
  /** What a draft was worked out from, as the form takes it. */
  'edits.draftForm': method(v.strictObject({ model: ModelName, draft: Line }), EditFormSchema),
  /** Writes the delta of a draft to a file, which `sessions.open` takes. */
  'edits.saveDelta': method(v.strictObject({ model: ModelName, draft: Line, destination: Handle }), v.object({ path: v.string() })),
  'edits.discard': method(v.strictObject({ model: ModelName, draft: Line }), Nothing),
  /** Records a draft: from then on it is part of the current version. */
  'edits.commit': job(
    v.strictObject({ model: ModelName, draft: Line, reason: Line, tag: v.optional(Line) }),
    v.object({ entry: Seq, version: v.string() }),
  ),
  'edits.form': method(v.strictObject({ model: ModelName }), v.object({ form: v.nullable(EditFormSchema) })),
  /** `kept` is false where this program only reads. */
  'edits.saveForm': method(v.strictObject({ model: ModelName, form: v.nullable(EditFormSchema) }), v.object({ kept: v.boolean() })),
};
