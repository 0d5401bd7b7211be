import type { EditReport, FactReport, PromptOutcome } from '../../../shared/contract/edits.ts';
import { percent } from '../../format.ts';
import type { BarFigure, Mark, Pair, PairFigure, PairGroup } from '../figure/figure.ts';
import { isCompared, markOf } from './summary.ts';
import { reportText } from './text.ts';

const text = reportText.figures;

/**
 * Every prompt that an edit was checked by, before and after: of the fact's own prompt and its other wordings the chance of the new answer,
 * of all that should stay as it was the chance of its own. What was told to the edit stands apart. The worst of each kind go first.
 */
export function outcomeFigure(facts: readonly FactReport[]): PairFigure {
  const wasCompared = isCompared(facts);
  const group = (label: string, about: string, pairs: readonly Pair[], isApart = false): PairGroup[] =>
    pairs.length === 0 ? [] : [{ label, about, pairs: worstFirst(pairs), ...(isApart ? { isApart } : {}) }];
  const ofNew = (outcomes: (fact: FactReport) => readonly PromptOutcome[]) =>
    facts.flatMap((fact) => outcomes(fact).map((one) => newAnswer(one, wasCompared)));
  const ofOwn = (outcomes: (fact: FactReport) => readonly PromptOutcome[]) =>
    facts.flatMap((fact) => outcomes(fact).map((one) => ownAnswer(one, wasCompared)));
  return {
    title: text.outcomes,
    what: reportText.promptColumn,
    of: text.answer,
    said: text.said,
    from: reportText.beforeWord,
    to: reportText.afterWord,
    groups: [
      ...group(
        reportText.own,
        reportText.paraphrasesAbout,
        ofNew(({ rewrite }) => [rewrite]),
      ),
      ...group(
        reportText.paraphrases,
        reportText.paraphrasesAbout,
        ofNew(({ paraphrases }) => paraphrases),
      ),
      ...group(
        reportText.neighbors,
        reportText.neighborsAbout,
        ofOwn(({ neighbors }) => neighbors),
      ),
      ...group(
        reportText.sameSubject,
        reportText.neighborsAbout,
        ofOwn(({ sameSubject = [] }) => sameSubject),
      ),
      ...group(
        reportText.told,
        text.toldAbout,
        [
          ...ofNew(({ told }) => told?.paraphrases ?? []),
          ...ofOwn(({ told }) => [...(told?.neighbors ?? []), ...(told?.apart ?? []), ...(told?.sameSubject ?? [])]),
        ],
        true,
      ),
    ],
    marks: { ...text.marks, ...(wasCompared ? reportText.compared : {}) },
    full: 1,
    short: (value) => percent(value),
  };
}

function newAnswer(outcome: PromptOutcome, wasCompared: boolean): Pair {
  return pair(outcome, wasCompared, outcome.expected, outcome.before.wanted, outcome.after.wanted);
}

/** Of a neighbour whose own answer nobody named, what the model said before is followed, as far as that was measured again. */
function ownAnswer(outcome: PromptOutcome, wasCompared: boolean): Pair {
  const { expected, before, after, says } = outcome;
  if (before.previous !== undefined || says === undefined) return pair(outcome, wasCompared, expected, before.previous, after.previous);
  const again = says.after.text === says.before.text ? says.after.probability : undefined;
  return pair(outcome, wasCompared, says.before.text.trim(), says.before.probability, again);
}

function pair(outcome: PromptOutcome, wasCompared: boolean, of: string | undefined, from = NaN, to = NaN): Pair {
  const { mark, label } = markOf(outcome, wasCompared);
  const { fate, says } = outcome;
  const now = says && fate === 'lost' ? `: ${reportText.says(says.after.text.trim(), percent(says.after.probability))}` : '';
  return { label: outcome.prompt, of: of ?? '–', from, to, mark, says: `${label}${now}` };
}

const ORDER: readonly Mark[] = ['bad', 'warn', 'good'];
function worstFirst(pairs: readonly Pair[]): Pair[] {
  return [...pairs].sort((a, b) => ORDER.indexOf(a.mark) - ORDER.indexOf(b.mark));
}

/** How much of each weight an edit changed, in the order of the layers; undefined where nothing tells it. */
export function changeFigure(weights: EditReport['weights']): BarFigure | undefined {
  const inOrder = [...weights].sort((a, b) => a.layer - b.layer);
  return changeBars(
    text.change,
    inOrder.map(({ layer, tensor, deltaNorm, weightNorm }) => ({ label: text.weight(layer, tensor), norm: deltaNorm, weightNorm })),
  );
}

/** Changes of weights against their sizes (Frobenius norms), as far as both are told. */
export function changeBars(
  title: string,
  weights: readonly { readonly label: string; readonly norm: number; readonly weightNorm: number }[],
  short: BarFigure['short'] = (value) => percent(value, 2),
): BarFigure | undefined {
  const told = weights.filter(({ weightNorm }) => weightNorm > 0);
  if (told.length === 0) return undefined;
  return {
    title,
    series: [text.relative],
    names: told.map(({ label }) => ({ label, hue: 'mlp' as const })),
    values: told.map(({ norm, weightNorm }) => [norm / weightNorm]),
    short,
  };
}
