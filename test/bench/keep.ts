import { deltaNorms, withDelta } from '../../electron/engine/edit/delta.ts';
import { editFacts } from '../../electron/engine/edit/edit.ts';
import { DecoderScorer } from '../../electron/engine/evaluate/decoder-scorer.ts';
import { checkRecords } from '../../electron/engine/evaluate/protocol.ts';
import { withBackground } from '../../electron/services/suggesting/background.ts';
import { silent } from '../../shared/progress.ts';
import type { Choices } from '../../shared/methods/list.ts';
import { divided, setApart, type ToldChoice } from '../../shared/told.ts';
import { heldBack, openAtlas, othersThan, Tally, toldOnly } from './atlas.ts';
import type { Table } from './table.ts';

/** Facts about other subjects that every edit is held against: so many of them, evenly taken. */
const UNTOUCHED = { alone: 50, together: 300 };
/** How many facts are written each alone, and how many at once. */
const SIZES = [
  ['alone', 100],
  ['together', 100],
  ['together', 200],
] as const;

/** An edit of Atlas as somebody would ask for it. */
interface Way {
  readonly name: string;
  readonly told: ToldChoice;
  readonly asPublished?: Choices;
  /** So many other subjects of each fact's relation are held too. */
  readonly background?: number;
  /** No more facts than these. */
  readonly most?: number;
}

/** By the defaults, and as published: nothing told, the clamp that Atlas had for it, searched to the end. */
const WAYS: readonly Way[] = [
  { name: 'as published', told: 'nothing', asPublished: { clamp: 1.5, stopEarly: 0 } },
  { name: 'by the defaults', told: 'neighbours' },
];
/** Of the first 40 facts each alone; many at once leave no room for it. */
const ALONE: readonly Way[] = [0, 10, 40].map((background) => ({
  name: `and ${background} other subjects held`,
  told: 'neighbours',
  background,
  most: 40,
}));

/**
 * What edits of Atlas keep. Neighbours are divided in the same way for both, so that those held back are the same prompts; what is told
 * stands apart, as it proves nothing.
 */
export async function measureKeep(table: Table, { isQuick, threads }: { isQuick: boolean; threads: number }): Promise<void> {
  const { decoder, tokenizer, taught, corpus, facts } = await openAtlas(isQuick ? 2 : 200, threads);
  for (const [size, count] of SIZES) {
    for (const way of size === 'alone' ? [...WAYS, ...ALONE] : WAYS) {
      const some = facts.slice(0, Math.min(count, way.most ?? count));
      const groups = size === 'alone' ? some.map((fact) => [fact]) : [some];
      const tally = new Tally();
      let change = 0;
      for (const group of groups) {
        const told = setApart(
          withBackground(
            group.map((fact) => divided(fact, 'neighbours')),
            way.background ?? 0,
            taught,
          ),
        );
        const choices = { told: way.told, ...way.asPublished };
        const asked = {
          decoder,
          tokenizer,
          facts: told,
          earlier: [],
          method: 'memit',
          choices,
          covarianceText: corpus,
          name: 'atlas',
        } as const;
        const edit = await editFacts(asked, silent);
        const norms = edit.delta.weights.map((weight) => deltaNorms(decoder, weight));
        change += Math.max(...norms.map(({ delta, weight }) => delta / weight)) / groups.length;
        const scorers = [new DecoderScorer(withDelta(decoder, edit.delta), tokenizer), new DecoderScorer(decoder, tokenizer)] as const;
        const records = [...told.map(heldBack), ...told.map(toldOnly), othersThan(told, taught, UNTOUCHED[size])];
        const report = await checkRecords(scorers[0], records, { generation: false, baseline: scorers[1] });
        await Promise.all(scorers.map((scorer) => scorer.release()));
        report.records.forEach((record, at) => {
          const { measures, neighbors } = record;
          if (at < told.length) tally.held(record);
          else tally.count(at < 2 * told.length ? 'neighbours told' : 'untouched facts', measures.neighborsKept, neighbors.length);
        });
      }
      table.row(`${some.length} facts ${size}, ${way.name}`, `${tally}; change ${(100 * change).toFixed(0)}% of the weight`);
    }
  }
}
