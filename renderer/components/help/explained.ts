import { MEASURES, type Measure, type MeasureName } from '../../../shared/measures.ts';
import type { MethodDescriptor } from '../../../shared/methods/method.ts';
import type { Setting } from '../../../shared/methods/setting.ts';
import { helpText as text } from './text.ts';

/** What an explanation says, a sentence or two a line, and the words by which the glossary may have more. */
export interface Explained {
  readonly about: string;
  readonly lines: readonly string[];
  readonly words: readonly string[];
}

/** What a measure says, in what it is counted, and which end is the good one. */
export function measureExplained(name: MeasureName): Explained {
  const { label, help, unit, better, counts, ...rest }: Measure = MEASURES[name];
  const demand = 'demand' in rest ? [text.demanded(rest.demand.help)] : [];
  return {
    about: label,
    lines: [text.sentence(help), text.unit[unit](counts), text.better[better], ...demand],
    words: [name, label.replace(/ \(.*/, '')],
  };
}

/** What a setting does, what may be written, and what it is called elsewhere. */
export function settingExplained({ key, label, help, expected, unit, flag, field }: Setting): Explained {
  return {
    about: label,
    lines: [
      help,
      text.expected(expected, unit),
      text.option(flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)),
      ...(field ? [text.field(field.name)] : []),
    ],
    words: [key, label],
  };
}

/** What a method does, when to choose it, and where it is published. */
export function methodExplained({ title, summary, choose, paper }: MethodDescriptor): Explained {
  return { about: title, lines: [summary, text.choose(choose), text.paper(paper.title, paper.authors)], words: [title] };
}
