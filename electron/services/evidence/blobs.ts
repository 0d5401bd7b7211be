import * as v from 'valibot';
import { AnswerSchema, FateSchema } from '../../../shared/contract/edits.ts';
import { HonestReportSchema } from '../../../shared/contract/honest.ts';
import { EmendError } from '../../../shared/errors.ts';
import { FactSchema } from '../../../shared/fact.ts';
import type { CheckReport } from '../../engine/records.ts';
import type { BlobRef } from '../../ledger/bodies.ts';
import type { Blobs } from '../../ledger/blobs.ts';
import { parseJson } from '../attest/dsse.ts';

// What the blobs of entries hold, as far as they are held against each other. Whatever else is in them stays.

const Texts = v.array(v.string());
export const FactSetSchema = v.looseObject({ facts: v.array(FactSchema) });
export const PrefixesSchema = v.looseObject({ prefixes: Texts });
export const CovarianceSchema = v.looseObject({ model: v.string() });
const ScoreSchema = v.optional(v.looseObject({ nll: v.number(), correct: v.boolean(), tokenAccuracy: v.number(), tokens: v.number() }));
const PromptSchema = v.looseObject({
  prompt: v.string(),
  wanted: ScoreSchema,
  previous: ScoreSchema,
  unchanged: v.optional(v.boolean()),
  outcome: v.optional(v.looseObject({ before: AnswerSchema, now: AnswerSchema, fate: FateSchema })),
});
const Prompts = v.array(PromptSchema);
/** Of what an edit's own report says, see EditReportSchema; of a check's, this. */
const CheckReportSchema = v.looseObject({
  records: v.array(
    v.looseObject({
      fact: FactSchema,
      rewrite: PromptSchema,
      paraphrases: Prompts,
      neighbors: Prompts,
      sameSubject: v.optional(Prompts),
      answer: v.optional(v.string()),
      measures: v.record(v.string(), v.unknown()),
    }),
  ),
  honest: v.optional(HonestReportSchema),
});

/** The JSON that a blob holds. @param role for the message @throws EmendError 'bad-file', 'not-found' */
export async function readBlob<T>(blobs: Blobs, ref: BlobRef | undefined, role: string, schema: v.GenericSchema<unknown, T>): Promise<T> {
  if (!ref) throw new EmendError('not-found', `The entry names no ${role}.`, 'Verify the record, and bring it back from a backup.');
  return parseJson(schema, Buffer.from(await blobs.read(ref)).toString('utf8'), `The ${role}`);
}

/** The report of a check that was made apart from an edit. */
export async function readCheckReport(blobs: Blobs, ref: BlobRef | undefined): Promise<CheckReport> {
  return (await readBlob(blobs, ref, 'report', CheckReportSchema)) as unknown as CheckReport;
}
