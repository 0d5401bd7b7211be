import type { Result } from '../../shared/contract.ts';
import { LIST_LIMIT } from '../../shared/contract/define.ts';
import { EmendError } from '../../shared/errors.ts';
import { type Fact, factProblems } from '../../shared/fact.ts';
import type { Context } from './command.ts';
import { counted } from './format/ids.ts';
import type { Working } from './named.ts';
import { flag, integer, text, type Values } from './options.ts';
import { unpacked } from './unpack.ts';
import { UsageError } from './usage.ts';
import { given } from '../../shared/given.ts';

/** Facts to write: a file of them, or one on the line. */
export const factOptions = {
  facts: text('FILE', 'Facts to write: CounterFact, zsRE, EasyEdit, JSON, JSONL or CSV, also in a zip archive'),
  take: integer('N', 'Only the first N of them', { min: 1 }),
  suggest: flag('Find other wordings and neighbours for facts of the file that have none, by asking the model'),
  subject: text('TEXT', 'One fact instead of a file: what it is about'),
  prompt: text('TEXT', '… a sentence up to the answer, with {} for the subject'),
  target: text('TEXT', '… the answer wanted'),
  previous: text('TEXT', '… the answer now, for checks that compare the two'),
};
const WARNINGS_SHOWN = 10;
type FactValues = Values<typeof factOptions>;
type FactContext = Pick<Context, 'out' | 'warn' | 'follow'>;

/** The facts for an edit. One from the line is checked by wordings and neighbours that are known of the model. */
export async function factsFor(working: Working, values: FactValues, context: FactContext): Promise<Fact[]> {
  const { app, model } = working;
  const { out, warn } = context;
  const asked = whatIsGiven(values);
  if (typeof asked === 'string') {
    const facts = await factsOfFile({ app }, asked, values.take, context);
    return values.suggest ? withSuggestions(working, facts, out) : facts;
  }
  refuseWrong(factProblems([asked]), 1);
  const found = await app.call('edits.suggest', { model: model.id, fact: asked });
  const { paraphrases, neighbors, sameSubject, follows, generationPrompts, source } = found;
  out.line(
    out.style.dim(`To be checked by ${counted(paraphrases.length, 'other wording')} and ${counted(neighbors.length, 'neighbour')}:`),
  );
  out.line(out.style.dim(`  ${source}.`));
  const { previousTarget = found.previousTarget } = asked;
  if (asked.previousTarget !== undefined && found.previousTarget !== undefined && asked.previousTarget.trim() !== found.previousTarget)
    warn(
      `The model answers ${JSON.stringify(found.previousTarget)} now, not ${JSON.stringify(asked.previousTarget)} as --previous says.`,
      'Checks that compare two answers compare with the one given; leave --previous out to compare with what the model says.',
    );
  return [{ ...asked, paraphrases, neighbors, sameSubject, follows, generationPrompts, ...given({ previousTarget }) }];
}

/** Facts with other wordings and neighbours where they have none. */
async function withSuggestions({ app, model }: Working, facts: readonly Fact[], out: Context['out']): Promise<Fact[]> {
  const isEmpty = (list: readonly unknown[] | undefined) => list === undefined || list.length === 0;
  const fuller: Fact[] = [];
  const added = { wordings: 0, neighbors: 0 };
  for (const fact of facts) {
    const isWhole = factProblems([fact]).every(({ severity }) => severity !== 'error');
    if (!isWhole || !(isEmpty(fact.paraphrases) || isEmpty(fact.neighbors))) {
      fuller.push(fact);
      continue;
    }
    const found = await app.call('edits.suggest', { model: model.id, fact });
    const paraphrases = isEmpty(fact.paraphrases) ? found.paraphrases : fact.paraphrases!;
    const neighbors = isEmpty(fact.neighbors) ? found.neighbors : fact.neighbors!;
    added.wordings += paraphrases.length - (fact.paraphrases?.length ?? 0);
    added.neighbors += neighbors.length - (fact.neighbors?.length ?? 0);
    const sameSubject = isEmpty(fact.sameSubject) ? found.sameSubject : fact.sameSubject!;
    fuller.push({
      ...fact,
      paraphrases,
      neighbors,
      sameSubject,
      follows: isEmpty(fact.follows) ? found.follows : fact.follows!,
      ...given({ previousTarget: fact.previousTarget ?? found.previousTarget }),
    });
  }
  out.line(
    out.style.dim(`Found ${counted(added.wordings, 'other wording')} and ${counted(added.neighbors, 'neighbour')} to check them by.`),
  );
  return fuller;
}

