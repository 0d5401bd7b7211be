import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Decoder } from '../../electron/engine/decoder/decoder.ts';
import { withDelta } from '../../electron/engine/edit/delta.ts';
import { writeDelta } from '../../electron/engine/edit/delta-file.ts';
import { editFacts } from '../../electron/engine/edit/edit.ts';
import { DecoderScorer } from '../../electron/engine/evaluate/decoder-scorer.ts';
import { checkRecords } from '../../electron/engine/evaluate/protocol.ts';
import type { Fact } from '../../shared/fact.ts';
import type { Choices, EditMethodName } from '../../shared/methods/list.ts';
import { silent } from '../../shared/progress.ts';
import { divided, setApart } from '../../shared/told.ts';
import { type Atlas, heldBack, openAtlas, othersThan, Tally } from './atlas.ts';
import type { Options } from './part.ts';
import type { Table } from './table.ts';

/** How edits follow one another. */
interface Way {
  readonly name: string;
  readonly method: EditMethodName;
  readonly choices: Choices;
  /** Facts of one edit, where there are several; only rows that are whole numbers of these. */
  readonly step?: number;
  /** Steps of as many facts as the table has between two of its rows: where the order and the size of steps change nothing. */
  readonly isSet?: boolean;
  /** Trained anew on all facts so far at each row, from the model without them: as its authors use it. */
  readonly isUnion?: boolean;
  /** No further than this many. */
  readonly most: number;
}

const PUBLISHED: Choices = { told: 'nothing', clamp: 1.5, stopEarly: 0, remember: false, together: false };
const WAYS: Readonly<Record<string, Way>> = {
  published: { name: 'MEMIT as published', method: 'memit', choices: PUBLISHED, most: 1000 },
  held: { name: 'MEMIT, earlier edits held, nothing told', method: 'memit', choices: { ...PUBLISHED, remember: true }, most: 300 },
  told: {
    name: 'MEMIT, earlier edits and neighbours held',
    method: 'memit',
    choices: { stopEarly: 0, hold: 1, together: false },
    most: 300,
  },
  blue: { name: 'BLUE', method: 'memit', choices: { ...PUBLISHED, ownTargets: true, layers: [0, 4] }, most: 1000 },
  alphaedit: { name: 'AlphaEdit as published', method: 'alphaedit', choices: { told: 'nothing', stopEarly: 0 }, most: 300 },
  hundreds: {
    name: 'AlphaEdit as published, a hundred at a time',
    method: 'alphaedit',
    choices: { told: 'nothing', stopEarly: 0 },
    step: 100,
    most: 1000,
  },
  locft: { name: 'LocFT-BF, all facts at once', method: 'locft', choices: {}, isUnion: true, most: 1000 },
  crispedit: { name: 'CrispEdit, all facts at once', method: 'crispedit', choices: {}, isUnion: true, most: 1000 },
  locftEach: { name: 'LocFT-BF', method: 'locft', choices: {}, most: 300 },
  crispeditEach: { name: 'CrispEdit', method: 'crispedit', choices: {}, most: 30 },
  together: { name: 'solved together, nothing told', method: 'memit', choices: { ...PUBLISHED, together: true }, isSet: true, most: 1000 },
  all: { name: 'solved together, neighbours told', method: 'memit', choices: { together: true }, isSet: true, most: 1000 },
};

/** Numbers of edits that the table has rows for. */
const ROWS = [1, 10, 30, 100, 300, 1000];
/** Facts that are measured, evenly taken; facts about other subjects. */
const MEASURED = 100;
const UNTOUCHED = 300;
const TEXTS = 60;

/** One edit after another on Atlas, and what all of them together have become at some of their numbers. @param only some ways, by name */
export async function measureSequence(table: Table, { isQuick, threads, only }: Options): Promise<void> {
  const unknown = only.find((name) => !Object.hasOwn(WAYS, name));
  if (unknown !== undefined) throw new Error(`There is no way "${unknown}"; there are ${Object.keys(WAYS).join(', ')}.`);
  const atlas = await openAtlas(isQuick ? 3 : 1000, threads);
  for (const [name, way] of Object.entries(WAYS).filter(([name]) => only.length === 0 || only.includes(name))) {
    const rows = (isQuick ? [1, 3] : ROWS).filter((n) => n <= way.most && n % (way.step ?? 1) === 0);
    await follow(atlas, way, rows, async (edited, written) => {
      table.row(`${written.length} ${name}`, await standing(atlas, edited, written));
    });
  }
}

async function follow(
  { decoder, tokenizer, corpus, facts }: Atlas,
  { method, choices, step = 1, isSet = false, isUnion = false }: Way,
  rows: readonly number[],
  at: (edited: Decoder, written: readonly Fact[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'emend-bench-sequence-'));
  const files: string[] = [];
  let edited = decoder;
  const written: Fact[] = [];
  try {
    for (const end of rows) {
      if (isUnion) [edited, written.length] = [decoder, 0];
      while (written.length < end) {
        const next = facts.slice(written.length, isSet || isUnion ? end : written.length + step).map((fact) => divided(fact, 'neighbours'));
        const inForce = { imported: decoder, files };
        const asked = {
          decoder: edited,
          tokenizer,
          facts: next,
          earlier: isUnion ? [] : written,
          inForce,
          method,
          choices,
          covarianceText: corpus,
        } as const;
        const made = await editFacts({ ...asked, name: 'atlas' }, silent);
        edited = withDelta(edited, made.delta);
        if (made.together) {
          const file = join(folder, `${files.length}.safetensors`);
          const { method: by, model, hyperparameters, contexts, seed, together } = made;
          const about = { method: by, model, hyperparameters: [...hyperparameters], contexts: [...contexts], seed, facts: next };
          await writeDelta(file, made.delta, { ...about, together: together.about }, together.targets);
          files.push(file);
        }
        written.push(...next);
      }
      await at(edited, written);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a version holds of the facts that were written and of what it knew before. */
async function standing({ decoder, tokenizer, taught, corpus }: Atlas, edited: Decoder, written: readonly Fact[]): Promise<string> {
  const every = Math.ceil(written.length / MEASURED);
  const some = setApart(written).filter((_, at) => at % every === 0);
  const last = written.slice(-10);
  const lines = readFileSync(corpus, 'utf8').split('\n').filter(Boolean);
  const texts = lines.filter((_, at) => at % Math.ceil(lines.length / TEXTS) === 0);
  const others = othersThan(written, taught, UNTOUCHED);
  const scorers = [new DecoderScorer(edited, tokenizer), new DecoderScorer(decoder, tokenizer)] as const;
  const records = [...some, ...last].map(heldBack);
  const report = await checkRecords(scorers[0], [...records, others], {
    generation: false,
    baseline: scorers[1],
    drift: { probes: others.neighbors.slice(0, 100).map(({ prompt }) => prompt), texts },
  });
  await Promise.all(scorers.map((scorer) => scorer.release()));
  const tally = new Tally();
  report.records.forEach((record, at) => {
    if (at < some.length) tally.held(record);
    else if (at < records.length) tally.count('exact of the last ten', record.measures.exactMatch, 1);
    else tally.count('untouched', record.measures.neighborsKept, record.neighbors.length);
  });
  const { meanKl, perplexityBefore, perplexityNow } = report.drift!;
  return `${tally}; drift ${meanKl?.toFixed(3)} nats, perplexity ${perplexityBefore?.toFixed(2)} to ${perplexityNow?.toFixed(2)}`;
}
