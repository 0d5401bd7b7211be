import type { Run } from './dissection-run.ts';

/** What can be written as a table. */
export const TABLES: Readonly<Record<'units' | 'concepts' | 'layers', (run: Run) => { columns: string[]; rows: (string | number)[][] }>> = {
  units: (run) => ({
    columns: [
      'layer',
      'unit',
      'detector',
      'undecided',
      'category',
      'concept',
      'iou',
      'iou_plain',
      'iou_shuffled',
      'threshold',
      'gap',
      'active',
      'top',
    ],
    rows: run.layers.flatMap(({ layer, units }) =>
      units.map((unit) => {
        const concept = run.summary.concepts[unit.concept]!;
        const isDetector = !unit.undecided && unit.iou > run.summary.settings.limit;
        return [
          layer,
          unit.unit,
          isDetector ? 'yes' : 'no',
          unit.undecided ? 'yes' : 'no',
          concept.category,
          concept.name,
          unit.iou,
          unit.plainIou,
          Math.max(0, ...unit.shuffled),
          unit.threshold,
          unit.gap,
          unit.active,
          run.top(unit).join(' | '),
        ];
      }),
    ),
  }),
  concepts: ({ summary }) => ({
    columns: ['category', 'concept', 'places', 'documents', ...summary.layers.map(({ layer }) => `detectors in layer ${layer}`)],
    rows: summary.concepts.map(({ category, name, places, documents, detectors }) => [category, name, places, documents, ...detectors]),
  }),
  layers: ({ summary }) => ({
    columns: ['layer', 'units', 'undecided', 'detectors', 'concepts', ...summary.layers[0]!.shuffled.map((_, n) => `shuffled ${n + 1}`)],
    rows: summary.layers.map(({ layer, units, undecided, detectors, concepts, shuffled }) => [
      layer,
      units,
      undecided,
      detectors,
      concepts,
      ...shuffled,
    ]),
  }),
};
