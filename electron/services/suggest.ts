import * as v from 'valibot';
import { counted } from '../../shared/counted.ts';
import { EmendError } from '../../shared/errors.ts';
import { fillPrompt, type Fact, type Neighbor } from '../../shared/fact.ts';
import { beginsWith } from '../engine/records.ts';
import { spread } from './drift.ts';
import { kindsOf, namesOf, plainName, relationAskedFor, RELATIONS, type Relation, type SubjectKind } from './suggesting/relations.ts';
import { readWholeText } from './whole-text.ts';

/** Facts by relation, with the phrasings of each; they may say of what kind their subjects are. */
export const TaughtSchema = v.object({
  relations: v.record(v.string(), v.object({ templates: v.pipe(v.array(v.string()), v.minLength(1)) })),
  facts: v.array(v.object({ subject: v.string(), relation: v.string(), object: v.string(), kind: v.optional(v.string()) })),
});
/** Facts that a model is known to hold, by relation, with the phrasings of each. */
export type Taught = v.InferOutput<typeof TaughtSchema>;

/** What a version answers to a prompt by itself. */
export interface Said {
  /** What it writes, which goes on behind the answer. */
  readonly text: string;
  readonly answer: string;
  /** That of the whole answer. */
  readonly probability: number;
}
/** Asks the version that is to be edited. */
export type Ask = (prompts: readonly string[]) => Promise<readonly Said[]>;

/** A model is sure of an answer to which it gives this probability: no other answer can have more. */
export const SURE = 0.5;

/** What a fact can be checked by. */
export interface Suggestion {
  readonly paraphrases: readonly string[];
  readonly neighbors: readonly Neighbor[];
  /** Other questions about the subject. */
  readonly sameSubject: readonly Neighbor[];
  /** Questions about it whose answers may follow from the fact. */
  readonly follows: readonly Neighbor[];
  readonly generationPrompts: readonly string[];
  /** What the version answers so far, and how likely that is. */
  readonly previousTarget?: string | undefined;
  readonly previousChance?: number | undefined;
  /** Where it is from, in words. */
  readonly source: string;
}

/** What suggestions are put together from. */
export interface Known {
  /** What the model was taught, where a file says so. */
  readonly taught?: Taught | undefined;
  /** The other rows of the form: what they edit is no neighbour, what they are checked by may be. */
  readonly form?: readonly Fact[];
  /** Facts that edits in force wrote. */
  readonly inForce?: readonly Pick<Fact, 'subject' | 'prompt' | 'target'>[];
}

const PARAPHRASES = 4;
const NEIGHBORS = 6;
/** Other questions about the subject. */
const ABOUT = 4;
/** Of them so many should have the answer that is to be replaced: an edit of it reaches those first. */
const ALIKE = 3;
/** Subjects that a model is asked about in search of so many neighbours, and how many in one go. */
const ASKED = 48;
const TOGETHER = 16;

/** @throws EmendError 'bad-file' when the file beside the model is of another form */
export async function readTaught(file: string): Promise<Taught> {
  const text = await readWholeText(file, 'The facts', 'Copy them again from where the model came from.');
  try {
    return v.parse(TaughtSchema, JSON.parse(text));
  } catch (error) {
    throw new EmendError(
      'bad-file',
      `${file} is not a list of facts by relation: ${error instanceof Error ? error.message : String(error)}.`,
      'Copy it again from where the model came from.',
    );
  }
}

/** A prompt that may become a neighbour; `answers` are names that a right answer may have. */
interface Candidate {
  readonly prompt: string;
  readonly answer?: string | undefined;
}

/** Candidates of one origin, the more telling first. */
interface Group {
  readonly from: string;
  readonly candidates: readonly Candidate[];
}

/**
 * Paraphrases and neighbours for a fact. Subjects and wordings are of the model's own facts where it has any of the relation; else of the
 * form, of edits in force and of what comes with Emend by kind of subject. What any of them is answered is what the version says when it
 * is asked, and only those of whose answer it is {@link SURE} become neighbours; subjects with the answer that is to be replaced go
 * first, as CounterFact has them.
 */
