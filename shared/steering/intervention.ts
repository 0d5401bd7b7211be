import * as v from 'valibot';
import { OPERATOR_NAMES, OPERATORS } from './operators.ts';
import { PositionsSchema } from './positions.ts';
import { SITE_NAMES } from './sites.ts';
import { UNIT_NAMES } from './strength.ts';

const finite = v.pipe(v.number('expected a number'), v.finite('expected a number'));
const natural = v.pipe(v.number('expected a whole number'), v.safeInteger(), v.minValue(0));
const rows = <S extends v.GenericSchema>(item: S) => v.pipe(v.array(item), v.readonly());

/** One thing that is done to a run, in one or several layers. */
export const PartSchema = v.pipe(
  v.strictObject({
    site: v.picklist(SITE_NAMES),
    /** Of the site 'heads': one head alone, whose width the vector has. */
    head: v.exactOptional(natural),
    /** Of 'scale': these numbers of the value alone. */
    units: v.exactOptional(v.pipe(rows(natural), v.minLength(1))),
    layers: v.pipe(rows(natural), v.minLength(1, 'expected a layer'), v.maxLength(1000)),
    positions: PositionsSchema,
    /**
     * Name of the tensor, float32 [layers or 1, tokens or 1, width]: one vector for each layer or one for all, one token's or aligned
     * ones.
     */
    vector: v.exactOptional(v.pipe(v.string(), v.nonEmpty())),
    operator: v.picklist(OPERATOR_NAMES),
    strength: v.strictObject({ value: finite, unit: v.picklist(UNIT_NAMES) }),
    /** Of each layer: standard deviation of activations along the vector at length 1; mean length of the state at the site. */
    sigma: v.exactOptional(rows(finite)),
    norm: v.exactOptional(rows(finite)),
    /** Gives the changed value its former length back. */
    keepsNorm: v.exactOptional(v.boolean()),
  }),
  v.check(
    (part) => OPERATORS[part.operator].vector === (part.vector !== undefined),
    'expected a vector where the operator has one, and none elsewhere',
  ),
  v.check(
    (part) => part.head === undefined || (part.site === 'heads' && !part.keepsNorm),
    'expected a single head only at the heads, its length free',
  ),
  v.check((part) => part.units === undefined || part.operator === 'scale', 'expected single numbers only where they are scaled'),
  v.check((part) => part.operator !== 'scale' || part.strength.unit === 'raw', 'expected a plain factor to scale by'),
  v.check((part) => part.positions.kind !== 'aligned' || part.operator === 'add', 'expected aligned vectors to be added'),
  v.check((part) => new Set(part.layers).size === part.layers.length, 'expected each layer once'),
);
export type Part = v.InferOutput<typeof PartSchema>;

/** How DoLa's exits are told apart: as the published code does it, or by the paper's Jensen-Shannon divergence. */
export const DIVERGENCES = ['coded', 'jensen-shannon'] as const;
/** How answers are scored: TruthfulQA takes differences of raw logits, FACTOR masks and normalises (the authors' two settings). */
export const DOLA_SCORINGS = ['truthfulqa', 'factor'] as const;

/** Decoding by contrasting layers. Exits are hidden states: 0 the embeddings, j the output of block j − 1. */
export const DolaSchema = v.strictObject({
  kind: v.literal('dola'),
  /** One is static, several dynamic. */
  candidates: v.pipe(
    rows(natural),
    v.minLength(1, 'expected an exit'),
    v.check((all) => new Set(all).size === all.length, 'expected each exit once'),
  ),
  /** Tokens below this share of the greatest probability are ruled out; 0 rules none out. */
  relativeTop: v.pipe(finite, v.minValue(0), v.maxValue(1)),
  repetitionPenalty: v.pipe(finite, v.gtValue(0)),
  /** Whether exits pass the final norm; as published they do not. */
  norm: v.boolean(),
  divergence: v.picklist(DIVERGENCES),
  scoring: v.picklist(DOLA_SCORINGS),
});
export type Dola = v.InferOutput<typeof DolaSchema>;

/** What steering does to a model's runs: changes of values in order, and a rule of decoding. The vectors lie beside it. */
export const InterventionSchema = v.pipe(
  v.strictObject({ parts: v.pipe(rows(PartSchema), v.maxLength(10_000)), decoding: v.exactOptional(DolaSchema) }),
  v.check(({ parts, decoding }) => parts.length > 0 || decoding !== undefined, 'expected a part or a rule of decoding'),
);
export type Intervention = v.InferOutput<typeof InterventionSchema>;
