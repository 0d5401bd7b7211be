import type { Recipe } from '../../shared/contract/edits.ts';
import { fillPrompt, type Fact } from '../../shared/fact.ts';
import type { Jobs } from '../engine/jobs.ts';
import { spread } from './drift.ts';
import type { WrittenFact } from './library-record.ts';
import { core } from './model.ts';
import { readTaught, relationOf, type Taught } from './suggest.ts';
import type { Services, Surroundings } from './surroundings.ts';

type Part = Pick<Services, 'locating.near' | 'locating.layers'>;
type Candidate = Jobs['near']['params']['facts'][number]['candidates'][number];

/** Other subjects of a fact's relation that are looked at. */
const SUBJECTS = 200;

/** Looking at an edit before it is made. Nothing is changed, and nothing is recorded until somebody asks for it. */
export function beforehandService({ models, engine, jobs, grants, found }: Surroundings): Part {
  return {
    'locating.near': async ({ model: name, version: of, facts, covarianceText: text, most, ...recipe }) => {
      const model = await models.find(name);
      const version = model.at(of);
      const covarianceText = text === undefined ? model.material?.corpus : grants.path(text);
      return {
        job: jobs.start('locating.near', `What is near an edit of ${model.name}`, model.id, async (control) => {
          const taught = model.material && (await readTaught(model.material.facts));
          const asked = facts.map((fact) => ({ fact: core(fact), candidates: candidatesFor(fact, version.written(), taught) }));
          const ref = await version.ref(control);
          const result = await engine.run('near', { model: ref, facts: asked, covarianceText, name: model.name, most, ...recipe }, control);
          const about = facts.length === 1 ? thought(facts[0]!) : { facts: facts.length };
          const settings = { ...about, ...recorded(recipe), most };
          const finding = found.keep({ look: 'near', model: model.id, version: version.id, settings, result });
          return { version: version.id, finding, ...result };
        }),
      };
    },
    'locating.layers': async ({ model: name, version: of, fact, covarianceText: text, steps, samples, seed, level, window, ...recipe }) => {
      const model = await models.find(name);
      const version = model.at(of);
      const covarianceText = text === undefined ? model.material?.corpus : grants.path(text);
      return {
        job: jobs.start('locating.layers', `Where to edit ${model.name}`, model.id, async (control) => {
          const subjects = model.material ? (await readTaught(model.material.facts)).facts.map(({ subject }) => subject) : [];
          const settings = { samples, seed, level, window };
          const asked = { fact: core(fact), subjects, settings, steps, covarianceText, name: model.name, ...recipe };
          const result = await engine.run('layers', { model: await version.ref(control), ...asked }, control);
          const finding = found.keep({
            look: 'layers',
            model: model.id,
            version: version.id,
            settings: { ...thought(fact), ...recorded(recipe), ...settings, steps },
            result,
          });
          return { version: version.id, finding, ...result };
        }),
      };
    },
  };
}

/** The fact that an edit is thought of for, in short. */
function thought({ subject, prompt, target, previousTarget }: Fact) {
  return { prompt, subject, target, previousTarget };
}

/** How the edit would be made, as it is recorded; of a hyperparameter file its name. */
function recorded({ method, choices, hyperparameterFile }: Pick<Recipe, 'method' | 'choices' | 'hyperparameterFile'>) {
  return { method, choices, hyperparameterFile: hyperparameterFile?.name };
}

/** The fact's neighbours, other subjects of its relation, and facts that edits of the version wrote. */
function candidatesFor(fact: Fact, written: readonly WrittenFact[], taught: Taught | undefined): Candidate[] {
  const own = fillPrompt(fact.prompt, fact.subject).text;
  const neighbours = (fact.neighbors ?? []).map((one): Candidate => {
    const { prompt, target } = typeof one === 'string' ? { prompt: one } : one;
    return { prompt, from: 'neighbour', answer: target };
  });
  const relation = taught && relationOf(fact, taught);
  const known = taught?.facts.filter((one) => one.relation === relation && one.subject !== fact.subject) ?? [];
  const others = spread(known, SUBJECTS).map((one): Candidate => ({
    prompt: fillPrompt(fact.prompt, one.subject).text,
    from: 'relation',
    answer: one.object,
  }));
  const inForce = written.map(({ prompt, subject, target, entry }): Candidate => ({
    prompt: fillPrompt(prompt, subject).text,
    from: 'in force',
    answer: target,
    entry,
  }));
  const all = [...inForce, ...neighbours, ...others].filter(({ prompt }) => prompt.trim() !== '' && prompt !== own);
  return [...new Map(all.reverse().map((one) => [one.prompt, one])).values()].reverse();
}