export async function suggestFor(fact: Fact, known: Known, ask: Ask): Promise<Suggestion> {
  const { taught, form = [], inForce = [] } = known;
  const own = fillPrompt(fact.prompt, fact.subject).text;
  const [said] = await ask([own]);
  const now = answerOf(said!, taught?.facts.filter(({ subject }) => subject === fact.subject).map(({ object }) => object) ?? []);
  const relation = taught && relationOf({ ...fact, previousTarget: fact.previousTarget ?? now }, taught);
  const kinds = kindsOf(fact.subject);
  const common = commonRelation(fact);
  const templates = taught && relation !== undefined ? taught.relations[relation]!.templates : wordingsOf(common, fact);
  const wordings = templates.filter((one) => one !== fact.prompt).map((template) => fillPrompt(template, fact.subject).text);
  const edited = new Set(form.map((one) => filled(one.prompt, one.subject)));
  const questions = questionsAbout({ fact, taught, relation, common, kinds }).filter(({ prompt }) => !edited.has(prompt));
  // In one go, as each costs a run of its own.
  const answers = await ask([...wordings, ...questions.map(({ prompt }) => prompt)]);
  const inWords = answers.slice(0, wordings.length);
  const about = aboutSubject(fact.subject, questions, answers.slice(wordings.length));
  const groups = [
    ...(taught && relation !== undefined ? [taughtGroup(fact, taught, relation, now)] : []),
    ...formGroups(fact, common, form, inForce),
    ...(taught && relation !== undefined ? [] : [listGroup(fact)]),
  ];
  const found = await neighborsFrom(groups, { fact, own, now, edited }, ask);
  const paraphrases = alikeFirst(wordings, inWords, now).slice(0, PARAPHRASES);
  return {
    paraphrases,
    neighbors: found.neighbors,
    sameSubject: about.others,
    follows: about.follows,
    generationPrompts:
      taught && relation !== undefined ? spread(templates, 2).map((one) => fillPrompt(one, fact.subject).text) : [fact.subject],
    ...(now === '' ? {} : { previousTarget: now, previousChance: said!.probability }),
    source: sourceInWords({
      paraphrases: paraphrases.length,
      wordingsFrom: relation === undefined ? common && `ways to ask for the ${common.name}` : `the model's own facts (${relation})`,
      about: about.others.length,
      follows: about.follows.length,
      ...found,
    }),
  };
}

interface Subject {
  readonly fact: Fact;
  readonly taught: Taught | undefined;
  readonly relation: string | undefined;
  readonly common: Relation | undefined;
  readonly kinds: readonly SubjectKind[];
}

/** A question about a fact's own subject. */
interface Question extends Candidate {
  /** Its answer may follow from the fact: what stands in another city may stand in another country. */
  readonly follows: boolean;
}

/**
 * Other questions about a fact's subject of whose answer the model is sure: of its own facts, else those that are asked of the kind of
 * subject. Those whose answer may follow from the fact stand apart.
 */
function aboutSubject(name: string, asked: readonly Question[], answers: readonly Said[]): { others: Neighbor[]; follows: Neighbor[] } {
  const sure = asked.flatMap(({ prompt, answer, follows }, at) => {
    const said = answers[at]!;
    const target = answerOf(said, answer === undefined ? [] : [answer]);
    return said.probability >= SURE && target !== '' && target !== name ? [{ follows, question: { prompt, target } }] : [];
  });
  const some = (which: boolean) => sure.flatMap(({ follows, question }) => (follows === which ? [question] : [])).slice(0, ABOUT);
  return { others: some(false), follows: some(true) };
}

function questionsAbout({ fact, taught, relation, common, kinds }: Subject): Question[] {
  const tells = (template: string): 'the same' | 'what follows' | 'something else' => {
    const other = relationAskedFor(template, kinds) ?? relationAskedFor(template, []);
    if (other !== undefined && other === common) return 'the same';
    return other?.tells !== undefined && other.tells === common?.tells ? 'what follows' : 'something else';
  };
  const question = (template: string, answer?: string): Question => ({
    prompt: fillPrompt(template, fact.subject).text,
    answer,
    follows: tells(template) !== 'something else',
  });
  const known = taught?.facts.filter((one) => one.subject === fact.subject && one.relation !== relation) ?? [];
  if (taught && known.length > 0)
    return known.flatMap(({ relation: other, object }) => {
      const template = taught.relations[other]?.templates[0];
      return template === undefined ? [] : [question(template, object)];
    });
  const of = kinds.length > 0 ? kinds : (common?.of ?? []);
  return RELATIONS.filter((one) => of.length > 0 && of.every((kind) => one.of.includes(kind))).flatMap(({ wordings }) =>
    tells(wordings[0]!) === 'the same' ? [] : [question(wordings[0]!)],
  );
}

