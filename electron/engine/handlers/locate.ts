import { EmendError } from '../../../shared/errors.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import type { JobContext } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import type { Jobs } from '../jobs.ts';
import { attribute as attributed, attributionSites } from '../locate/attribution.ts';
import { embeddingDeviation } from '../locate/embedding.ts';
import { lens as looked } from '../locate/lens.ts';
import { normalNoise } from '../locate/noise.ts';
import type { AttributionReport, LensReport, TextToken, TraceReport } from '../locate/report.ts';
import { runs, trace as traced, tracingSites } from '../locate/tracing.ts';
import { Walk } from '../locate/walk.ts';
import { largest } from '../runtime/sampling.ts';
import { locateSubject, rowWithTarget } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { OpenModels } from './open-models.ts';

/** Where a prompt's answer comes from: states of the clean run put back into runs whose subject is noise. */
export async function trace(models: OpenModels, params: Jobs['trace']['params'], context: JobContext): Promise<TraceReport> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { prompt, subject, subjects, answer, settings } = params;
  const row = locateSubject(tokenizer, prompt, subject);
  const range = [row.subjectFirst, row.subjectLast + 1] as const;
  const walk = await Walk.create(decoder, tracingSites(decoder.anatomy.layers.length));
  try {
    const known = (subjects.length > 0 ? subjects : [subject]).map((one) => {
      const { ids, leading } = tokenizer.encodeRow(one);
      return ids.slice(leading);
    });
    const value = await embeddingDeviation(walk, known);
    const { samples, seed, level, window, kinds } = settings;
    const noise = normalNoise(samples * (range[1] - range[0]) * decoder.anatomy.hiddenSize, seed).map((x) => x * level * value);
    const followed = answer === undefined ? undefined : firstToken(tokenizer, prompt, subject, answer);
    const made = await runs(walk, { ids: row.ids, subject: range, noise, samples }, followed);
    const layers = decoder.anatomy.layers.length;
    const scores: Record<string, number[][]> = {};
    for (const kind of kinds) {
      const flat = await traced(walk, made, kind, window, context);
      scores[kind] = row.ids.map((_, token) => [...flat.subarray(token * layers, (token + 1) * layers)]);
    }
    return {
      prompt: fillPrompt(prompt, subject).text,
      tokens: tokensOf(tokenizer, row.ids, range),
      answer: { id: made.answer, text: tokenizer.tokenText(made.answer) },
      high: made.high,
      low: made.low,
      deviation: { subjects: known.length, value },
      settings,
      scores,
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
    const places = await looked(walk, ids, watched, params.top);
    const seen = new Set(places.flat().flatMap(({ top }) => top.map(({ id }) => id)));
    return {
      prompt: params.prompt,
      tokens: tokensOf(tokenizer, ids, [0, 0]),
      watched: watched.map((id) => ({ id, text: tokenizer.tokenText(id) })),
      places,
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
      heads: found.heads.map((layer) => layer.map((head) => head[last]!)),
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

function rowOf(decoder: Decoder, tokenizer: Tokenizer, prompt: string, watched: readonly string[]) {
  const ids = tokenizer.encode(prompt);
  if (ids.length === 0) throw new EmendError('bad-input', 'The prompt is empty.', 'Write a prompt, such as "The capital of France is".');
  const found = watched.map((text) => rowWithTarget(tokenizer, prompt, text).targetIds[0]!);
  const strange = found.findIndex((id) => id >= decoder.anatomy.vocabulary);
  if (strange >= 0)
    throw new EmendError(
      'bad-input',
      `The model gives no logit for the first token of ${JSON.stringify(watched[strange])}.`,
      'Watch another word.',
    );
  return { ids, watched: found };
}

function firstToken(tokenizer: Tokenizer, prompt: string, subject: string, answer: string): number {
  return rowWithTarget(tokenizer, fillPrompt(prompt, subject).text, answer).targetIds[0]!;
}

function tokensOf(tokenizer: Tokenizer, ids: readonly number[], [first, end]: readonly [number, number]): TextToken[] {
  return ids.map((id, at) => ({ id, text: tokenizer.tokenText(id), isSubject: at >= first && at < end }));
}
