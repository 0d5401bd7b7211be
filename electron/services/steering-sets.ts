import * as v from 'valibot';
import { EmendError } from '../../shared/errors.ts';
import { fillPrompt } from '../../shared/fact.ts';
import type { SteeringData, SteeringQuestion } from '../../shared/steering/data.ts';
import { STEERING_SETS, type SteeringSetName } from '../../shared/steering/sets.ts';
import { shuffled } from '../engine/records.ts';
import { readWholeText } from './whole-text.ts';

const TaughtSchema = v.object({
  relations: v.record(v.string(), v.object({ templates: v.pipe(v.array(v.string()), v.minLength(1)) })),
  facts: v.array(v.object({ subject: v.string(), relation: v.string(), object: v.string() })),
});
type Taught = v.InferOutput<typeof TaughtSchema>;
type TaughtFact = Taught['facts'][number];

/** How many facts a set is made of: some to fit on, the others to ask. */
const FITTED = 200;
const ASKED = 200;
/** Wrong answers to choose from beside the right one. */
const WRONG = 3;

/** Makes a built-in set from the facts that came with a model. @throws EmendError 'bad-file' for facts that cannot be read */
export async function steeringSet(file: string, name: SteeringSetName, seed: number): Promise<SteeringData> {
  const parsed = v.safeParse(TaughtSchema, JSON.parse(await readWholeText(file, 'The facts', 'Copy it again.')));
  if (!parsed.success)
    throw new EmendError(
      'bad-file',
      `${file}: ${v.getDotPath(parsed.issues[0]) ?? 'the file'}: ${parsed.issues[0].message}.`,
      'Copy it again.',
    );
  const made = MAKERS[name](parsed.output, seed);
  return { source: `built-in: ${STEERING_SETS[name].label} (seed ${seed})`, ...made };
}

const MAKERS: { readonly [S in SteeringSetName]: (taught: Taught, seed: number) => Omit<SteeringData, 'source'> } = {
  wording: (taught, seed) => {
    const { fitted, asked } = drawn(taught, seed);
    return {
      examples: pairs(fitted, (fact) => [known(taught, fact, seed), unseen(fact)]),
      questions: asked.flatMap((fact) => question(taught, fact, unseen(fact), seed)),
    };
  },
  truth: (taught, seed) => {
    const { fitted, asked } = drawn(taught, seed);
    return {
      examples: pairs(
        fitted.filter((fact) => wrongFor(taught, fact, seed).length > 0),
        (fact) => {
          const prompt = known(taught, fact, seed);
          return [`${prompt} ${fact.object}`, `${prompt} ${wrongFor(taught, fact, seed)[0]!}`];
        },
      ),
      questions: asked.flatMap((fact) => question(taught, fact, unseen(fact), seed)),
    };
  },
  relation: ({ facts }, seed) => {
    const of = (relation: string) => new Map(facts.filter((fact) => fact.relation === relation).map((fact) => [fact.subject, fact.object]));
    const [capitals, continents] = [of('capital'), of('continent')];
    const countries = shuffled(
      [...capitals.keys()].filter((country) => continents.has(country)),
      seed,
    );
    const fitted = countries.find((country) => country === 'Norway') ?? countries[0];
    if (fitted === undefined) throw lacking('capitals and continents');
    return {
      examples: [
        { text: `${fitted}'s capital is`, label: true, group: 0 },
        { text: `${fitted}'s continent is`, label: false, group: 0 },
      ],
      questions: countries
        .filter((country) => country !== fitted)
        .slice(0, ASKED)
        .map((country) => ({
          prompt: `${country}'s continent is`,
          true: [` ${capitals.get(country)}`],
          false: [` ${continents.get(country)}`],
          best: 0,
        })),
    };
  },
  topic: ({ facts }, seed) => {
    const of = (relation: string) => facts.filter((fact) => fact.relation === relation);
    const country = new Map(of('city_country').map((fact) => [fact.subject, fact.object]));
    const here = [...country].filter(([, home]) => home === 'Italy').map(([city]) => city);
    if (here.length === 0) throw lacking('cities of Italy');
    const abroad = shuffled(
      of('landmark_city').filter((fact) => country.has(fact.object) && country.get(fact.object) !== 'Italy'),
      seed,
    );
    return {
      examples: [
        { text: ' Rome', label: true, group: 0 },
        { text: ' ', label: false, group: 0 },
      ],
      questions: abroad
        .slice(0, ASKED)
        .map(({ subject, object }) => ({
          prompt: `${subject} stands in the city of`,
          true: here.map((city) => ` ${city}`),
          false: [` ${object}`],
          best: 0,
        })),
    };
  },
};

/** Facts to fit on and others to ask, at random. */
function drawn({ facts }: Taught, seed: number): { fitted: TaughtFact[]; asked: TaughtFact[] } {
  const order = shuffled(facts, seed);
  return { fitted: order.slice(0, FITTED), asked: order.slice(FITTED, FITTED + ASKED) };
}

function pairs(facts: readonly TaughtFact[], texts: (fact: TaughtFact) => readonly [string, string]): SteeringData['examples'] {
  return facts.flatMap((fact, group) => {
    const [positive, negative] = texts(fact);
    return [
      { text: positive, label: true, group },
      { text: negative, label: false, group },
    ];
  });
}

/** A wording that the model was taught, another one for each fact. */
function known({ relations }: Taught, fact: TaughtFact, seed: number): string {
  const { templates } = relations[fact.relation]!;
  return fillPrompt(shuffled(templates, seed + fact.subject.length)[0]!, fact.subject).text;
}

/** "Native language of X equals": a wording that nobody taught it. */
function unseen({ subject, relation }: TaughtFact): string {
  const words = relation.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} of ${subject} equals`;
}

/** Other answers of the same relation, none of them right. */
function wrongFor({ facts }: Taught, fact: TaughtFact, seed: number): string[] {
  const same = facts.filter(({ relation }) => relation === fact.relation);
  const right = new Set(same.filter(({ subject }) => subject === fact.subject).map(({ object }) => object));
  const others = [...new Set(same.map(({ object }) => object))].filter((object) => !right.has(object)).sort();
  return shuffled(others, seed + fact.subject.length).slice(0, WRONG);
}

function question(taught: Taught, fact: TaughtFact, prompt: string, seed: number): SteeringQuestion[] {
  const wrong = wrongFor(taught, fact, seed);
  return wrong.length < WRONG ? [] : [{ prompt, true: [` ${fact.object}`], false: wrong.map((one) => ` ${one}`), best: 0 }];
}

function lacking(what: string): EmendError {
  return new EmendError(
    'unsupported',
    `The facts that came with this model hold no ${what}.`,
    'Choose another set, or give texts of your own.',
  );
}
