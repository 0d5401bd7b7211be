import type { Services, Surroundings } from './surroundings.ts';

type Part = Pick<Services, 'probing.ask' | 'probing.tokens'>;

/** Asking versions of models. */
export function probingService({ library, engine, jobs }: Surroundings): Part {
  return {
    'probing.ask': async ({ model: name, version: versionName = 'current', prompt, top, maxTokens, sampling }) => {
      const model = await library.find(name);
      const version = model.ledger.history.find(versionName);
      return {
        job: jobs.start('probing.ask', `Ask ${model.name}`, model.id, async (control) => {
          const answer = await engine.run('ask', { model: await model.ref(version, control), prompt, top, maxTokens, sampling }, control);
          return { prompt, version: version.id, next: [...answer.next], text: answer.text, pieces: [...answer.pieces] };
        }),
      };
    },
    'probing.tokens': async ({ model: name, text }) => {
      const model = await library.find(name);
      const { tokens } = await engine.run('tokens', { model: { folder: model.places.files }, text });
      return { tokens: [...tokens] };
    },
  };
}
