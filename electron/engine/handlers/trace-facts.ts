import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EmendError } from '../../../shared/errors.ts';
import type { JobContext } from '../../../shared/progress.ts';
import { canonical } from '../../storage/canonical.ts';
import { ensureFolder } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import { sha256 } from '../../storage/hash.ts';
import { versionHash } from '../decoder/version-hash.ts';
import { cacheFolder } from '../edit/covariance-cache.ts';
import type { Jobs } from '../jobs.ts';
import { average, averageEffects } from '../locate/averages.ts';
import { FactFile, type FactFileHeader, type FactLine } from '../locate/fact-file.ts';
import type { FactsTraceReport } from '../locate/report.ts';
import { tracingSites } from '../locate/tracing.ts';
import { Walk } from '../locate/walk.ts';
import { locateSubject } from '../text/positions.ts';
import type { OpenModels } from './open-models.ts';
import { allScores, corruptedRuns, deviationOf, firstToken, settledFor } from './tracing.ts';

/** Traces many facts and averages what restoring their states did. */
export async function traceFacts(models: OpenModels, params: Jobs['traceFacts']['params'], context: JobContext): Promise<FactsTraceReport> {
  const { facts, subjects } = params;
  if (facts.length === 0)
    throw new EmendError('bad-input', 'There is no fact to trace.', 'Give at least one: prompt with {}, subject, target.');
  const { decoder, tokenizer } = await models.open(params.model);
  // Whatever is wrong with any fact is said before the first one runs.
  const rows = facts.map((fact) => ({
    fact: { prompt: fact.prompt, subject: fact.subject, target: fact.target },
    row: locateSubject(tokenizer, fact.prompt, fact.subject),
    target: firstToken(tokenizer, fact.prompt, fact.subject, fact.target),
  }));
  const settings = settledFor(decoder, params.settings);
  const walk = await Walk.create(decoder, tracingSites(decoder.anatomy.layers.length));
  let file: FactFile | undefined;
  try {
    const deviation = await deviationOf(walk, tokenizer, subjects.length > 0 ? subjects : facts.map(({ subject }) => subject));
    const header = { model: await versionHash(decoder), ...settings, kinds: [...settings.kinds], deviation: deviation.value };
    const held = await opened(params.keep, header);
    file = held;
    const lines: FactLine[] = [];
    const resumed = rows.filter(({ fact }) => 'scores' in (held.find(fact) ?? {})).length;
    for (const [done, { fact, row, target }] of rows.entries()) {
      context.progress('tracing facts', done, rows.length);
      context.check();
      let line = held.find(fact);
      if (!line) {
        const { made, range } = await corruptedRuns(walk, row, settings, deviation.value);
        const check = { progress: () => undefined, check: () => context.check() };
        line =
          made.answer === target
            ? { ...fact, tokens: [...range], high: made.high, low: made.low, scores: await allScores(walk, made, settings, check) }
            : { ...fact, answer: tokenizer.tokenText(made.answer) };
        await held.add(line);
      }
      lines.push(line);
    }
    context.progress('tracing facts', rows.length, rows.length);
    const traced = lines.flatMap((line) => ('scores' in line ? [{ ...line, subject: line.tokens }] : []));
    return {
      settings,
      deviation,
      layers: decoder.anatomy.layers.length,
      traced: traced.length,
      resumed,
      skipped: lines.flatMap((line) => ('scores' in line ? [] : [line])),
      high: average(traced.map(({ high }) => high)),
      low: average(traced.map(({ low }) => low)),
      effects: averageEffects(traced, settings.kinds),
    };
  } finally {
    await file?.close();
    await walk.release();
  }
}

async function opened(keep: Jobs['traceFacts']['params']['keep'], header: FactFileHeader): Promise<FactFile> {
  if (keep === undefined) return FactFile.inMemory();
  if (keep !== 'cache') return FactFile.open(keep.file, header);
  const file = join(cacheFolder(), 'traces', `${sha256(canonical(header))}.jsonl`);
  await ensureFolder(explained(disk), dirname(file));
  try {
    return await FactFile.open(file, header);
  } catch (error) {
    // The cache's own file can be made again.
    if (!(error instanceof EmendError) || error.code !== 'bad-file') throw error;
    await rm(file);
    return FactFile.open(file, header);
  }
}
