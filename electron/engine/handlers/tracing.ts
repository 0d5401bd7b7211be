import { fillPrompt } from '../../../shared/fact.ts';
import type { Report } from '../../../shared/progress.ts';
import { defaultWindow, type Severed, type TraceKind } from '../../../shared/tracing.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { embeddingDeviation } from '../locate/embedding.ts';
import { normalNoise } from '../locate/noise.ts';
import type { SeveredScores, TraceChoices, TraceSettings } from '../locate/report.ts';
import { type Runs, runs, severed, trace } from '../locate/tracing.ts';
import type { Walk } from '../locate/walk.ts';
import { rowWithTarget, type SubjectRow } from '../text/positions.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

/** The settings that a trace runs with. */
export function settledFor(decoder: Decoder, choices: TraceChoices): TraceSettings {
  return { ...choices, window: choices.window ?? defaultWindow(decoder.anatomy.layers.length) };
}

/** How much the embeddings of these subjects vary, each tokenised alone, as often as it occurs. */
export async function deviationOf(walk: Walk, tokenizer: Tokenizer, subjects: readonly string[]) {
  const rows = subjects.map((one) => {
    const { ids, leading } = tokenizer.encodeRow(one);
    return ids.slice(leading);
  });
  return { subjects: subjects.length, value: await embeddingDeviation(walk, rows) };
}

/**
 * A prompt clean and corrupted.
 * @param followed the answer's token; the model's own when left out
 * @param draw which noise of the seed's: the first, or the one that is drawn after it
 */
export async function corruptedRuns(walk: Walk, row: SubjectRow, settings: TraceSettings, deviation: number, followed?: number, draw = 0) {
  const { samples, seed, level } = settings;
  const range = [row.subjectFirst, row.subjectLast + 1] as const;
  const count = samples * (range[1] - range[0]) * walk.decoder.anatomy.hiddenSize;
  const noise = normalNoise((draw + 1) * count, seed)
    .subarray(draw * count)
    .map((x) => x * level * deviation);
  return { range, made: await runs(walk, { ids: row.ids, subject: range, noise, samples }, followed) };
}

/** The grids of all kinds asked for: kind → [tokens][layers]. */
export async function allScores(walk: Walk, made: Runs, { kinds, window }: TraceSettings, report: Report) {
  const layers = walk.decoder.anatomy.layers.length;
  const scores: Partial<Record<TraceKind, number[][]>> = {};
  for (const kind of kinds) {
    const flat = await trace(walk, made, kind, window, report);
    scores[kind] = Array.from({ length: flat.length / layers }, (_, token) => [...flat.subarray(token * layers, (token + 1) * layers)]);
  }
  return scores;
}

/** What a severed trace is made with. */
interface SeveredAsked {
  readonly settings: TraceSettings;
  readonly deviation: number;
  readonly how: Severed;
}

/** Severed traces at the subject's last token. @param made the first draw's runs, which supply what MLPs and attention are held at */
export async function severedScores(
  walk: Walk,
  row: SubjectRow,
  made: Runs,
  { settings, deviation, how }: SeveredAsked,
  report: Report,
): Promise<SeveredScores> {
  const token = row.subjectLast;
  const scored = how === 'meant' ? made : (await corruptedRuns(walk, row, settings, deviation, made.answer, 1)).made;
  const ordinary = await severed(walk, made, undefined, [token], report);
  const mlp = await severed(walk, scored, 'mlp', [token], report, made);
  const attention = await severed(walk, scored, 'attention', [token], report, made);
  return { how, token, ordinary: [...ordinary], mlp: [...mlp], attention: [...attention] };
}

/** The first token of an answer behind a filled prompt. */
export function firstToken(tokenizer: Tokenizer, prompt: string, subject: string, answer: string): number {
  return rowWithTarget(tokenizer, fillPrompt(prompt, subject).text, answer).targetIds[0]!;
}
