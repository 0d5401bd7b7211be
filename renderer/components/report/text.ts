import type { Counted } from '../../../shared/measures.ts';
import { count, plural } from '../../format.ts';

/** All words of the parts that show what an edit wrote and how it was checked. */
export const reportText = {
  label: 'Report',
  verdicts: { good: 'Good', untested: 'Hardly checked', shaken: 'Shaken', weak: 'Weak', harmful: 'Harmful' },
  next: 'What to do next',
  measures: 'Checks',
  before: (value: string) => `before ${value}`,
  passed: (threshold: string) => `Passed: at least ${threshold}`,
  failed: (threshold: string) => `Below ${threshold}`,
  facts: 'Facts',
  filters: { all: 'All', shaken: 'Shaken', weak: 'Weak', harmful: 'Harmful', good: 'Good' },
  filter: 'Show facts',
  search: 'Search facts',
  order: 'Order',
  orders: { given: 'As given', worst: 'Worst first', subject: 'By subject' },
  noneShown: 'No fact is like this.',
  more: (hidden: number) => `Show ${count(Math.min(hidden, 100))} more of ${count(hidden)}`,
  beforeWord: 'Before',
  afterWord: 'After',
  writes: 'The model writes',
  chanceWord: 'Chance',
  given: 'Given',
  notGiven: 'Not given',
  nothing: 'nothing',
  resultColumn: 'Result',
  own: 'The prompt itself',
  paraphrases: 'Other wordings',
  paraphrasesAbout: 'chance of the new answer',
  neighbors: 'Neighbours',
  told: 'Told to the edit',
  toldAbout:
    'They took part in working it out, or are about a subject that did, so they prove nothing of it; no score and no verdict counts them.',
  background: {
    held: (subjects: number) =>
      `${plural(subjects, 'other subject')} of the relation ${subjects === 1 ? 'was' : 'were'} held too; not measured, and counted nowhere`,
    none: 'Other subjects of the relation were to be held too, and none are known that do not check the edit.',
  },
  neighborsAbout: 'chance of their own answer',
  sameSubject: 'Other facts about the subject',
  follows: 'What may follow from the fact',
  followsAbout: 'chance of their answer so far; whether it should stay nobody says here, so nothing counts them',
  followsMarks: { kept: 'answers as before', shaken: 'answers as before, less surely', lost: 'answers otherwise' },
  saysColumn: 'Says now',
  says: (answer: string, chance: string) => `${answer} ${chance}`,
  fates: { kept: 'kept its answer', shaken: 'kept its answer with less than half of the probability', lost: 'answers otherwise' },
  noParaphrases: 'No other wordings were asked.',
  noNeighbors: 'No neighbours check it.',
  figures: {
    outcomes: 'Before and after the edit',
    answer: 'Answer',
    said: 'What became of it',
    toldAbout: 'they took part in the edit and prove nothing of it',
    marks: { good: 'as it should be', warn: 'less than half of the probability', bad: 'not as it should be' },
    change: 'Change of each weight, against its size',
    relative: 'Change',
    weight: (layer: number, tensor: string) => `Layer ${layer}: ${tensor}`,
  },
  promptColumn: 'Prompt',
  expectedColumn: 'Should say',
  /** Of reports that compared two answers. */
  compared: { good: 'likelier than the other answer', bad: 'not likelier than the other answer' },
  goodMark: 'as it should be',
  badMark: 'not as it should be',
  weights: 'Weights changed',
  weightsColumns: { layer: 'Layer', tensor: 'Weight', rank: 'Rank', norm: 'Change', hashes: 'SHA-256 before → after' },
  normAbout: 'Size of the change against the weight (Frobenius norms)',
  norms: (delta: number, weight: number) => `${delta.toPrecision(3)} of ${weight.toPrecision(3)}`,
  hashBefore: 'hash before',
  hashAfter: 'hash after',
  settings: 'Settings used',
  settingsColumns: { name: 'Setting', value: 'Value', source: 'From' },
  covariance: (tokens: number, cached: boolean) => `${count(tokens)} tokens of text${cached ? ', kept from before' : ''}`,
  covarianceName: 'Statistics of the layers',
  solvedAnewName: 'Facts of earlier edits',
  solvedAnew: (facts: number) => (facts === 0 ? 'none to solve with these' : `${count(facts)}, solved anew with these`),
  contextsName: 'Texts before the prompts',
  seedName: 'Seed',
  warnings: 'Warnings',
  took: (seconds: string) => `worked out in ${seconds}`,
  goodOfNone: 'no',
  goodOf: (good: number, all: number) => `${good} of ${all}`,
  factLine: (paraphrases: string, neighbors: string) => `${paraphrases} wordings, ${neighbors} neighbours`,

  checksTable: {
    name: 'Check',
    before: 'Before',
    value: 'Value',
    threshold: 'At least',
    result: 'Result',
    passed: 'passed',
    failed: 'failed',
    cases: (cases: number, of: Counted) => `of ${plural(cases, of)}`,
  },
  earlier: {
    title: 'Facts of earlier edits',
    says: (measured: number, inForce: number, held: number, fell: number) =>
      [
        measured < inForce
          ? `${count(measured)} of the ${count(inForce)} in force were asked.`
          : `All ${count(inForce)} in force were asked.`,
        `${count(held)} held before; ${fell === 0 ? 'all of these hold now' : `${count(held - fell)} of these hold now`}.`,
      ].join(' '),
  },
  fallen: {
    title: (facts: number) => (facts === 1 ? '1 fact does not hold' : `${count(facts)} facts do not hold`),
    says: (answer: string) => `The model writes “${answer}”.`,
    written: (entry: number) => `Written by entry ${entry}.`,
    unread: 'Which facts hold could not be read.',
  },
  honest: {
    question: 'How it was asked',
    facts: 'Facts',
    asks: (asks: string, counts: string) => `Asked: ${asks}. Counts when ${counts}.`,
    less: 'Less is better.',
    chance: (share: string) => `Guessing reaches ${share}.`,
    missing: (labels: readonly string[]) => `Not asked, for want of material: ${labels.join(', ')}.`,
    answers: (questions: number) => `${plural(questions, 'question')} as people ask, with what came`,
    told: (context: string) => `Told in front: “${context}”`,
    behind: (unrelated: string) => `The unrelated text: “${unrelated}”`,
    given: 'the answer was given',
    notGiven: 'the answer was not given',
    nothing: '(nothing)',
    first: (said: string) => `first: “${said}”`,
  },
  factsTable: { before: 'Before', after: 'Now' },

  checkedBy: { title: 'How well it was checked', columns: { what: 'Checked by', count: 'How many', from: 'From' } },

  /** The report in a sentence or two; numbers are of facts. */
  headline: {
    harmful: (harmful: number, all: number) =>
      all === 1 ? 'The edit does harm' : `${some(harmful, all)} ${harmful === 1 ? 'does' : 'do'} harm`,
    harmed: (reach: Reach, weak: number) =>
      reportText.headline.others(reach) + (weak === 0 ? '' : weak === 1 ? ' One more is weak.' : ` ${weak} more are weak.`),
    shaken: (took: string, reach: Reach) =>
      `${took}, and moved ${
        reach.lost + reach.shaken > 0
          ? 'neighbours'
          : reach.aboutLost + reach.aboutShaken > 0
            ? 'other facts about the subject'
            : 'facts of earlier edits'
      }`,
    weak: (weak: number, all: number) =>
      all === 1 || weak === 0 ? 'The edit is weak' : `${some(weak, all)} ${weak === 1 ? 'is' : 'are'} weak`,
    missed: (missed: number, all: number) =>
      `The new answer did not take on ${all === 1 ? 'its own prompt' : missed === 1 ? 'the prompt of one' : `the prompts of ${missed}`}.`,
    narrow: (reach: Reach) => `The new answer took, but not in other words: ${reportText.headline.held(reach)}.`,
    below: (checks: readonly string[]) => `Below the threshold: ${checks.join(', ')}.`,
    took: (all: number) => (all === 1 ? 'The edit took' : `All ${all} facts took`),
    untested: (took: string) => `${took}, but little was checked`,
    unasked: (missing: Unasked, all: number) =>
      `${all === 1 ? 'It has' : 'Some facts have'} no ${unaskedNames(missing).join(' and no ')}, so nothing tells ${
        missing.paraphrases && missing.neighbors
          ? 'how far the edit reaches'
          : missing.neighbors
            ? 'what else it changed'
            : 'whether it holds when asked differently'
      }.`,
    ask: (missing: Unasked) => ({
      title: `Add ${unaskedNames(missing).join(' and ')}`,
      text: `Go back to the form and take the suggestions; where there are none for this prompt, write a few: ${[
        ...(missing.paraphrases ? ['the same question in other words'] : []),
        ...(missing.neighbors ? ['the same sentence about other subjects'] : []),
      ].join(', ')}.`,
    }),
    held: ({ held, wordings }: Reach) => `in ${held} of ${wordings} the model gives it`,
    holds: ({ facts, held, wordings }: Reach) =>
      `${facts === 1 ? 'It holds' : 'They hold'} in ${held === wordings ? `all ${wordings}` : `${held} of ${wordings}`} other wordings.`,
    /** What became of all that should have kept its answer. */
    others: (reach: Reach) =>
      [
        `${reach.neighbors === 0 ? '' : reportText.headline.neighbors(reach)}${reportText.headline.about(reach)}`.trim(),
        ...(reach.earlierFell > 0 ? [reportText.headline.felled(reach.earlierFell)] : []),
      ].join(' '),
    felled: (fell: number) =>
      `${plural(fell, 'fact of an earlier edit', 'facts of earlier edits')} ${fell === 1 ? 'does' : 'do'} not hold any more.`,
    /** What became of other facts about the subjects, as one more sentence. */
    about: ({ about, aboutLost, aboutShaken }: Reach) => {
      if (about === 0) return '';
      if (aboutLost + aboutShaken === 0)
        return about === 1 ? ' So does the other fact about the subject.' : ` So do all ${about} other facts about the subject.`;
      const parts = [
        ...(aboutLost > 0 ? [`${aboutLost} ${aboutLost === 1 ? 'is' : 'are'} answered otherwise now`] : []),
        ...(aboutShaken > 0 ? [`${aboutShaken} with less than half of the probability`] : []),
      ];
      return ` Of ${plural(about, 'other fact', 'other facts')} about the subject ${parts.join(', ')}.`;
    },
    /** What became of the neighbours, in a sentence. */
    neighbors: ({ neighbors, kept, shaken, lost, isCompared }: Reach) => {
      if (isCompared)
        return (
          `In ${kept} of ${plural(neighbors, 'neighbour')} the own answer is likelier than the new one; ` +
          'this older report does not tell what the model says.'
        );
      if (neighbors === kept)
        return neighbors === 1 ? 'The neighbour keeps its answer.' : `All ${neighbors} neighbours keep their answers.`;
      const parts = [
        `${kept} ${kept === 1 ? 'keeps its answer' : 'keep their answers'}`,
        ...(shaken > 0 ? [`${shaken} ${shaken === 1 ? 'does' : 'do'} with less than half of the probability`] : []),
        ...(lost > 0 ? [`${lost} ${lost === 1 ? 'is' : 'are'} answered otherwise now`] : []),
      ];
      return `Of ${plural(neighbors, 'neighbour')} ${parts.join(', ')}.`;
    },
  },
  advice: {
    leaveOut: {
      title: 'Take fewer facts at once',
      text: 'Leave out the harmful ones (filter the list below), and edit those by themselves.',
    },
    neighbours: { title: 'Add more neighbours', text: 'They show how far the harm reaches; a handful of each kind is enough.' },
    further: (clamp: string | undefined) => ({
      title: 'Search longer or further',
      text: `Raise the steps or the clamp${clamp === undefined ? '' : ` (now ${clamp})`}, and compare the harm.`,
    }),
    plainer: {
      title: 'Ask in a plainer way',
      text: 'A prompt that ends right before the answer, with the subject as texts name it, carries over best to other words.',
    },
    fewer: { title: 'Take fewer facts at once', text: 'Facts of one subject, or very alike, get in each other’s way.' },
  },
};

/** How far facts reach, as summary.ts counts it. */
type Reach = Readonly<
  Record<
    'facts' | 'wordings' | 'held' | 'neighbors' | 'kept' | 'shaken' | 'lost' | 'about' | 'aboutLost' | 'aboutShaken' | 'earlierFell',
    number
  >
> & { readonly isCompared: boolean };

/** What facts of a report have none of. */
interface Unasked {
  readonly paraphrases: boolean;
  readonly neighbors: boolean;
}

function unaskedNames({ paraphrases, neighbors }: Unasked): string[] {
  return [...(paraphrases ? ['other wordings'] : []), ...(neighbors ? ['neighbours'] : [])];
}

function some(few: number, all: number): string {
  return few === all ? `All ${all} facts` : `${few} of ${all} facts`;
}
