import { given } from '../../shared/given.ts';
import { beginsWith } from '../engine/records.ts';
import type { WrittenFact } from './library-record.ts';
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
          return {
            prompt,
            version: version.id,
            next: [...answer.next],
            text: answer.text,
            pieces: [...answer.pieces],
            ...given({ writtenBy: writerOf(version.written(), prompt, answer.text) }),
          };
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

/**
 * The fact whose target an answer begins with, of a subject that the prompt names; the latest edit counts. Whether the model says it for
 * that reason alone cannot be known: it is what the edit wrote.
 */
export function writerOf(
  written: readonly WrittenFact[],
  prompt: string,
  answer: string,
): Pick<WrittenFact, 'entry' | 'subject' | 'target'> | undefined {
  const found = written.find(({ subject, target }) => subject !== '' && prompt.includes(subject) && beginsWith(answer, target));
  return found && { entry: found.entry, subject: found.subject, target: found.target };
}
