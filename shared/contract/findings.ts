import * as v from 'valibot';
import type { LookName } from '../looks.ts';
import { Fields, Line, method, ModelName, Seq } from './define.ts';
import { DissectedSchema } from './dissecting.ts';
import { LayersSchema, NearKeysSchema } from './beforehand.ts';
import { ChangeSchema } from './change.ts';
import { FactTracesSchema } from './fact-traces.ts';
import { AttentionSchema, AttributionSchema, LensSchema, TraceSchema } from './locating.ts';
import { AblationSchema, PatchSchema } from './patching.ts';

const found = <L extends LookName, S extends v.GenericSchema>(look: L, result: S) =>
  v.object({
    look: v.literal(look),
    /** What was asked for. */
    settings: Fields,
    result,
  });

/** What was found, by the way in which one looked. */
export const FindingSchema = v.variant('look', [
  found('trace', TraceSchema),
  found('lens', LensSchema),
  found('attribution', AttributionSchema),
  found('attention', AttentionSchema),
  found('change', ChangeSchema),
  found('factTraces', FactTracesSchema),
  found('layers', LayersSchema),
  found('near', NearKeysSchema),
  found('patch', PatchSchema),
  found('ablation', AblationSchema),
  found('dissection', DissectedSchema),
]);
export type Finding = v.InferOutput<typeof FindingSchema>;
/** What one way to look finds. */
export type FoundBy<L extends LookName> = Extract<Finding, { look: L }>['result'];

export const findingMethods = {
  /** Appends an entry that keeps what was found: the `finding` of a result, or the run of a dissection. The last ones can be kept. */
  'findings.record': method(
    v.strictObject({
      model: ModelName,
      finding: v.pipe(Line, v.nonEmpty()),
      /** The entry that it is attached to. */
      entry: v.optional(Seq),
      reason: Line,
    }),
    v.object({ entry: Seq }),
  ),
  /** What an entry of kind finding keeps, as it was found: read from the record, not computed again. */
  'findings.open': method(v.strictObject({ model: ModelName, entry: Seq }), FindingSchema),
};
