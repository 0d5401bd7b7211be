import { basename } from 'node:path';
import { fillPrompt } from '../../../shared/fact.ts';
import type { JobContext } from '../../../shared/progress.ts';
import type { Jobs } from '../jobs.ts';
import { attribute as attributed, attributionSites } from '../locate/attribution.ts';
import { lens as looked } from '../locate/lens.ts';
import type { AttributionReport, LensReport, TraceReport } from '../locate/report.ts';
import { readTranslators } from '../locate/translators.ts';
import { tracingSites } from '../locate/tracing.ts';
import { Walk } from '../locate/walk.ts';
import { largest } from '../runtime/sampling.ts';
import { locateSubject } from '../text/positions.ts';
import type { OpenModels } from './open-models.ts';
import { rowOf, tokensOf } from './rows.ts';
import { allScores, corruptedRuns, deviationOf, firstToken, settledFor, severedScores } from './tracing.ts';

/** Where a prompt's answer comes from: states of the clean run put back into runs whose subject is noise. */
export async function trace(models: OpenModels, params: Jobs['trace']['params'], context: JobContext): Promise<TraceReport> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { prompt, subject, subjects, answer } = params;
  const row = locateSubject(tokenizer, prompt, subject);
  const walk = await Walk.create(decoder, tracingSites(decoder.anatomy.layers.length));
  try {
    const settings = settledFor(decoder, params.settings);
    const deviation = await deviationOf(walk, tokenizer, subjects.length > 0 ? subjects : [subject]);
    const followed = answer === undefined ? undefined : firstToken(tokenizer, prompt, subject, answer);
    const { made, range } = await corruptedRuns(walk, row, settings, deviation.value, followed);
    const scores = await allScores(walk, made, settings, context);
    const cut =
      params.severed && (await severedScores(walk, row, made, { settings, deviation: deviation.value, how: params.severed }, context));
    return {
      prompt: fillPrompt(prompt, subject).text,
      tokens: tokensOf(tokenizer, row.ids, range),
      answer: { id: made.answer, text: tokenizer.tokenText(made.answer) },
      high: made.high,
      low: made.low,
      deviation,
      settings,
      scores,
      ...(cut ? { severed: cut } : {}),
    };
  } finally {
    await walk.release();
  }
}

/** What the model would say behind each block. */
export async function lens(models: OpenModels, params: Jobs['lens']['params']): Promise<LensReport> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { ids, watched: asked } = rowOf(decoder, tokenizer, params.prompt, params.watched);
  const walk = await Walk.create(decoder, []);
  try {
    const watched = asked.length > 0 ? asked : [await ownAnswer(walk, ids)];
    const { layers, hiddenSize } = decoder.anatomy;
    const translate = params.tuned === undefined ? undefined : readTranslators(params.tuned, layers.length, hiddenSize);
    const places = await looked(walk, ids, watched, params.top, translate);
    const seen = new Set(places.flat().flatMap(({ top }) => top.map(({ id }) => id)));
    return {
      prompt: params.prompt,
      tokens: tokensOf(tokenizer, ids),
      watched: watched.map((id) => ({ id, text: tokenizer.tokenText(id) })),
      places,
      ...(params.tuned === undefined ? {} : { tuned: basename(params.tuned) }),
      texts: Object.fromEntries([...seen].map((id) => [id, tokenizer.tokenText(id)])),
    };
  } finally {
    await walk.release();
  }
}

/** What each part of the model adds to the logits behind a prompt. */
export async function attribute(models: OpenModels, params: Jobs['attribute']['params']): Promise<AttributionReport> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { ids, watched: asked } = rowOf(decoder, tokenizer, params.prompt, params.watched);
  const walk = await Walk.create(decoder, attributionSites(decoder));
  try {
    const watched = asked.length > 0 ? asked : [await ownAnswer(walk, ids)];
    const found = await attributed(walk, ids, watched);
    const last = ids.length - 1;
    return {
      prompt: params.prompt,
      watched: watched.map((id) => ({ id, text: tokenizer.tokenText(id) })),
      embedding: found.embedding[last]!,
      attention: found.attention.map((layer) => layer[last]!),
      mlp: found.mlp.map((layer) => layer[last]!),
      heads: found.heads,
      headless: found.headless,
      headResidue: found.headResidue,
      constant: found.constant,
      total: found.total[last]!,
      residue: found.residue,
    };
  } finally {
    await walk.release();
  }
}

/** The model's likeliest next token, where no word is named to follow. */
async function ownAnswer(walk: Walk, ids: readonly number[]): Promise<number> {
  return largest(await walk.finish((await walk.start(ids, 1)).state), 1)[0]!;
}