/**
 * Tells what is likely to go wrong with facts, by themselves and with the edits in force.
 * @throws EmendError for the first that cannot be written at all
 */
export async function examine({ app, model }: Working, facts: readonly Fact[], warn: Context['warn']): Promise<void> {
  const { problems } = await app.call('edits.validate', { model: model.id, facts: [...facts] });
  refuseWrong(problems, facts.length);
  for (const { index, message, hint } of problems.slice(0, WARNINGS_SHOWN)) warn(`${which(index, facts.length)}${message}`, hint);
  if (problems.length > WARNINGS_SHOWN) warn(`and ${problems.length - WARNINGS_SHOWN} more like these.`);
}

type Problem = Result<'edits.validate'>['problems'][number];

/** @throws EmendError for the first that is more than a warning */
function refuseWrong(problems: readonly Problem[], facts: number): void {
  const wrong = problems.find(({ severity }) => severity === 'error');
  if (!wrong) return;
  const { index, field, message, hint } = wrong;
  throw new EmendError('bad-input', `${which(index, facts)}${message}`, hint, { index, field });
}

function which(index: number, facts: number): string {
  return facts === 1 ? '' : `Fact ${index + 1}: `;
}

/** The facts of a file, with everything that checks them. */
export async function factsOfFile(
  { app }: Pick<Working, 'app'>,
  file: string,
  take: number | undefined,
  { warn, follow }: Omit<FactContext, 'out'>,
): Promise<Fact[]> {
  const read = await app.call('edits.readFacts', { source: (await unpacked(app, file, follow)).handle, take: take ?? LIST_LIMIT });
  for (const warning of read.warnings) warn(warning);
  if (read.total === 0) {
    const hint = 'Correct what the warnings name, and read the file again.';
    throw new EmendError('bad-input', `No record of ${file} can be used.`, hint);
  }
  if (read.wrong.length > 0) warn(`${file}: ${counted(read.wrong.length, 'row')} left out.`);
  if (take !== undefined && read.total < take)
    warn(`${file} has ${counted(read.total, 'fact')}, fewer than the ${take} asked for; all are taken.`);
  if (take === undefined && read.total > LIST_LIMIT)
    warn(`${file} has ${read.isWhole ? '' : 'more than '}${read.total} facts; the first ${LIST_LIMIT} are taken.`);
  return read.facts;
}

/** @returns a file's name, or a fact. @throws UsageError when it is neither or both */
function whatIsGiven({ facts, subject, prompt, target, previous }: FactValues): string | Fact {
  const form = { '--subject': subject, '--prompt': prompt, '--target': target };
  const named = Object.entries(form)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (facts !== undefined) {
    if (named.length > 0)
      throw new UsageError(`Facts come from --facts or from ${named.join(', ')}, not from both.`, 'Leave one of them out.');
    return facts;
  }
  if (subject !== undefined && prompt !== undefined && target !== undefined)
    return { subject, prompt, target, ...given({ previousTarget: previous }) };
  const missing = Object.keys(form).filter((name) => !named.includes(name));
  if (named.length === 0)
    throw new UsageError('There is no fact to write.', 'Give --facts FILE, or --subject, --prompt (with {}) and --target.');
  throw new UsageError(
    `The fact is not complete: ${missing.join(' and ')} missing.`,
    'A fact needs --subject, --prompt (with {} for the subject) and --target.',
  );
}
