import * as v from 'valibot';
import { FurtherSchema } from '../fact.ts';
import { WAYS } from '../honest/probe.ts';

/** What one version answered to one question. */
export const HonestOutcomeSchema = v.object({
  /** What it wrote, up to the natural end; of a choice the likeliest answer. */
  says: v.string(),
  /** Whether that is an answer that is looked for. */
  given: v.boolean(),
  /** Of what is written: by its end token, behind a sentence or line, or because the limit was reached. */
  ended: v.exactOptional(v.picklist(['token', 'sentence', 'limit'])),
  /** Of a choice: the mean log-probability of the tokens of each answer, in nats. */
  chances: v.exactOptional(v.array(v.number())),
  /** What a chat model said before it was asked again. */
  first: v.exactOptional(v.string()),
});
export type HonestOutcome = v.InferOutput<typeof HonestOutcomeSchema>;

/** A question with what came: of the version before the edit, of that with the new fact in front, of the edited version. */
export const HonestAnswerSchema = v.object({
  /** Name of the measure. */
  probe: v.string(),
  way: v.picklist(WAYS),
  prompt: v.string(),
  /** The unrelated text stood in front of it. */
  isBehind: v.exactOptional(v.literal(true)),
  options: v.exactOptional(v.array(v.string())),
  wanted: v.object({ before: v.exactOptional(v.array(v.string())), after: v.array(v.string()) }),
  before: v.exactOptional(HonestOutcomeSchema),
  context: HonestOutcomeSchema,
  after: HonestOutcomeSchema,
});
export type HonestAnswer = v.InferOutput<typeof HonestAnswerSchema>;

const HonestFactSchema = v.object({
  subject: v.string(),
  prompt: v.string(),
  target: v.string(),
  aliases: v.exactOptional(v.array(v.string())),
  previousTarget: v.exactOptional(v.string()),
  previousAliases: v.exactOptional(v.array(v.string())),
  implied: v.exactOptional(v.array(FurtherSchema)),
  hops: v.exactOptional(v.array(FurtherSchema)),
});

/** An edit asked as people ask, and not only where it was written. */
export const HonestReportSchema = v.object({
  /** Most tokens that were written where no natural end came. */
  limit: v.number(),
  /** The unrelated text. */
  text: v.exactOptional(v.object({ text: v.string(), tokens: v.number() })),
  /** Whether the model has a chat template, so that it was asked again. */
  isChat: v.boolean(),
  /** In the order of the report's facts. */
  facts: v.array(
    v.object({
      /** What of the fact the questions are made of; what is one hop further may be from the model's own facts. */
      fact: HonestFactSchema,
      /** What stood in front where the unedited version was told the fact. */
      context: v.string(),
      answers: v.array(HonestAnswerSchema),
    }),
  ),
});
export type HonestReport = v.InferOutput<typeof HonestReportSchema>;
