import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { readRecords } from '../../electron/engine/evaluate/datasets.ts';
import { recordOf, type CheckRecord } from '../../electron/engine/evaluate/records.ts';
import type { CaseMeasures, RecordReport } from '../../electron/engine/evaluate/report.ts';
import { loadTokenizer } from '../../electron/engine/text/load.ts';
import type { Tokenizer } from '../../electron/engine/text/tokenizer.ts';
import { readTaught, type Taught } from '../../electron/services/suggest.ts';
import { toldTexts } from '../../shared/told.ts';
import { fillPrompt, type Fact } from '../../shared/fact.ts';

/** Atlas, what it was taught, and edits to measure by. */
export interface Atlas {
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  readonly taught: Taught;
  readonly corpus: string;
  /** The facts of its evaluation set, then further ones of the same kinds; as many as asked for. */
  readonly facts: readonly Fact[];
}

const FOLDER = join(import.meta.dirname, '../../models/atlas');

/** Opens Atlas with so many facts to write. @param threads 0 for as many as useful */
export async function openAtlas(count: number, threads: number): Promise<Atlas> {
  const taught = await readTaught(join(FOLDER, 'facts.json'));
  const { records } = readRecords(readFileSync(join(FOLDER, 'evaluation.json'), 'utf8'), 'evaluation.json');
  const first = records
    .slice(0, count)
    .map(({ fact, paraphrases, neighbors }) => ({
      ...fact,
      paraphrases: [...paraphrases],
      neighbors: neighbors.map(({ prompt, target }) => (target === undefined ? prompt : { prompt, target })),
    }));
  return {
    decoder: await Decoder.open(join(FOLDER, 'model.onnx'), { threads }),
    tokenizer: await loadTokenizer(FOLDER),
    taught,
    corpus: join(FOLDER, 'corpus.txt'),
    facts: [...first, ...furtherFacts(first, taught, count - first.length)].map((fact) => withOthers(fact, taught)),
  };
}

/** How many neighbours the records of the evaluation set have. */
const NEIGHBOURS = 6;

/** Facts about subjects that nothing names yet, each with an answer of another subject of its relation. */
function furtherFacts(known: readonly Fact[], { facts, relations }: Taught, count: number): Fact[] {
  const named = new Set(known.map(({ subject }) => subject));
  const free = facts.filter(({ subject }) => !named.has(subject) && named.add(subject));
  return free.slice(0, Math.max(0, count)).map(({ subject, relation, object }, at) => {
    const alike = facts.filter((one) => one.relation === relation && one.subject !== subject);
    const others = alike.filter((one) => one.object !== object);
    const { templates } = relations[relation]!;
    const same = alike.filter((one) => one.object === object).slice(0, NEIGHBOURS);
    return {
      subject,
      prompt: templates[0]!,
      target: others[(at * 7919) % others.length]!.object,
      previousTarget: object,
      relation,
      paraphrases: templates.slice(1, 3).map((template) => fillPrompt(template, subject).text),
      neighbors: same.map((one) => ({ prompt: fillPrompt(templates[0]!, one.subject).text, target: one.object })),
    };
  });
}

/** A fact with what the model knows of its subject besides. */
function withOthers(fact: Fact, { facts, relations }: Taught): Fact {
  const asks = (template: string) => fillPrompt(template, fact.subject).text;
  const sameSubject = facts
    .filter(({ subject, relation }) => subject === fact.subject && relation !== fact.relation)
    .map(({ relation, object }) => ({ prompt: asks(relations[relation]!.templates[0]!), target: object }));
  return { ...fact, ...(sameSubject.length > 0 ? { sameSubject } : {}) };
}

/** What a fact is checked by that was not told to its edit. */
export function heldBack(fact: Fact, at: number): CheckRecord {
  return recordOf(fact, String(at));
}

/** What was told to its edit. */
export function toldOnly({ told, sameSubject: _, ...fact }: Fact, at: number): CheckRecord {
  return recordOf({ ...fact, paraphrases: [], neighbors: told?.neighbors ?? [] }, `told ${at}`);
}

/**
 * Facts about subjects that no fact of a group names, and that none was told of, as neighbours of the first.
 * @param most how many, evenly taken
 */
export function othersThan(group: readonly Fact[], { facts, relations }: Taught, most: number): CheckRecord {
  const named = new Set(group.map(({ subject }) => subject));
  const told = toldTexts(group).join('\n');
  const others = facts.filter(({ subject }) => !named.has(subject) && !told.includes(subject));
  const every = Math.ceil(others.length / most);
  const neighbors = others
    .filter((_, at) => at % every === 0)
    .map(({ subject, relation, object }) => ({ prompt: fillPrompt(relations[relation]!.templates[1]!, subject).text, target: object }));
  const [first] = group as [Fact];
  return recordOf({ subject: first.subject, prompt: first.prompt, target: first.target, neighbors }, 'untouched');
}

/** What is counted: hits and cases. */
export class Tally {
  readonly #counts = new Map<string, [hits: number, cases: number]>();

  count(name: string, share: number | undefined, cases: number): void {
    if (share === undefined) return;
    const [hits, all] = this.#counts.get(name) ?? [0, 0];
    this.#counts.set(name, [hits + share * cases, all + cases]);
  }

  /** What a fact that was checked by what was held back counts. */
  held({ measures, neighbors, sameSubject = [] }: RecordReport): void {
    const m: CaseMeasures = measures;
    this.count('exact', m.exactMatch, 1);
    this.count('other wordings', m.paraphraseAccuracy, 1);
    this.count('other wordings likelier than before', m.PS, 1);
    this.count('neighbours held back', m.neighborsKept, neighbors.length);
    this.count('other facts about the subject', m.subjectKept, sameSubject.length);
  }

  toString(): string {
    return [...this.#counts].map(([name, [hits, cases]]) => `${name} ${((100 * hits) / cases).toFixed(1)}% of ${cases}`).join(', ');
  }
}