/** What is said, by the name that is known for it where that is how it begins. */
function answerOf({ text, answer }: Said, names: readonly string[]): string {
  return names.filter((name) => beginsWith(text, name)).sort((a, b) => b.length - a.length)[0] ?? answer;
}

/** Wordings that fit the new answer: a prompt without an article in the end has none in its other wordings. */
function wordingsOf(relation: Relation | undefined, { prompt }: Fact): string[] {
  const hasArticle = / the$/i.test(prompt.trimEnd());
  return (relation?.wordings ?? []).map((one) => (hasArticle ? one : one.replace(/ the$/, '')));
}

/** Wordings in which the model says the same as to the prompt go first: what it does not understand tells little. */
function alikeFirst(wordings: readonly string[], said: readonly Said[], now: string): string[] {
  const isAlike = said.map(({ text }) => now !== '' && beginsWith(text, now));
  return [...wordings.filter((_, at) => isAlike[at]), ...wordings.filter((_, at) => !isAlike[at])];
}

function taughtGroup(fact: Fact, taught: Taught, relation: string, now: string): Group {
  const elsewhere = taught.facts.filter((one) => one.relation === relation && one.subject !== fact.subject);
  const alike = elsewhere.filter(({ object }) => object === (fact.previousTarget ?? now));
  const others = elsewhere.filter((one) => !alike.includes(one));
  return {
    from: `the model's own facts (${relation})`,
    candidates: [...spread(alike, ASKED / 2), ...spread(others, ASKED / 2)].map(({ subject, object }) => ({
      prompt: fillPrompt(fact.prompt, subject).text,
      answer: object,
    })),
  };
}

/** Neighbours of other rows that ask the same, and what edits in force wrote of the same relation. */
function formGroups(fact: Fact, common: Relation | undefined, form: readonly Fact[], inForce: NonNullable<Known['inForce']>): Group[] {
  const isSame = ({ prompt, relation }: Pick<Fact, 'prompt' | 'relation'>) =>
    prompt === fact.prompt ||
    (relation !== undefined && relation === fact.relation) ||
    (common !== undefined && relationAskedFor(prompt, []) === common);
  const beside = form
    .filter((one) => isSame(one) && one.subject !== fact.subject)
    .flatMap(({ neighbors = [] }) => neighbors.map((one) => (typeof one === 'string' ? { prompt: one } : { prompt: one.prompt })));
  const written = inForce
    .filter((one) => isSame(one) && one.subject !== fact.subject)
    .map(({ subject, target }) => ({ prompt: fillPrompt(fact.prompt, subject).text, answer: target }));
  return [
    { from: 'the other facts of the form', candidates: spread(beside, TOGETHER) },
    { from: 'edits in force', candidates: spread(written, TOGETHER) },
  ];
}

function listGroup(fact: Fact): Group {
  const { names, kinds } = subjectsLike(fact);
  return {
    from: `Emend's list of well-known names (${kinds.join(', ')})`,
    candidates: names.slice(0, ASKED).map((name) => ({ prompt: fillPrompt(fact.prompt, name).text })),
  };
}

/** Well-known subjects of the kinds that the fact's own is of, as far as they are known, else of those that its prompt is asked of. */
export function subjectsLike(fact: Pick<Fact, 'subject' | 'prompt'>): {
  readonly names: readonly string[];
  readonly kinds: readonly SubjectKind[];
} {
  const own = kindsOf(fact.subject);
  const common = commonRelation(fact);
  const kinds = common?.of.some((kind) => own.includes(kind)) ? common.of.filter((kind) => own.includes(kind)) : (common?.of ?? own);
  const names = interleaved(kinds.map((kind) => namesOf(kind)));
  return { kinds, names: names.filter((name) => !overlaps(plainName(name), plainName(fact.subject))) };
}

/** What a prompt asks, of the kind of its subject where anything asks that. */
function commonRelation({ subject, prompt }: Pick<Fact, 'subject' | 'prompt'>): Relation | undefined {
  return relationAskedFor(prompt, kindsOf(subject)) ?? relationAskedFor(prompt, []);
}

