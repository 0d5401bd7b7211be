import type { JobContext } from '../../../shared/progress.ts';
import { clampFor, sharedDefaults } from '../edit/defaults.ts';
import { prepare, refuseBadFacts } from '../edit/prepare.ts';
import { tryLayers } from '../edit/search.ts';
import { editSettings } from '../edit/settings.ts';
import type { Jobs } from '../jobs.ts';
import { agreeing, levels, tells } from '../locate/agreement.ts';
import { tracingSites } from '../locate/tracing.ts';
import { Walk } from '../locate/walk.ts';
import { locateSubject } from '../text/positions.ts';
import type { OpenModels } from './open-models.ts';
import { allScores, corruptedRuns, deviationOf, settledFor } from './tracing.ts';

/** Where a fact may be edited: by the trace of its MLPs at the subject's last token, and by a short trial edit in each layer. */
export async function layers(models: OpenModels, params: Jobs['layers']['params'], context: JobContext): Promise<Jobs['layers']['result']> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { fact, steps, method, choices, hyperparameterFile, covarianceText, name } = params;
  refuseBadFacts([fact]);
  const { anatomy } = decoder;
  const settled = editSettings({ method, choices, hyperparameterFile }, anatomy, name);
  const traced = await traceBySubject(models, params, context);
  const open = anatomy.layers.flatMap(({ mlp }, layer) => (mlp.refusal ? [] : [layer]));
  const material = { decoder, tokenizer, facts: [fact], method, choices, hyperparameterFile, covarianceText, name };
  const { tokens, statistics } = await prepare(material, settled, open, context);
  const search = { ...sharedDefaults(anatomy), clamp: clampFor(anatomy, 0.75, 1.5), ...settled.settings };
  const work = { decoder, tokenizer, facts: [fact], tokens, settings: search, statistics, report: context };
  const trials = await tryLayers(work, open, steps);
  const found = anatomy.layers.map(({ mlp }, layer) => {
    const trial = trials.find((one) => one.layers[0] === layer);
    return {
      effect: traced.effects[layer]!,
      trial: trial && { efficacy: trial.efficacy, drift: trial.drift, score: trial.score },
      refusal: mlp.refusal?.reason,
    };
  });
  const views = found.map(({ effect, trial }) => ({ effect, score: trial?.score }));
  const agreed = traced.report.tells ? agreeing(views) : [];
  const best = agreed.toSorted((a, b) => views[b]!.score! - views[a]!.score!).slice(0, 1);
  return { ...traced.report, steps, layers: found, agreeing: agreed, suggested: settled.descriptor.layers === 'one' ? best : agreed };
}

/** The trace of the MLPs at the subject's last token, with as much of the noise asked for as lets it tell layers apart. */
async function traceBySubject(
  models: OpenModels,
  { model, fact, subjects, settings: asked }: Jobs['layers']['params'],
  context: JobContext,
) {
  const { decoder, tokenizer } = await models.open(model);
  const row = locateSubject(tokenizer, fact.prompt, fact.subject);
  const walk = await Walk.create(decoder, tracingSites(decoder.anatomy.layers.length));
  try {
    const deviation = await deviationOf(walk, tokenizer, subjects.length > 0 ? subjects : [fact.subject]);
    const trace = async (level: number) => {
      const settings = settledFor(decoder, { ...asked, level, kinds: ['mlp'] });
      const { made } = await corruptedRuns(walk, row, settings, deviation.value);
      const { mlp } = await allScores(walk, made, settings, context);
      const effects = mlp![row.subjectLast]!.map((score) => score - made.low);
      const answer = { id: made.answer, text: tokenizer.tokenText(made.answer) };
      const report = { answer, high: made.high, low: made.low, settings, tells: tells(effects, made.high - made.low) };
      return { effects, report };
    };
    const [first, ...less] = levels(asked.level);
    const full = await trace(first!);
    if (full.report.tells) return full;
    for (const level of less) {
      const found = await trace(level);
      if (found.report.tells) return found;
    }
    return full;
  } finally {
    await walk.release();
  }
}
