import { EmendError } from '../../shared/errors.ts';
import { spread } from './drift.ts';
import type { Model } from './model.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { taughtPrompts } from './taught.ts';

type Part = Pick<Services, 'locating.patch' | 'locating.ablate'>;

/** Texts of the model's own that an average is taken over: some hundreds of tokens. */
const TEXTS = 60;

/** Putting other states into a run, and seeing what it then says. Nothing is changed, nothing recorded until somebody asks for it. */
export function patchingService({ models, engine, jobs, found }: Surroundings): Part {
  return {
    'locating.patch': async ({ model: name, version: of, ...asked }) => {
      const model = await models.find(name);
      const version = model.at(of);
      return {
        job: jobs.start('locating.patch', `Patch runs of ${model.name}`, model.id, async (control) => {
          const result = await engine.run('patch', { model: await version.ref(control), ...asked }, control);
          const finding = found.keep({ look: 'patch', model: model.id, version: version.id, settings: asked, result });
          return { version: version.id, finding, ...result };
        }),
      };
    },
    'locating.ablate': async ({ model: name, version: of, prompt, watched, kinds, how, texts }) => {
      const model = await models.find(name);
      const version = model.at(of);
      return {
        job: jobs.start('locating.ablate', `Ablate parts of ${model.name}`, model.id, async (control) => {
          const averaged = how === 'zero' ? [] : texts.length > 0 ? texts : await ownTexts(model);
          const asked = { prompt, answers: watched, kinds, how, texts: averaged };
          const report = await engine.run('ablate', { model: await version.ref(control), ...asked }, control);
          const result = { texts: averaged.length, ...report };
          const finding = found.keep({
            look: 'ablation',
            model: model.id,
            version: version.id,
            settings: { prompt, watched, kinds, how, texts: averaged.length },
            result: { ...result, averaged },
          });
          return { version: version.id, finding, ...result };
        }),
      };
    },
  };
}

async function ownTexts(model: Model): Promise<string[]> {
  const found = model.material && spread(await taughtPrompts(model.material.facts), TEXTS);
  if (found) return found;
  throw new EmendError(
    'bad-input',
    `No texts are known of ${model.name} that outputs could be averaged over.`,
    'Give some texts, or put zero in place.',
  );
}
