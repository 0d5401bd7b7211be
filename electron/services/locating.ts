import { basename } from 'node:path';
import type { JobMethodName, Parsed, Result } from '../../shared/contract.ts';
import { EmendError } from '../../shared/errors.ts';
import type { LookName } from '../../shared/looks.ts';
import type { JobName, Jobs, ModelRef } from '../engine/jobs.ts';
import type { Model } from './model.ts';
import { readTaught } from './suggest.ts';
import type { Services, Surroundings } from './surroundings.ts';

type Method = Extract<JobMethodName, `locating.${string}`>;
type Part = Pick<Services, 'locating.trace' | 'locating.lens' | 'locating.attribute' | 'locating.attention' | 'locating.change'>;

/** Seeing where a version of a model holds what it says. Nothing is changed, and nothing is recorded until somebody asks for it. */
export function locatingService({ models, engine, jobs, grants, found }: Surroundings): Part {
  /** A method that is one job of the engine on one version. */
  const looking =
    <M extends Method, N extends JobName>(
      method: M,
      look: LookName,
      job: N,
      title: (model: string) => string,
      asked: (params: Parsed<M>, ref: ModelRef, model: Model) => Promise<Jobs[N]['params']> | Jobs[N]['params'],
      /** What is recorded in place of a file's handle. */
      named: (params: Parsed<M>) => object = () => ({}),
    ) =>
    async (params: Parsed<M>): Promise<{ job: string }> => {
      const model = await models.find(params.model);
      const version = model.at(params.version);
      return {
        job: jobs.start(method, title(model.name), model.id, async (control) => {
          const result = await engine.run(job, await asked(params, await version.ref(control), model), control);
          const settings = { ...params, model: undefined, version: undefined, ...named(params) };
          const finding = found.keep({ look, model: model.id, version: version.id, settings, result });
          return { version: version.id, finding, ...result } as Result<M>;
        }),
      };
    };
  const path = (handle: string | undefined) => (handle === undefined ? undefined : grants.path(handle));
  return {
    'locating.trace': looking(
      'locating.trace',
      'trace',
      'trace',
      (name) => `Trace ${name}`,
      async ({ prompt, subject, answer, samples, seed, level, window, kinds, severed }, model, { material }) => ({
        model,
        prompt,
        subject,
        answer,
        subjects: material ? (await readTaught(material.facts)).facts.map((fact) => fact.subject) : [],
        settings: { samples, seed, level, window, kinds },
        severed,
      }),
    ),
    'locating.lens': looking(
      'locating.lens',
      'lens',
      'lens',
      (name) => `Look through ${name}`,
      ({ prompt, watched, top, tuned }, model) => ({ model, prompt, watched, top, tuned: path(tuned) }),
      ({ tuned }) => ({ tuned: tuned === undefined ? undefined : basename(grants.path(tuned)) }),
    ),
    'locating.attribute': looking(
      'locating.attribute',
      'attribution',
      'attribute',
      (name) => `Attribute in ${name}`,
      ({ prompt, watched }, model) => ({ model, prompt, watched }),
    ),
    'locating.attention': looking(
      'locating.attention',
      'attention',
      'attention',
      (name) => `Attention of ${name}`,
      ({ prompt, layer }, model) => ({ model, prompt, layer }),
    ),
    'locating.change': async ({ model: name, version: of, against: other, prompt, old, new: now }) => {
      const model = await models.find(name);
      const [version, against] = [model.at(of), model.at(other)];
      if (version.id === against.id)
        throw new EmendError('bad-input', 'A version was to be compared with itself.', 'Name two versions, such as "base" and "current".');
      return {
        job: jobs.start('locating.change', `What changed inside ${model.name}`, model.id, async (control) => {
          const refs = { model: await version.ref(control), against: await against.ref(control) };
          const result = await engine.run('change', { ...refs, prompt, old, new: now }, control);
          const settings = { prompt, against: against.id, old, new: now };
          const finding = found.keep({ look: 'change', model: model.id, version: version.id, settings, result });
          return { version: version.id, finding, against: against.id, ...result };
        }),
      };
    },
  };
}
