import { writeDurably } from '../../storage/durable.ts';
import { explained } from '../../storage/file-errors.ts';
import { disk } from '../../storage/files.ts';
import type { JobContext } from '../../../shared/progress.ts';
import { partsSaid } from '../../../shared/steering/said.ts';
import type { Decoder } from '../decoder/decoder.ts';
import { versionHash } from '../decoder/version-hash.ts';
import { withDelta } from '../edit/delta.ts';
import { writeDelta } from '../edit/delta-file.ts';
import { measureSteering } from '../evaluate/steering-check.ts';
import { sweepSteering } from '../evaluate/steering-sweep.ts';
import type { Jobs } from '../jobs.ts';
import type { ModelRef, SteeringCandidate } from '../model-ref.ts';
import { readModelType } from '../onnx/model-config.ts';
import { steered } from '../steer/apply.ts';
import { bakePlan } from '../steer/bake.ts';
import { controlVectorOf } from '../steer/control-vector.ts';
import { readSteering, writeSteering } from '../steer/file.ts';
import { fitSteering } from '../steer/fit.ts';
import { writeControlVector } from '../steer/gguf.ts';
import { readAlong } from '../steer/reading.ts';
import type { Measured, ReadingReport, SteeringCheckReport, SteeringOutcome, SweepReport } from '../steer/report.ts';
import { steeringSettings } from '../steer/settings.ts';
import { orthogonalised } from '../steer/writers.ts';
import type { OpenModels } from './open-models.ts';
import { planSaid } from './plan-said.ts';
import { steeringOf } from './steering-of.ts';
import { tensorHash } from './tensor-hash.ts';

/** What a steering method would use where nobody chooses. */
export async function steeringDefaults(
  models: OpenModels,
  { model, method }: Jobs['steeringDefaults']['params'],
): Promise<Jobs['steeringDefaults']['result']> {
  const { decoder } = await models.open(model);
  return { settings: steeringSettings(method, {}, decoder.anatomy).used };
}

/** Fits a steering and keeps it, its control and, where it goes into the weights, its delta in files. */
export async function steerFit(models: OpenModels, params: Jobs['steerFit']['params'], context: JobContext): Promise<SteeringOutcome> {
  const started = performance.now();
  await models.forgetGenerators();
  const { decoder, tokenizer } = await models.open(params.model);
  const { method, choices, examples, tuning, heldOut, save } = params;
  const control = save.control !== undefined;
  const fitted = await fitSteering({ decoder, tokenizer, method, choices, examples, tuning, heldOut, control }, context);
  const { steering, readers, used, split, places, warnings } = fitted;
  const model = await versionHash(decoder);
  const about = { method, model, settings: [...used], readers: [...readers] };
  const files = explained(disk);
  await writeDurably(files, save.steering, writeSteering({ ...steering, about }));
  if (save.control !== undefined && fitted.control)
    await writeDurably(
      files,
      save.control,
      writeSteering({ ...fitted.control, about: { ...about, method: `${method}, shuffled labels`, readers: [] } }),
    );
  const others = fitted.weights
    ? orthogonalised(decoder, fitted.weights.direction, { biases: fitted.weights.biases, keepsHead: false })
    : [];
  const edited = withDelta(decoder, { weights: [], others });
  if (others.length > 0)
    await writeDelta(save.delta, { weights: [], others }, { method, model, hyperparameters: [...used], contexts: [], seed: 0, facts: [] });
  return {
    method,
    settings: used,
    model,
    groups: { train: split.train.length, validation: split.validation.length, heldOut: split.test.length },
    places,
    readers,
    parts: partsSaid(steering.intervention),
    weights: others.map(({ weight, kind }) => ({
      tensor: weight,
      kind,
      sha256Before: tensorHash(decoder, weight),
      sha256After: tensorHash(edited, weight),
    })),
    warnings,
    seconds: (performance.now() - started) / 1000,
  };
}

