import * as v from 'valibot';
import { findText, oddCharacters, sameText } from './characters.ts';
import { EmendError } from './errors.ts';
import { list, Text } from './contract/define.ts';

/** A prompt whose answer an edit must leave alone, with that answer where it is known. */
export const NeighborSchema = v.union([Text, v.object({ prompt: Text, target: v.optional(Text) })]);

/** A question whose answer a fact settles too: the relation the other way round, or one hop further. */
export const FurtherSchema = v.object({
  prompt: Text,
  /** The answer when the fact holds, and other names of it. */
  target: Text,
  aliases: v.exactOptional(list(Text)),
  /** The answer before, where it is known. */
  previousTarget: v.exactOptional(Text),
  previousAliases: v.exactOptional(list(Text)),
});
export type Further = v.InferOutput<typeof FurtherSchema>;

/** A fact as a form, a file or the contract gives it. What the words may be is for {@link factProblems}; this is the shape. */
export const FactSchema = v.object({
  /** What the fact is about: "Danielle Darrieux". */
  subject: Text,
  /** A sentence up to the answer, with one {} for the subject: "The mother tongue of {} is". */
  prompt: Text,
  /** The answer wanted: "English". */
  target: Text,
  /** The answer before the edit: "French". Measures that compare the two need it. */
  previousTarget: v.optional(Text),
  /** A name for the relation, such as P103. */
  relation: v.optional(Text),
  /** Other ways to ask, where the edit should hold too: the subject written out, or one {} for it. */
  paraphrases: v.optional(list(Text)),
  /** Prompts about other subjects, which must keep their answers. */
  neighbors: v.optional(list(NeighborSchema)),
  /** Prompts that ask something else about the subject, which must keep their answers too. */
  sameSubject: v.exactOptional(list(NeighborSchema)),
  /**
   * Prompts whose answers may follow from the fact: what stands in another city may stand in another country. What becomes of them is told,
   * and counted nowhere.
   */
  follows: v.exactOptional(list(NeighborSchema)),
  /** Prompts about the subject to write on from, for measures of fluency and consistency. */
  generationPrompts: v.optional(list(Text)),
  /** Other names of the target and of the answer before; a check that compares whole answers takes them too. */
  aliases: v.exactOptional(list(Text)),
  previousAliases: v.exactOptional(list(Text)),
  /** What the fact implies, such as the relation the other way round: KnowEdit's logical generalization. */
  implied: v.exactOptional(list(FurtherSchema)),
  /** What is one hop further: MQuAKE's questions, KnowEdit's reasoning, zsRE's portability. */
  hops: v.exactOptional(list(FurtherSchema)),
  /** Wordings, neighbours and other facts about the subject that the edit itself is told of (told.ts); they stand in no other list. */
  told: v.optional(
    v.object({
      wordings: list(Text),
      neighbors: list(NeighborSchema),
      sameSubject: v.exactOptional(list(NeighborSchema)),
      /** Neighbours that would check, but for other facts that tell of their subjects: measured, and not counted. */
      apart: v.exactOptional(list(NeighborSchema)),
      /** Prompts about other subjects of the relation that nobody named: held as neighbours are, and not measured. */
      background: v.exactOptional(list(Text)),
    }),
  ),
});
export type Fact = v.InferOutput<typeof FactSchema>;
export type Neighbor = v.InferOutput<typeof NeighborSchema>;

/** The fields of a fact that a table can have columns for. */
export const FACT_FIELDS = [
  'subject',
  'prompt',
  'target',
  'previousTarget',
  'relation',
  'paraphrases',
  'neighbors',
  'sameSubject',
  'follows',
  'generationPrompts',
] as const;

/** Where the subject stands in a prompt. */
export const SUBJECT_SLOT = '{}';

/** How often {} occurs in a prompt; a fact needs exactly one. */
export function countSlots(prompt: string): number {
  return prompt.split(SUBJECT_SLOT).length - 1;
}

/**
 * The prompt with the subject in place of its {}, and where the subject then lies (UTF-16 offsets, end exclusive).
 * @throws EmendError 'bad-input' unless the prompt has exactly one {}
 */