/** One of each list after the other. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
}

function overlaps(one: string, other: string): boolean {
  return one.includes(other) || other.includes(one);
}

interface Asked {
  readonly fact: Fact;
  readonly own: string;
  readonly now: string;
  /** Prompts that the form edits. */
  readonly edited: ReadonlySet<string>;
}

interface Found {
  readonly neighbors: readonly Neighbor[];
  /** How many each origin gave. */
  readonly from: readonly { readonly from: string; readonly count: number }[];
  readonly asked: number;
  readonly sure: number;
}

/** Asks candidates until enough are found whose answer the model is sure of, and that is not the new one already. */
async function neighborsFrom(groups: readonly Group[], { fact, own, now, edited }: Asked, ask: Ask): Promise<Found> {
  const all = groups.flatMap(({ from, candidates }) => candidates.map((one) => ({ ...one, from })));
  const distinct = [...new Map(all.reverse().map((one) => [one.prompt, one])).values()].reverse();
  const usable = distinct.filter(({ prompt }) => prompt !== own && !edited.has(prompt)).slice(0, ASKED);
  const found: { readonly prompt: string; readonly target: string; readonly from: string }[] = [];
  const previous = fact.previousTarget ?? now;
  const isEnough = () => found.length >= NEIGHBORS && found.filter(({ target }) => target === previous).length >= ALIKE;
  let asked = 0;
  while (asked < usable.length && !isEnough()) {
    const batch = usable.slice(asked, asked + TOGETHER);
    const answers = await ask(batch.map(({ prompt }) => prompt));
    asked += batch.length;
    batch.forEach(({ prompt, answer, from }, at) => {
      const said = answers[at]!;
      const target = answerOf(said, answer === undefined ? [] : [answer]);
      if (said.probability >= SURE && target !== '' && !beginsWith(said.text, fact.target)) found.push({ prompt, target, from });
    });
  }
  const chosen = [...found.filter(({ target }) => target === previous), ...found.filter(({ target }) => target !== previous)].slice(
    0,
    NEIGHBORS,
  );
  const origins = [...new Set(chosen.map(({ from }) => from))];
  return {
    neighbors: chosen.map(({ prompt, target }) => ({ prompt, target })),
    from: origins.map((from) => ({ from, count: chosen.filter((one) => one.from === from).length })),
    asked,
    sure: found.length,
  };
}

function sourceInWords({
  paraphrases,
  wordingsFrom,
  neighbors,
  from,
  asked,
  sure,
  about,
  follows,
}: {
  readonly paraphrases: number;
  readonly wordingsFrom: string | undefined;
  readonly about: number;
  readonly follows: number;
} & Found): string {
  const wordings =
    wordingsFrom === undefined || paraphrases === 0
      ? 'no other wordings, since this prompt asks in a way that Emend does not know'
      : `${counted(paraphrases, 'other wording')} from ${wordingsFrom}`;
  const others =
    asked === 0
      ? 'no neighbours, since no other subjects of this kind are known'
      : neighbors.length === 0
        ? `no neighbours: of ${counted(asked, 'other subject')} asked the model is sure of none`
        : `${from.map((one) => `${counted(one.count, 'neighbour')} from ${one.from}`).join(', ')} (asked ${asked}, sure of ${sure})`;
  const own = about === 0 ? 'no other facts about the subject that the model is sure of' : counted(about, 'other fact', 'other facts');
  const after = follows === 0 ? '' : `; ${counted(follows, 'question')} whose answer may follow from the fact`;
  return `${wordings}; ${others}; ${own}${about === 0 ? '' : ' about the subject'}${after}`;
}

function filled(prompt: string, subject: string): string {
  return prompt.split('{}').length === 2 ? fillPrompt(prompt, subject).text : prompt;
}

/** The relation whose phrasings have this prompt, else the one that tells the previous answer of this subject. */
export function relationOf(fact: Fact, taught: Taught): string | undefined {
  const byPrompt = Object.entries(taught.relations)
    .filter(([, { templates }]) => templates.includes(fact.prompt))
    .map(([name]) => name);
  const ofSubject = taught.facts.filter((one) => one.subject === fact.subject);
  return (
    byPrompt.find((name) => ofSubject.some((one) => one.relation === name)) ??
    byPrompt[0] ??
    (fact.previousTarget === undefined ? undefined : ofSubject.find((one) => one.object === fact.previousTarget)?.relation)
  );
}
