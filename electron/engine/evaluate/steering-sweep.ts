import type { Report } from '../../../shared/progress.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { steered } from '../steer/apply.ts';
import type { SweepPoint, SweepReport } from '../steer/report.ts';
import type { Steering } from '../steer/steering.ts';
import { layersOf, scaled, within } from '../steer/variants.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { choicesOf, type SteeringMaterial, writtenAfter } from './steering-check.ts';
import { textShifts } from './text-shift.ts';

/** What a sweep goes through. */
export interface SweepPlan {
  /** Each layer alone too, beside all together. */
  readonly eachLayer: boolean;
  /** Times the fitted strength. */
  readonly scales: readonly number[];
  /** The greatest KL, in nats, that the best point may cost. */
  readonly limit: number | undefined;
}

/**
 * Effect and cost of a steering over layers and strengths. The best point is chosen on every other question, and told on the others too.
 */
export async function sweepSteering(
  decoder: Decoder,
  tokenizer: Tokenizer,
  steering: Steering,
  material: SteeringMaterial,
  plan: SweepPlan,
  report: Report,
): Promise<SweepReport> {
  const quiet: Report = { check: () => report.check(), progress: () => undefined };
  const measure = material.questions.length > 0 ? 'MC1' : 'words';
  const effects = async (of: Decoder): Promise<{ effect: number; heldOut: number | undefined }> => {
    const values = measure === 'MC1' ? (await choicesOf(of, tokenizer, material, quiet)).map(({ MC1 }) => MC1) : await wordsIn(of);
    const half = (odd: boolean) => values.filter((_, at) => (at % 2 === 1) === odd);
    const mean = (some: readonly number[]) => (some.length === 0 ? undefined : some.reduce((sum, x) => sum + x, 0) / some.length);
    return { effect: mean(half(false)) ?? 0, heldOut: mean(half(true)) };
  };
  const wordsIn = async (of: Decoder) =>
    (await writtenAfter(of, tokenizer, material.prompts, material.maxTokens, quiet)).map((text) =>
      Number(material.words.some((word) => text.toLowerCase().includes(word.toLowerCase()))),
    );
  const rows = material.texts.map((text) => tokenizer.encode(text)).filter(({ length }) => length > 1);
  const places: (number | undefined)[] = [undefined, ...(plan.eachLayer ? layersOf(steering) : [])];
  const points: SweepPoint[] = [];
  const base = await effects(decoder);
  const total = places.length * plan.scales.length;
  for (const layer of places)
    for (const scale of plan.scales) {
      report.check();
      report.progress('sweeping', points.length, total);
      const part = layer === undefined ? steering : within(steering, [layer])!;
      const changed = steered(decoder, scaled(part, scale));
      const shifts = await textShifts(decoder, changed, rows, quiet);
      const kl = shifts.length === 0 ? undefined : shifts.reduce((sum, one) => sum + one.kl, 0) / shifts.length;
      points.push({ ...(layer === undefined ? {} : { layer }), scale, ...(await effects(changed)), kl });
    }
  report.progress('sweeping', total, total);
  return { base, measure, points, best: bestOf(points, plan.limit), limit: plan.limit };
}

/** The greatest effect within the limit; of equal ones the cheapest. */
export function bestOf(points: readonly SweepPoint[], limit: number | undefined): SweepPoint | undefined {
  const within = points.filter(({ kl }) => limit === undefined || (kl ?? 0) <= limit);
  return [...within].sort((a, b) => b.effect - a.effect || (a.kl ?? 0) - (b.kl ?? 0))[0];
}