export function fillPrompt(prompt: string, subject: string): { text: string; start: number; end: number } {
  const slots = countSlots(prompt);
  if (slots !== 1) {
    throw new EmendError(
      'bad-input',
      `The prompt ${JSON.stringify(prompt)} has ${slots} places for the subject; expected exactly one {}.`,
      'Write {} once, where the subject stands.',
      { field: 'prompt' },
    );
  }
  const start = prompt.indexOf(SUBJECT_SLOT);
  return { text: prompt.slice(0, start) + subject + prompt.slice(start + SUBJECT_SLOT.length), start, end: start + subject.length };
}

/** Another wording as it is asked: with the subject in place of {}, if it has one. */
export function fillWording(wording: string, subject: string): string {
  return countSlots(wording) === 1 ? fillPrompt(wording, subject).text : wording;
}

/** The ways in which a fact is asked, with {} for the subject; one in which it is not found is left out. */
export function wordingsOf({ subject, prompt, paraphrases = [], told }: Fact): string[] {
  const name = subject.trim();
  return [prompt, ...paraphrases, ...(told?.wordings ?? [])].flatMap((one) =>
    countSlots(one) === 1 ? [one] : name === '' ? [] : (putSlot(one, name, 'first') ?? []),
  );
}

/**
 * A prompt with {} in place of the subject written out in it, whole words first ({@link findText}).
 * @param which of several places
 * @returns undefined when the subject is not there
 */
export function putSlot(prompt: string, subject: string, which: 'first' | 'last'): string | undefined {
  const place = findText(prompt, subject).at(which === 'first' ? 0 : -1);
  return place && prompt.slice(0, place.start) + SUBJECT_SLOT + prompt.slice(place.end);
}

/**
 * A prompt with {} in the subject's place, which may be written out in it; the first place is taken.
 * @throws EmendError 'bad-input' when it has neither
 */
export function withSlot(prompt: string, subject: string): string {
  if (countSlots(prompt) > 0) return prompt;
  const put = putSlot(prompt, subject, 'first');
  if (put !== undefined) return put;
  throw new EmendError(
    'bad-input',
    `The prompt ${JSON.stringify(prompt)} has neither {} nor the subject ${JSON.stringify(subject)}.`,
    'Write the subject into the prompt as it is, or {} in its place.',
    { field: 'prompt' },
  );
}

