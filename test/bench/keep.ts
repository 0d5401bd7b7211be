import { deltaNorms, withDelta } from '../../electron/engine/edit/delta.ts';
import { editFacts } from '../../electron/engine/edit/edit.ts';
import { DecoderScorer } from '../../electron/engine/evaluate/decoder-scorer.ts';
import { checkRecords } from '../../electron/engine/evaluate/protocol.ts';
import { silent } from '../../shared/progress.ts';
import { divided, type ToldChoice } from '../../shared/told.ts';
import { heldBack, openAtlas, othersThan, Tally, toldOnly } from './atlas.ts';
import type { Table } from './table.ts';

/** Facts about other subjects that every edit is held against: so many of them, evenly taken. */
const UNTOUCHED = { alone: 50, together: 300 };

/** An edit of Atlas as somebody would ask for it. */
interface Way {
  readonly name: string;
  readonly told: ToldChoice;
  readonly clamp?: number;
}

/** By the defaults, and as published: nothing told, the clamp that Atlas had for it. */
const WAYS: readonly Way[] = [
  { name: 'as published', told: 'nothing', clamp: 1.5 },
  { name: 'by the defaults', told: 'neighbours' },
];

/**
 * What edits of Atlas keep. Neighbours are divided in the same way for both, so that those held back are the same prompts; what is told
 * stands apart, as it proves nothing.
 */
export async function measureKeep(table: Table, { isQuick, threads }: { isQuick: boolean; threads: number }): Promise<void> {
  const { decoder, tokenizer, taught, corpus, facts } = await openAtlas(isQuick ? 2 : 100, threads);
  for (const [size, groups] of [
    ['alone', facts.map((fact) => [fact])],
    ['together', [facts]],
  ] as const) {
    for (const way of WAYS) {
      const tally = new Tally();
      let change = 0;
      for (const group of groups) {
        const told = group.map((fact) => divided(fact, 'neighbours'));
        const choices = { told: way.told, ...(way.clamp === undefined ? {} : { clamp: way.clamp }) };
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
        const records = [...told.map(heldBack), ...told.map(toldOnly), othersThan(group, taught, UNTOUCHED[size])];
        const report = await checkRecords(scorers[0], records, { generation: false, baseline: scorers[1] });
        await Promise.all(scorers.map((scorer) => scorer.release()));
        report.records.forEach((record, at) => {
          const { measures, neighbors } = record;
          if (at < told.length) tally.held(record);
          else tally.count(at < 2 * told.length ? 'neighbours told' : 'untouched facts', measures.neighborsKept, neighbors.length);
        });
      }
      table.row(`${facts.length} facts ${size}, ${way.name}`, `${tally}; change ${(100 * change).toFixed(0)}% of the weight`);
    }
  }
}
