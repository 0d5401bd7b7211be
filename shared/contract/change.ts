import * as v from 'valibot';
import { job, VersionName } from './define.ts';
import { FollowedSchema, Found, numbers, Of, prompt, rows, TextTokenSchema, Word } from './inside.ts';

/** How an answer stands: rank 0 is the likeliest. */
const StandingSchema = v.object({ logit: v.number(), probability: v.number(), rank: v.number() });

/** What a version would say of both answers behind the text's last token, by the logit lens. */
const ContestSchema = v.object({
  /** [layers + 1], before the first block first; the last is what the version says. `lead`: logit of the new answer − the old one's. */
  places: rows(v.object({ old: StandingSchema, new: StandingSchema, lead: v.number() })),
  /** Index of the first place from which on, to the end, the new answer outranks the old one; null where it does not in the end. */
  takesOver: v.nullable(v.number()),
});
export type Contest = v.InferOutput<typeof ContestSchema>;

/** What changed inside between two versions, on one prompt. */
export const ChangeSchema = v.object({
  ...Found,
  /** Id of the version that it is compared with. */
  against: v.string(),
  prompt: v.string(),
  tokens: rows(TextTokenSchema),
  answers: v.object({ old: FollowedSchema, new: FollowedSchema }),
  /** Of `against`. */
  before: ContestSchema,
  /** Of `version`. */
  after: ContestSchema,
  /** [layers + 1]: by how much the new answer's lead grew from `against` to `version`. */
  difference: numbers,
  /** [layers + 1]: KL(against ‖ version) of what the two would say there, nats. 0 where nothing changed yet. */
  kl: numbers,
});
export type Change = v.InferOutput<typeof ChangeSchema>;

export const changeMethods = {
  /** Where along the layers the new answer takes over: two versions through the logit lens. */
  'locating.change': job(
    v.strictObject({
      ...Of,
      against: v.optional(VersionName, 'base'),
      prompt,
      /** What `against` answers itself, and what `version` does, when left out. */
      old: v.optional(Word),
      new: v.optional(Word),
    }),
    ChangeSchema,
  ),
};