/** One thing to mend in a list of facts. */
export interface FactProblem {
  /** Position of the fact in the list, from 0. */
  readonly index: number;
  readonly field: keyof Fact;
  /** An error stops an edit; a warning says what is likely to go wrong. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

/** What stands against editing these facts together, in the order of the facts. Empty when nothing does. */
export function factProblems(facts: readonly Fact[]): FactProblem[] {
  const problems = [...facts.flatMap(ownProblems), ...sharedProblems(facts)];
  return problems.sort((a, b) => a.index - b.index);
}

/** Problems that a fact has by itself. */
function ownProblems(fact: Fact, index: number): FactProblem[] {
  const problems: FactProblem[] = [];
  const add = (field: keyof Fact, severity: FactProblem['severity'], message: string, hint: string) =>
    problems.push({ index, field, severity, message, hint });
  for (const field of ['subject', 'prompt', 'target'] as const) {
    if (fact[field].trim() === '') add(field, 'error', `The ${field} is empty.`, `Write the ${field}.`);
  }
  const slots = countSlots(fact.prompt);
  if (fact.prompt.trim() !== '' && slots !== 1) {
    add(
      'prompt',
      'error',
      slots === 0 ? 'The prompt has no {} for the subject.' : `The prompt has ${slots} places {} for the subject.`,
      slotHint(fact, slots),
    );
  } else if (fact.prompt.trim() === SUBJECT_SLOT) {
    add(
      'prompt',
      'error',
      'The prompt has nothing but the subject.',
      'Write the sentence up to the answer, such as "The capital of {} is".',
    );
  }
  if (fact.subject.includes(SUBJECT_SLOT)) add('subject', 'error', 'The subject contains {}.', 'Write {} only in the prompt.');
  if (fact.prompt.trim() !== '' && fact.prompt !== fact.prompt.trimEnd())
    add(
      'prompt',
      'warning',
      'The prompt ends in a space.',
      'Leave it out: Emend puts the space in front of the target, as models learn it.',
    );
  if (fact.subject.trim() !== '' && fact.subject !== fact.subject.trim())
    add('subject', 'warning', 'The subject has spaces around it.', 'Leave them out.');
  for (const field of ['paraphrases', 'generationPrompts'] as const) {
    const many = (fact[field] ?? []).find((one) => countSlots(one) > 1);
    if (many !== undefined)
      add(
        field,
        'error',
        `${JSON.stringify(many)} has ${countSlots(many)} places {} for the subject.`,
        'Keep one, or write the subject out.',
      );
  }
  const slotted = (fact.neighbors ?? []).map(askedBy).find((one) => countSlots(one) > 0);
  if (slotted !== undefined)
    add(
      'neighbors',
      'error',
      `The neighbour ${JSON.stringify(slotted)} has {}, and neighbours are about other subjects.`,
      'Write the other subject out.',
    );
  for (const field of ['sameSubject', 'follows'] as const) {
    const open = (fact[field] ?? []).map(askedBy).find((one) => countSlots(one) > 0);
    if (open !== undefined) add(field, 'error', `${JSON.stringify(open)} is asked as it stands, and has {}.`, 'Write the subject out.');
  }
  if (fact.previousTarget !== undefined && words(fact.previousTarget) === words(fact.target)) {
    add('target', 'warning', 'The target is the same as the target before the edit.', 'Write what the model should answer after the edit.');
  }
  return problems;
}

/** The prompt of a neighbour, or of another question. */
export function askedBy(one: Neighbor): string {
  return typeof one === 'string' ? one : one.prompt;
}

/** What is likely to make a measurement say little, or something that is not so. Records of data sets have such things on purpose. */
export function askingProblems(facts: readonly Fact[]): FactProblem[] {
  const edited = new Map(facts.map((fact, index) => [asked(fact), index] as const));
  return facts.flatMap((fact, index): FactProblem[] => {
    const editedBy = (list: readonly Neighbor[] = []) => [...new Set(list.flatMap((one) => edited.get(words(askedBy(one))) ?? []))];
    return [
      ...(/\?\s*$/.test(fact.prompt)
        ? [
            {
              index,
              field: 'prompt' as const,
              severity: 'warning' as const,
              message: 'The prompt is a question; a model that continues texts goes on asking, or answers with a whole sentence.',
              hint: 'Write the sentence up to the answer, such as "{} is in the city of", or end it in "A:".',
            },
          ]
        : []),
      ...editedBy(fact.neighbors).map((at) => ({
        index,
        field: 'neighbors' as const,
        severity: 'warning' as const,
        message: `A neighbour asks what fact ${at + 1} edits, so that its answer is meant to change.`,
        hint: 'Take it out of the neighbours.',
      })),
      ...editedBy(fact.sameSubject).map((at) => ({
        index,
        field: 'sameSubject' as const,
        severity: 'warning' as const,
        message: `Another fact about the subject asks what fact ${at + 1} edits, so that its answer is meant to change.`,
        hint: 'Take it out of the other facts.',
      })),
    ];
  });
}

function asked({ prompt, subject }: Fact): string {
  return words(countSlots(prompt) === 1 ? fillPrompt(prompt, subject).text : prompt);
}

function slotHint(fact: Fact, slots: number): string {
  const subject = fact.subject.trim();
  if (slots > 1) return 'Keep one {} and write the subject out in the other places.';
  const put = putSlot(fact.prompt, subject, 'first');
  if (put !== undefined) return `Write {} in place of ${JSON.stringify(subject)}: ${JSON.stringify(put)}.`;
  return 'Write {} where the subject stands, such as "The capital of {} is".';
}

/** Problems between facts. The first of a group is taken as the one meant, and the later ones are reported. */
function sharedProblems(facts: readonly Fact[]): FactProblem[] {
  const problems: FactProblem[] = [];
  const byQuestion = new Map<string, number>();
  const bySubject = new Map<string, number>();
  facts.forEach((fact, index) => {
    if (words(fact.subject) === '') return;
    const question = questionOf(fact);
    const same = byQuestion.get(question);
    if (same !== undefined) {
      problems.push(repeated(facts[same]!, fact, same, index));
      return;
    }
    byQuestion.set(question, index);
    const other = bySubject.get(words(fact.subject));
    if (other === undefined) bySubject.set(words(fact.subject), index);
    // The key is read at the subject's last token, so equal subjects have nearly equal keys that must give different values (arXiv
    // 2502.07322).
    else {
      problems.push({
        index,
        field: 'subject',
        severity: 'warning',
        message:
          `Fact ${other + 1} in this list has the same subject, ${JSON.stringify(fact.subject)}. ` +
          'Facts of one subject share a key, and together they take less well.',
        hint: 'Edit them one after the other, or check both closely afterwards.',
      });
    }
  });
  return problems;
}

function repeated(first: Fact, fact: Fact, firstIndex: number, index: number): FactProblem {
  if (words(first.target) === words(fact.target)) {
    return {
      index,
      field: 'subject',
      severity: 'warning',
      message: `This fact is already in the list, as fact ${firstIndex + 1}.`,
      hint: 'Remove one of the two.',
    };
  }
  return {
    index,
    field: 'target',
    severity: 'error',
    message:
      `This fact contradicts fact ${firstIndex + 1}: the same question, ` +
      `but ${JSON.stringify(first.target)} there and ${JSON.stringify(fact.target)} here.`,
    hint: 'Keep the one that is right.',
  };
}

/** Words compare as people read them: without regard to spaces, to kinds of apostrophes, and to how accents are put on. */
function words(text: string): string {
  return sameText(text);
}

/** What a fact asks: the same however a sentence is parted into subject and prompt. */
export function questionOf({ subject, prompt }: Pick<Fact, 'subject' | 'prompt'>): string {
  return countSlots(prompt) === 1 ? words(fillPrompt(prompt, subject).text) : JSON.stringify([words(subject), words(prompt)]);
}

/** What is odd about the characters of a fact: an edit of what nobody sees is not the edit that is meant. */
export function characterProblems(fact: Fact, index: number): FactProblem[] {
  const { subject, prompt, target, previousTarget, paraphrases = [], neighbors = [], generationPrompts = [] } = fact;
  const { sameSubject = [], follows = [], aliases = [], previousAliases = [], implied = [], hops = [] } = fact;
  const furtherOf = (list: readonly Further[]) =>
    list.flatMap((one) => [one.prompt, one.target, one.previousTarget ?? '', ...(one.aliases ?? []), ...(one.previousAliases ?? [])]);
  const textsOf = (list: readonly Neighbor[]) => list.flatMap((one) => (typeof one === 'string' ? [one] : [one.prompt, one.target ?? '']));
  const texts: readonly (readonly [keyof Fact, string, readonly string[]])[] = [
    ['subject', 'The subject', [subject]],
    ['prompt', 'The prompt', [prompt]],
    ['target', 'The target', [target]],
    ['previousTarget', 'The target before', [previousTarget ?? '']],
    ['paraphrases', 'A wording', paraphrases],
    ['neighbors', 'A neighbour', textsOf(neighbors)],
    ['sameSubject', 'Another fact about the subject', textsOf(sameSubject)],
    ['follows', 'What may follow from the fact', textsOf(follows)],
    ['generationPrompts', 'A prompt to write on from', generationPrompts],
    ['aliases', 'Another name of the target', aliases],
    ['previousAliases', 'Another name of the target before', previousAliases],
    ['implied', 'What the fact implies', furtherOf(implied)],
    ['hops', 'What is one hop further', furtherOf(hops)],
  ];
  return texts.flatMap(([field, what, all]) =>
    all
      .flatMap((text) => oddCharacters(text, field === 'subject' || field === 'target' || field === 'previousTarget'))
      .slice(0, 3)
      .map(({ isWrong, message, hint }): FactProblem => ({
        index,
        field,
        severity: isWrong ? 'error' : 'warning',
        message: `${what} ${message}`,
        hint,
      })),
  );
}
