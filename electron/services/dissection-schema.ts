import * as v from 'valibot';
import type { LanguageDissection } from './dissection-run.ts';

const numbers = v.array(v.number());

const UnitSchema = v.object({
  unit: v.number(),
  threshold: v.number(),
  gap: v.number(),
  undecided: v.boolean(),
  active: v.number(),
  concept: v.number(),
  iou: v.number(),
  plainConcept: v.number(),
  plainIou: v.number(),
  shuffled: numbers,
  top: v.array(v.object({ place: v.number(), activation: v.number() })),
});

/** A dissection of a language model as the record keeps it. A schema that has been released stays as it is. */
export const LanguageDissectionSchema = v.object({
  source: v.string(),
  warnings: v.array(v.string()),
  all: v.number(),
  report: v.object({
    settings: v.object({ share: v.number(), limit: v.number(), shuffles: v.number(), seed: v.number() }),
    texts: v.array(v.array(v.string())),
    tokens: v.number(),
    concepts: v.array(v.object({ category: v.string(), name: v.string(), places: v.number(), documents: v.number() })),
    layers: v.array(
      v.object({
        layer: v.string(),
        units: v.array(UnitSchema),
        undecided: v.number(),
        detectors: v.number(),
        concepts: v.number(),
        shuffled: numbers,
      }),
    ),
  }),
}) satisfies v.GenericSchema<unknown, LanguageDissection>;