/** A steering beside what it is held against. */
export async function steerCheck(
  models: OpenModels,
  params: Jobs['steerCheck']['params'],
  context: JobContext,
): Promise<SteeringCheckReport> {
  await models.forgetGenerators();
  const { model, candidate, material, draws, prefix } = params;
  const { decoder: base, tokenizer } = await models.open(model);
  const measured: Measured[] = [];
  const texts = new Map<string, string[]>();
  const measure = async (what: Measured['what'], of: Decoder, draw?: number) => {
    context.check();
    const told = {
      ...context,
      progress: (phase: string, done: number, total: number) => context.progress(`${phase} (${what})`, done, total),
    };
    const found = await measureSteering(of, what === 'base' ? undefined : base, tokenizer, material, told, what === 'prompt' ? prefix : '');
    measured.push({ what, ...(draw === undefined ? {} : { draw }), measures: found.measures });
    if (draw === undefined || draw === 0) texts.set(what, found.written);
  };
  await measure('base', base);
  await measure('steered', (await models.open(withCandidate(model, candidate))).decoder);
  const own = candidate.delta === undefined ? readSteering(candidate.steering.file) : undefined;
  if (own && own.vectors.size > 0)
    for (let draw = 0; draw < draws; draw++)
      await measure('random', steered(base, steeringOf([{ ...candidate.steering, random: draw + 1 }])), draw);
  if (candidate.control !== undefined && own)
    await measure('shuffled', steered(base, steeringOf([{ ...candidate.steering, file: candidate.control }])));
  if (prefix !== undefined && prefix !== '') await measure('prompt', base);
  return {
    questions: material.questions.length,
    texts: material.texts.length,
    prompts: material.prompts.length,
    measured,
    written: material.prompts
      .slice(0, SHOWN)
      .map((prompt, at) => ({ prompt, texts: [...texts].map(([what, some]) => ({ what, text: some[at]! })) })),
  };
}
const SHOWN = 10;

/** Effect and cost over layers and strengths. */
export async function steerSweep(models: OpenModels, params: Jobs['steerSweep']['params'], context: JobContext): Promise<SweepReport> {
  await models.forgetGenerators();
  const { decoder, tokenizer } = await models.open(params.model);
  return sweepSteering(decoder, tokenizer, steeringOf([params.steering]), params.material, params.plan, context);
}

/** A version with a steering, or a delta, that is being tried on it. */
function withCandidate(model: ModelRef, { steering, delta }: SteeringCandidate): ModelRef {
  return delta === undefined ? { ...model, steering: [...(model.steering ?? []), steering] } : { ...model, delta };
}

/** A text read along the directions that a steering was fitted with. */
export async function steerRead(
  models: OpenModels,
  { model, file, text }: Jobs['steerRead']['params'],
  context: JobContext,
): Promise<ReadingReport> {
  const { decoder, tokenizer } = await models.open(model);
  const ids = tokenizer.encode(text);
  const { readers, tokens } = await readAlong(decoder, readSteering(file), ids, context);
  return { tokens: tokens.map((id) => ({ id, text: tokenizer.tokenText(id) })), readers };
}

/** How a steering would be carried into an exported model. */
export async function steerPlan(models: OpenModels, { model }: Jobs['steerPlan']['params']): Promise<Jobs['steerPlan']['result']> {
  const { unsteered } = await models.open(model);
  return { changes: planSaid(unsteered, bakePlan(unsteered, steeringOf(model.steering ?? []))) };
}

/** A steering as a control vector for llama.cpp. */
export async function steerControlVector(
  models: OpenModels,
  { model, save }: Jobs['steerControlVector']['params'],
): Promise<Jobs['steerControlVector']['result']> {
  const { base } = await models.open(model);
  const vector = controlVectorOf(steeringOf(model.steering ?? []), readModelType(base.source.folder) ?? '');
  await writeDurably(explained(disk), save, writeControlVector(vector));
  return { blocks: [...vector.directions.keys()].sort((a, b) => a - b) };
}
