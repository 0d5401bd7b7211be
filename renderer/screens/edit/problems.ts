import type { Result } from '../../../shared/contract.ts';
import { factProblems, type Fact, type FactProblem } from '../../../shared/fact.ts';
import { filled, type Row } from './rows.ts';
import { editText } from './text.ts';

const text = editText.hindrance;

export type Problem = Omit<Result<'edits.validate'>['problems'][number], 'index'>;
export type Tokens = NonNullable<Result<'edits.validate'>['tokens'][number]>['tokens'];

/** What the services said of one fact by itself. */
export interface Looked {
  readonly problems: readonly Problem[];
  readonly tokens: Tokens | null;
}

/**
 * How a row stands. 'unfinished' has empty fields and nothing else wrong: no reproach while someone types.
 */
export type Standing = 'blank' | 'unfinished' | 'error' | 'warning' | 'ready';

export interface RowProblems {
  readonly problems: readonly Problem[];
  readonly standing: Standing;
}

/** What stands against each row, by row id: what can be told at once, and what was looked up of its fact. Blank rows are left out. */
export function problemsOf(rows: readonly Row[], looked: (fact: Fact) => Looked | undefined): Map<number, RowProblems> {
  const used = filled(rows);
  const places = new Map(rows.map(({ id }, at) => [id, at]));
  const lists = used.map(({ fact }) => [...(looked(fact)?.problems ?? [])]);
  for (const { index, ...problem } of factProblems(used.map(({ fact }) => fact))) lists[index]!.push(numbered(problem, used, places));
  return new Map(used.map(({ id, fact }, at) => [id, { problems: lists[at]!, standing: standing(fact, lists[at]!) }]));
}

/** {@link factProblems} counts facts without the blank rows between; people see rows. */
function numbered(problem: Problem, used: readonly Row[], places: ReadonlyMap<number, number>): Problem {
  return {
    ...problem,
    message: problem.message.replace(
      /\bfact (\d+)\b/i,
      (word, number: string) => `${word.slice(0, 4)} ${(places.get(used[Number(number) - 1]?.id ?? -1) ?? Number(number) - 1) + 1}`,
    ),
  };
}

function standing(fact: Fact, problems: readonly Problem[]): Standing {
  const empty = (problem: Problem) =>
    problem.severity === 'error' &&
    ['subject', 'prompt', 'target'].includes(problem.field) &&
    fact[problem.field as 'subject'].trim() === '';
  if (problems.some((problem) => problem.severity === 'error' && !empty(problem))) return 'error';
  if (problems.some(empty)) return 'unfinished';
  return problems.length > 0 ? 'warning' : 'ready';
}

/**
 * What the services found in some facts, by fact, without what {@link factProblems} says by itself: those problems depend on the other rows
 * and are told fresh with every key.
 */
export function lookedAt(facts: readonly Fact[], { problems, tokens }: Result<'edits.validate'>): [Fact, Looked][] {
  const key = ({ index, field, message }: Pick<FactProblem, 'index' | 'message'> & { field: string }) =>
    JSON.stringify([index, field, message]);
  const known = new Set(factProblems(facts).map(key));
  return facts.map((fact, at) => [
    fact,
    {
      problems: problems.filter((one) => one.index === at && !known.has(key(one))).map(({ index: _, ...problem }) => problem),
      tokens: tokens[at]?.tokens ?? null,
    },
  ]);
}

/** What was looked up of a fact, with what the current version's own answer to its prompt says against it. */
export function withSaid(fact: Fact, looked: Looked | undefined, said: { readonly answer: string; readonly text: string } | undefined) {
  if (said === undefined || said.answer === '') return looked;
  const [target, previous] = [fact.target.trim(), (fact.previousTarget ?? '').trim()];
  const written = said.text.trimStart();
  const begins = (answer: string) => answer !== '' && written.startsWith(answer) && !/^[\p{L}\p{N}]/u.test(written.slice(answer.length));
  const problems: Problem[] = [
    ...(begins(target) ? [{ field: 'target', severity: 'warning' as const, ...editText.saysAlready(target) }] : []),
    ...(previous !== '' && !begins(previous)
      ? [{ field: 'previousTarget', severity: 'warning' as const, ...editText.saysOtherwise(said.answer, previous) }]
      : []),
  ];
  return { problems: [...(looked?.problems ?? []), ...problems], tokens: looked?.tokens ?? null };
}

/** Why the edit cannot start, in one sentence; undefined when it can. */
export function hindrance(rows: readonly Row[], problems: ReadonlyMap<number, RowProblems>): string | undefined {
  const used = filled(rows);
  if (used.length === 0) return text.none;
  const numbers = (wanted: Standing) => rows.flatMap(({ id }, at) => (problems.get(id)?.standing === wanted ? [at + 1] : []));
  const [errors, unfinished] = [numbers('error'), numbers('unfinished')];
  if (errors.length > 0) return text.errors(errors);
  if (unfinished.length > 0) return text.unfinished(unfinished);
  return undefined;
}
