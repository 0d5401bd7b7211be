import type { Jobs } from '../jobs.ts';
import type { OpenModels } from './open-models.ts';
import type { Handlers } from '../serve.ts';
import { answers } from './answers.ts';
import { ask } from './ask.ts';
import { attention } from './attention.ts';
import { change } from './change.ts';
import { check } from './check.ts';
import { compareGraphs } from './compare-graphs.ts';
import { ablateUnit, dissect } from './dissect.ts';
import { convolutions, dissectImages, pictures } from './dissect-images.ts';
import { edit, settings } from './edit.ts';
import { adapter, exportModel, ggufAdapterFiles, onnxFolder, tensorsFile } from './export.ts';
import { facts } from './facts.ts';
import { ggufCheck } from './gguf-check.ts';
import { honest } from './honest.ts';
import { inspect } from './inspect.ts';
import { layers } from './layers.ts';
import { attribute, lens, trace } from './locate.ts';
import { near } from './near.ts';
import { ablate, patch } from './patch.ts';
import { traceFacts } from './trace-facts.ts';
import { steerCheck, steerControlVector, steerFit, steeringDefaults, steerPlan, steerRead, steerSweep } from './steer.ts';
import { cut, files, longer, ranges, tokens } from './quick.ts';
import { compare, rebuild } from './versions.ts';

/** Does the jobs on the models that a thread keeps open; the thread calls one at a time. */
export function handlersOn(models: OpenModels): Handlers<Jobs> {
  return {
    inspect: (params) => inspect(models, params),
    ask: (params, context) => ask(models, params, context),
    answers: (params, context) => answers(models, params, context),
    edit: (params, context) => edit(models, params, context),
    settings: (params) => settings(models, params),
    check: (params, context) => check(models, params, context),
    honest: (params, context) => honest(models, params, context),
    rebuild: (params, context) => rebuild(models, params, context),
    compare: (params) => compare(models, params),
    compareGraphs: (params, context) => compareGraphs(models, params, context),
    export: (params, context) => exportModel(models, params, context),
    adapter: (params) => adapter(models, params),
    ggufAdapter: (params) => ggufAdapterFiles(models, params),
    ggufCheck: (params, context) => ggufCheck(models, params, context),
    tensorsFile: (params) => tensorsFile(models, params),
    onnxFolder: (params, context) => onnxFolder(models, params, context),
    layers: (params, context) => layers(models, params, context),
    near: (params, context) => near(models, params, context),
    trace: (params, context) => trace(models, params, context),
    traceFacts: (params, context) => traceFacts(models, params, context),
    patch: (params, context) => patch(models, params, context),
    ablate: (params, context) => ablate(models, params, context),
    lens: (params) => lens(models, params),
    change: (params, context) => change(models, params, context),
    attention: (params) => attention(models, params),
    attribute: (params) => attribute(models, params),
    dissect: (params, context) => dissect(models, params, context),
    ablateUnit: (params, context) => ablateUnit(models, params, context),
    steeringDefaults: (params) => steeringDefaults(models, params),
    steerFit: (params, context) => steerFit(models, params, context),
    steerCheck: (params, context) => steerCheck(models, params, context),
    steerSweep: (params, context) => steerSweep(models, params, context),
    steerRead: (params, context) => steerRead(models, params, context),
    steerPlan: (params) => steerPlan(models, params),
    steerControlVector: (params) => steerControlVector(models, params),
    dissectImages,
    convolutions,
    pictures,
    facts,
    files,
    ranges,
    cut,
    longer,
    tokens,
  };
}
