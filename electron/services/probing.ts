import type { Services, Surroundings } from './surroundings.ts';

type Part = Pick<Services, 'probing.inspect' | 'probing.ask' | 'probing.tokens'>;

/** Asking versions of models. */
export function probingService({ models, engine, jobs }: Surroundings): Part {
  return {
    'probing.inspect': async ({ model: name }) => {
      const model = await models.find(name);
      return {
        job: jobs.start('probing.inspect', `Look into ${model.name}`, model.id, async (control) => {
          const found = await engine.run('inspect', { model: { folder: model.files } }, control);
          return { ...found, layers: found.layers.map((layer) => ({ ...layer })), warnings: [...found.warnings] };
        }),
      };
    },
    'probing.ask': async ({ model: name, version: versionName = 'current', prompt, top, maxTokens, sampling, chat }) => {
      const model = await models.find(name);
      const version = model.at(versionName);
      return {
        job: jobs.start('probing.ask', `Ask ${model.name}`, model.id, async (control) => {
          const answer = await engine.run('ask', { model: await version.ref(control), prompt, top, maxTokens, sampling, chat }, control);
          return { prompt, version: version.id, next: [...answer.next], text: answer.text, pieces: [...answer.pieces] };
        }),
      };
    },
    'probing.tokens': async ({ model: name, text }) => {
      const model = await models.find(name);
      const { tokens } = await engine.run('tokens', { model: { folder: model.files }, text });
      return { tokens: [...tokens] };
    },
  };
}
