import { besideOf, type BesideSettings } from '../../electron/engine/edit/beside.ts';
import { targetSettings, type SearchSettings } from '../../electron/engine/edit/defaults.ts';
import { deltaNorms, withDelta } from '../../electron/engine/edit/delta.ts';
import { covarianceMetric } from '../../electron/engine/edit/metric.ts';
import type { BaseSettings, Sourced } from '../../electron/engine/edit/method.ts';
import { editedLayers, prepare } from '../../electron/engine/edit/prepare.ts';
import { editSettings } from '../../electron/engine/edit/settings.ts';
import { spread } from '../../electron/engine/edit/spread.ts';
import { findTargets, type Target } from '../../electron/engine/edit/target.ts';
import { DecoderScorer } from '../../electron/engine/evaluate/decoder-scorer.ts';
import { checkRecords } from '../../electron/engine/evaluate/protocol.ts';
import { withBackground } from '../../electron/services/suggesting/background.ts';
import type { Fact } from '../../shared/fact.ts';
import type { Choices } from '../../shared/methods/list.ts';
import { silent } from '../../shared/progress.ts';
import { divided, setApart } from '../../shared/told.ts';
import { type Atlas, heldBack, openAtlas, othersThan, Tally, toldOnly } from './atlas.ts';
import type { Table } from './table.ts';

/** What the others are tried beside. */
const NEIGHBOURS: Choices = { told: 'neighbours', clamp: 1, ridge: 1e-3, hold: 1, passes: 1, stopEarly: 0 };
/** Settings of MEMIT that are tried on all facts at once. */
const TRIED: readonly Choices[] = [
  ...[0.75, 1].flatMap((clamp): Choices[] => [
    ...[1e-3, 1e-2].flatMap((ridge) => [1, 3].map((hold): Choices => ({ ...NEIGHBOURS, clamp, ridge, hold }))),
    { ...NEIGHBOURS, clamp, passes: 3 },
    { ...NEIGHBOURS, clamp, told: 'all' },
    { ...NEIGHBOURS, clamp, told: 'all', passes: 3 },
  ]),
  ...[-2, -4, -6, 0.5, 0.8, 0.9, 0.95].map((stopEarly): Choices => ({ ...NEIGHBOURS, stopEarly })),
  { ...NEIGHBOURS, stopEarly: -4, clamp: 1.5 },
  { ...NEIGHBOURS, stopEarly: -4, hold: 3 },
  ...[-4, 0.95].map((stopEarly): Choices => ({ ...NEIGHBOURS, stopEarly, passes: 3 })),
  ...[0.3, 0.5].map((hold): Choices => ({ ...NEIGHBOURS, stopEarly: 0.95, hold })),
  ...[1, 3].map((background): Choices => ({ ...NEIGHBOURS, stopEarly: 0.95, hold: 0.5, background })),
  { ...NEIGHBOURS, told: 'nothing', clamp: 1.5 },
];
const UNTOUCHED = 300;

/** Settings of MEMIT that these measurements read. */
export type MemitSettings = BaseSettings &
  SearchSettings &
  BesideSettings & { readonly covarianceWeight: Sourced<number>; readonly passes: Sourced<number> };

/** What settings of MEMIT do to Atlas, all facts at once. Wanted states that depend on none of what is tried are found once. */
export async function measureSweep(table: Table, { isQuick, threads }: { isQuick: boolean; threads: number }): Promise<void> {
  const atlas = await openAtlas(isQuick ? 3 : 100, threads);
  const found = new Map<string, readonly Target[]>();
  for (const choices of isQuick ? TRIED.slice(0, 2) : TRIED) {
    const { told = 'nothing', background = 0 } = choices as { told?: 'all' | 'neighbours' | 'nothing'; background?: number };
    const facts = setApart(
      withBackground(
        atlas.facts.map((fact) => divided(fact, told)),
        background,
        atlas.taught,
      ),
    );
    const row = await tried(atlas, facts, choices, found);
    table.row(
      Object.entries(choices)
        .map(([key, value]) => `${key} ${String(value)}`)
        .join(', '),
      row,
    );
  }
}

async function tried(
  { decoder, tokenizer, taught, corpus }: Atlas,
  facts: readonly Fact[],
  choices: Choices,
  known: Map<string, readonly Target[]>,
): Promise<string> {
  const material = { decoder, tokenizer, facts, covarianceText: corpus, name: 'atlas', method: 'memit', choices } as const;
  const settled = editSettings(material, decoder.anatomy, 'atlas');
  const settings = settled.settings as MemitSettings;
  const prepared = await prepare(material, settled, editedLayers(settled), silent);
  const layers = settings.layers.value;
  const search = targetSettings(settings);
  const lambda = settings.covarianceWeight.value;
  const key = JSON.stringify([search, layers]);
  const { statistics, tokens, contexts } = prepared;
  const targets = known.get(key) ?? (await findTargets(decoder, { kind: 'residual', layer: layers.at(-1)! }, tokens, search, silent));
  known.set(key, targets);
  const metric = covarianceMetric(statistics, layers[0]!, lambda);
  const work = { ...material, ...prepared, settings, windows: [], contexts, earlier: [], together: undefined, report: silent };
  const { taught: written, held } = await besideOf(work, { layer: layers[0]!, metric }, false);
  const { delta } = await spread(decoder, tokens, { ...search, layers, covarianceWeight: lambda }, statistics, silent, {
    known: targets,
    ...(written && { taught: written }),
    ...(held && { held }),
    passes: settings.passes.value,
  });
  const scorers = [new DecoderScorer(withDelta(decoder, delta), tokenizer), new DecoderScorer(decoder, tokenizer)] as const;
  const records = [...facts.map(heldBack), ...facts.map(toldOnly), othersThan(facts, taught, UNTOUCHED)];
  const report = await checkRecords(scorers[0], records, { generation: false, baseline: scorers[1] });
  await Promise.all(scorers.map((scorer) => scorer.release()));
  const tally = new Tally();
  report.records.forEach((record, at) => {
    const { measures, neighbors } = record;
    if (at < facts.length) tally.held(record);
    else tally.count(at < 2 * facts.length ? 'neighbours told' : 'untouched facts', measures.neighborsKept, neighbors.length);
  });
  const change = Math.max(...delta.weights.map((weight) => deltaNorms(decoder, weight)).map(({ delta: d, weight }) => d / weight));
  return `${tally}; change ${(100 * change).toFixed(0)}% of the weight`;
}
