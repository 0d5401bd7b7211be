import { EmendError } from '../../../shared/errors.ts';
import type { PatchKind } from '../../../shared/tracing.ts';
import type { JobContext } from '../../../shared/progress.ts';
import type { Jobs } from '../jobs.ts';
import { fromMean, fromRun, fromZero, outcomeOf, patched, patchSites, record, type Recorded, type Source } from '../locate/patching.ts';
import type { AblationReport, PatchGrids, PatchReport } from '../locate/report.ts';
import { Walk } from '../locate/walk.ts';
import { largest } from '../runtime/sampling.ts';
import type { OpenModels } from './open-models.ts';
import { rowOf, tokensOf } from './rows.ts';

/** Puts states of a clean prompt into the run of a counterfactual one and sees which bring the clean answer back. */
export async function patch(models: OpenModels, params: Jobs['patch']['params'], context: JobContext): Promise<PatchReport> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { kinds } = params;
  const from = rowOf(decoder, tokenizer, params.clean, params.answers.slice(0, 1));
  const into = rowOf(decoder, tokenizer, params.counterfactual, params.answers.slice(1));
  const walk = await Walk.create(decoder, patchSites(decoder, kinds));
  try {
    const clean = await record(walk, from.ids, kinds);
    const counterfactual = await record(walk, into.ids, kinds);
    const own = async (run: Recorded) => largest(await walk.logits(run.states.at(-1)!), 1)[0]!;
    const answers = [from.watched[0] ?? (await own(clean)), into.watched[0] ?? (await own(counterfactual))] as const;
    if (answers[0] === answers[1])
      throw new EmendError(
        'bad-input',
        `The answers to the two prompts begin with the same token, ${JSON.stringify(tokenizer.tokenText(answers[0]))}.`,
        'Name answers that differ in their first token, or prompts that are answered differently.',
      );
    return {
      clean: { prompt: params.clean, tokens: tokensOf(tokenizer, from.ids), outcome: await outcomeOf(walk, clean, answers) },
      counterfactual: {
        prompt: params.counterfactual,
        tokens: tokensOf(tokenizer, into.ids),
        outcome: await outcomeOf(walk, counterfactual, answers),
      },
      answers: answers.map((id) => ({ id, text: tokenizer.tokenText(id) })),
      alignment: from.ids.length === into.ids.length ? 'token by token' : 'from the end',
      grids: await grids(walk, counterfactual, fromRun(clean, into.ids.length), kinds, answers, context),
    };
  } finally {
    await walk.release();
  }
}

/** Takes single outputs away, or puts their average in place, and sees what becomes of the answers. */
export async function ablate(models: OpenModels, params: Jobs['ablate']['params'], context: JobContext): Promise<AblationReport> {
  const { decoder, tokenizer } = await models.open(params.model);
  const { kinds, prompt, how } = params;
  const { ids, watched } = rowOf(decoder, tokenizer, prompt, params.answers);
  const walk = await Walk.create(decoder, patchSites(decoder, kinds));
  try {
    const run = await record(walk, ids, kinds);
    const answers = watched.length > 0 ? watched : largest(await walk.logits(run.states.at(-1)!), 1);
    let source: Source = fromZero(run);
    if (how === 'mean') {
      const others: Recorded[] = [];
      for (const text of params.texts) {
        context.check();
        others.push(await record(walk, rowOf(decoder, tokenizer, text, []).ids, kinds));
      }
      source = fromMean(others);
    }
    return {
      prompt,
      tokens: tokensOf(tokenizer, ids),
      answers: answers.map((id) => ({ id, text: tokenizer.tokenText(id) })),
      how,
      outcome: await outcomeOf(walk, run, answers),
      grids: await grids(walk, run, source, kinds, answers, context),
    };
  } finally {
    await walk.release();
  }
}

async function grids(
  walk: Walk,
  run: Recorded,
  source: Source,
  kinds: readonly PatchKind[],
  answers: readonly number[],
  context: JobContext,
): Promise<PatchGrids> {
  const found: { -readonly [kind in keyof PatchGrids]: PatchGrids[kind] } = {};
  for (const kind of kinds) found[kind] = await patched(walk, run, source, kind, answers, context);
  return found;
}
