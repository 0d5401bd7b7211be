import { besideOf } from '../../electron/engine/edit/beside.ts';
import { targetSettings } from '../../electron/engine/edit/defaults.ts';
import { covarianceMetric } from '../../electron/engine/edit/metric.ts';
import { editedLayers, prepare } from '../../electron/engine/edit/prepare.ts';
import { editSettings } from '../../electron/engine/edit/settings.ts';
import { spread } from '../../electron/engine/edit/spread.ts';
import { findTargets } from '../../electron/engine/edit/target.ts';
import { silent } from '../../shared/progress.ts';
import { divided } from '../../shared/told.ts';
import { openAtlas } from './atlas.ts';
import { processor, timed, wall } from './clock.ts';
import { peakMemory } from './memory.ts';
import type { MemitSettings } from './sweep.ts';
import type { Table } from './table.ts';

/** Facts at once, ascending, so that the peak of memory so far is that of the row. */
const SIZES = [1, 10, 100, 1000];

/** What a fact costs in batches of several sizes on Atlas: the search, writing it, and writing it while neighbours are held. */
export async function measureScale(table: Table, { isQuick, threads }: { isQuick: boolean; threads: number }): Promise<void> {
  const clock = threads === 1 ? processor : wall;
  const sizes = isQuick ? [1, 3] : SIZES;
  const { decoder, tokenizer, corpus, facts: all } = await openAtlas(sizes.at(-1)!, threads);
  for (const size of sizes) {
    const facts = all.slice(0, size).map((fact) => divided(fact, 'neighbours'));
    const material = { decoder, tokenizer, facts, covarianceText: corpus, name: 'atlas', method: 'memit', choices: {} } as const;
    const settled = editSettings(material, decoder.anatomy, 'atlas');
    const settings = settled.settings as MemitSettings;
    const prepared = await prepare(material, settled, editedLayers(settled), silent);
    const { statistics, tokens } = prepared;
    const layers = settings.layers.value;
    for (const layer of layers) await statistics.factor(layer); // once for a model
    const search = targetSettings(settings);
    const numbers = { ...search, layers, covarianceWeight: settings.covarianceWeight.value };
    const site = { kind: 'residual', layer: layers.at(-1)! } as const;
    const searched = await timed(clock, () => findTargets(decoder, site, tokens, search, silent));
    const known = searched.value;
    const plain = await timed(clock, () => spread(decoder, tokens, numbers, statistics, silent, { known }));
    const work = { ...material, ...prepared, settings, windows: [], earlier: [], together: undefined, report: silent };
    const at = { layer: layers[0]!, metric: covarianceMetric(statistics, layers[0]!, numbers.covarianceWeight) };
    let held = 0;
    const holding = await timed(clock, async () => {
      const beside = await besideOf(work, at, false);
      held = beside.held?.length ?? 0;
      await spread(decoder, tokens, numbers, statistics, silent, { known, ...beside });
    });
    const a = (took: number) => `${((1000 * took) / size).toFixed(0)} ms`;
    table.row(
      `${size} ${size === 1 ? 'fact' : 'facts'} at once`,
      `a fact: search ${a(searched.seconds)}, written ${a(plain.seconds)}, written with ${held} neighbours held ${a(holding.seconds)} ` +
        `(the whole ${((searched.seconds + holding.seconds) / (searched.seconds + plain.seconds)).toFixed(2)} times); ` +
        `peak of memory so far ${(peakMemory() / 1e6).toFixed(0)} MB`,
    );
  }
}
