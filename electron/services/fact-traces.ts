import { EmendError } from '../../shared/errors.ts';
import { spread } from './drift.ts';
import type { Model } from './model.ts';
import type { Services, Surroundings } from './surroundings.ts';
import { type KnownFact, taughtFacts } from './taught.ts';

type Part = Pick<Services, 'locating.traceFacts'>;

/** Causal traces of many facts, averaged. Nothing is changed, and nothing is recorded until somebody asks for it. */
export function factTraceService({ models, engine, jobs, grants, found }: Surroundings): Part {
  return {
    'locating.traceFacts': async ({ model: name, version: of, facts: given, own, keep, ...settings }) => {
      const model = await models.find(name);
      const version = model.at(of);
      const file = keep === undefined ? undefined : grants.target(keep);
      return {
        job: jobs.start('locating.traceFacts', `Trace facts of ${model.name}`, model.id, async (control) => {
          const known = model.material && (await taughtFacts(model.material.facts));
          const facts = given.length > 0 ? given : ownFacts(model, known, own);
          const report = await engine.run(
            'traceFacts',
            {
              model: await version.ref(control),
              facts,
              subjects: known?.map(({ subject }) => subject) ?? [],
              settings,
              keep: file === undefined ? 'cache' : { file },
            },
            control,
          );
          const source = given.length > 0 ? 'the facts given' : `the facts of ${model.name}`;
          const result = { source, ...report };
          const finding = found.keep({
            look: 'factTraces',
            model: model.id,
            version: version.id,
            settings: { source, facts: facts.length, ...settings },
            result: { ...result, facts },
          });
          return { version: version.id, finding, ...result };
        }),
      };
    },
  };
}

function ownFacts(model: Model, known: readonly KnownFact[] | undefined, most: number): KnownFact[] {
  if (known) return spread(known, most);
  throw new EmendError(
    'bad-input',
    `No facts are known of ${model.name}.`,
    'Give facts that it knows: subject, prompt with {}, and its answer.',
  );
}
