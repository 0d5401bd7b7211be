import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { deltaNorms, withDelta } from '../../electron/engine/edit/delta.ts';
import { editFacts } from '../../electron/engine/edit/edit.ts';
import { DecoderScorer } from '../../electron/engine/evaluate/decoder-scorer.ts';
import { checkRecords } from '../../electron/engine/evaluate/protocol.ts';
import { recordOf, type CheckRecord } from '../../electron/engine/evaluate/records.ts';
import { readRecords } from '../../electron/engine/evaluate/datasets.ts';
import type { CaseMeasures } from '../../electron/engine/evaluate/report.ts';
import { loadTokenizer } from '../../electron/engine/text/load.ts';
import { readTaught, type Taught } from '../../electron/services/suggest.ts';
import { fillPrompt, type Fact } from '../../shared/fact.ts';
import { silent } from '../../shared/progress.ts';
import { divided, type ToldChoice } from '../../shared/told.ts';
import type { Table } from './table.ts';

const ATLAS = join(import.meta.dirname, '../../models/atlas');
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

/** What is counted: hits and cases. */
type Tally = Map<string, [hits: number, cases: number]>;

/**
 * What edits of Atlas keep. Neighbours are divided in the same way for both, so that those held back are the same prompts; what is told
 * stands apart, as it proves nothing.
 */
export async function measureKeep(table: Table, { isQuick }: { isQuick: boolean }): Promise<void> {
  const decoder = await Decoder.open(join(ATLAS, 'model.onnx'));
  const tokenizer = await loadTokenizer(ATLAS);
  const taught = await readTaught(join(ATLAS, 'facts.json'));
  const { records } = readRecords(readFileSync(join(ATLAS, 'evaluation.json'), 'utf8'), 'evaluation.json');
  const facts = records.slice(0, isQuick ? 2 : 100).map((record) => withOthers(record, taught));
  for (const [size, groups] of [
    ['alone', facts.map((fact) => [fact])],
    ['together', [facts]],
  ] as const) {
    for (const way of WAYS) {
      const tally: Tally = new Map();
      let change = 0;
      for (const group of groups) {
        const told = group.map((fact) => divided(fact, 'neighbours'));
        const edit = await editFacts(
          {
            decoder,
            tokenizer,
            facts: told,
            earlier: [],
            method: 'memit',
            choices: { told: way.told, ...(way.clamp === undefined ? {} : { clamp: way.clamp }) },
            covarianceText: join(ATLAS, 'corpus.txt'),
            name: 'atlas',
          },
          silent,
        );
        const norms = edit.delta.weights.map((weight) => deltaNorms(decoder, weight));
        change += Math.max(...norms.map(({ delta, weight }) => delta / weight)) / groups.length;
        const scorers = [new DecoderScorer(withDelta(decoder, edit.delta), tokenizer), new DecoderScorer(decoder, tokenizer)] as const;
        const untouched = othersThan(group, taught, UNTOUCHED[size]);
        const asked = [...told.map(heldBack), ...told.map(toldOnly), untouched];
        const report = await checkRecords(scorers[0], asked, { generation: false, baseline: scorers[1] });
        await Promise.all(scorers.map((scorer) => scorer.release()));
        report.records.forEach(({ measures, neighbors, sameSubject = [] }, at) => {
          const count = (name: string, share: number | undefined, cases: number) => {
            if (share === undefined) return;
            const [hits, all] = tally.get(name) ?? [0, 0];
            tally.set(name, [hits + share * cases, all + cases]);
          };
          const m: CaseMeasures = measures;
          if (at < told.length) {
            count('exact', m.exactMatch, 1);
            count('other wordings', m.paraphraseAccuracy, 1);
            count('neighbours held back', m.neighborsKept, neighbors.length);
            count('other facts about the subject', m.subjectKept, sameSubject.length);
          } else if (at < 2 * told.length) count('neighbours told', m.neighborsKept, neighbors.length);
          else count('untouched facts', m.neighborsKept, neighbors.length);
        });
      }
      const said = [...tally].map(([name, [hits, cases]]) => `${name} ${((100 * hits) / cases).toFixed(1)}% of ${cases}`);
      table.row(`${facts.length} facts ${size}, ${way.name}`, `${said.join(', ')}; change ${(100 * change).toFixed(0)}% of the weight`);
    }
  }
}

/** A fact with what the model knows of its subject besides. */
function withOthers({ fact, paraphrases, neighbors }: CheckRecord, { facts, relations }: Taught): Fact {
  const asks = (template: string) => fillPrompt(template, fact.subject).text;
  const sameSubject = facts
    .filter(({ subject, relation }) => subject === fact.subject && relation !== fact.relation)
    .map(({ relation, object }) => ({ prompt: asks(relations[relation]!.templates[0]!), target: object }));
  return {
    ...fact,
    paraphrases: [...paraphrases],
    neighbors: neighbors.map(({ prompt, target }) => (target === undefined ? prompt : { prompt, target })),
    ...(sameSubject.length > 0 ? { sameSubject } : {}),
  };
}

function heldBack(fact: Fact, at: number): CheckRecord {
  return recordOf(fact, String(at));
}

function toldOnly({ told, sameSubject: _, ...fact }: Fact, at: number): CheckRecord {
  return recordOf({ ...fact, paraphrases: [], neighbors: told?.neighbors ?? [] }, `told ${at}`);
}

/** Facts about subjects that nothing names, as neighbours of the first fact. */
function othersThan(group: readonly Fact[], { facts, relations }: Taught, most: number): CheckRecord {
  const named = new Set(group.map(({ subject }) => subject));
  const others = facts.filter(({ subject }) => !named.has(subject));
  const every = Math.ceil(others.length / most);
  const neighbors = others
    .filter((_, at) => at % every === 0)
    .map(({ subject, relation, object }) => ({ prompt: fillPrompt(relations[relation]!.templates[1]!, subject).text, target: object }));
  const [first] = group as [Fact];
  return recordOf({ subject: first.subject, prompt: first.prompt, target: first.target, neighbors }, 'untouched');
}
