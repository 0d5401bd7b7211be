import type { ChanceOnce, MeasuredOnce } from '../../../shared/contract/courses.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { isMeasure, measureNames } from '../../../shared/measures.ts';
import { EmendError } from '../../../shared/errors.ts';
import { defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { percent } from '../format/numbers.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { text } from '../options.ts';
import { measured } from '../show/checks.ts';

/** How long the bar of a whole is. */
const BAR = 20;
/** Facts that may be listed in one call. */
const MOST = 1000;

export const course = defineCommand({
  name: 'course',
  summary: 'Show the measures, or the probability of a fact, over the versions: what the figures of the window draw',
  positionals: [LIBRARY_MODEL],
  options: { subject: text('TEXT', 'How likely each answer about this subject was, wherever an entry measured it') },
  examples: [
    ['emend course atlas', 'Every measure of every entry that measured'],
    ['emend course atlas --subject "Tower Bridge"', 'What was written about it, version by version'],
  ],
  async run({ subject }, [name], context) {
    const { out } = context;
    const { app, model } = await libraryModel(context, name!, { readOnly: true });
    if (subject === undefined) {
      const { measured: all } = await app.call('courses.measures', { model: model.id });
      if (all.length === 0) out.line(`No entry of ${model.name} measured anything.`);
      else out.table(measureRows(all), { heading: true, right: [0, 3] });
      return { measured: all };
    }
    const { facts } = await app.call('facts.list', { model: model.id, filter: { text: subject }, limit: MOST });
    const about = facts.filter((fact) => oneLine(fact.subject).toLowerCase() === oneLine(subject).toLowerCase());
    const prompts = [...new Map(about.map((fact) => [fillPrompt(fact.prompt, fact.subject).text, fact])).values()];
    if (prompts.length === 0)
      throw new EmendError('not-found', `No fact about ${JSON.stringify(subject)} was ever changed.`, `See: emend facts ${model.name}`);
    const courses = await Promise.all(
      prompts.map((fact) => app.call('courses.fact', { model: model.id, subject: fact.subject, prompt: fact.prompt })),
    );
    for (const { question, chances } of courses) {
      out.heading(oneLine(question));
      if (chances.length === 0) out.line('No entry measured it.');
      else out.table([['entry', 'version', 'answer', 'probability', ''], ...chances.map(chanceRow)], { heading: true, right: [0, 3] });
    }
    return { courses };
  },
});

/** A row an entry, a column a measure that any of them has; an empty cell was not measured. */
function measureRows(all: readonly MeasuredOnce[]): string[][] {
  const found = new Set(all.flatMap(({ checks }) => checks.map((check) => check.name)));
  const names = [...measureNames().filter((name) => found.has(name)), ...[...found].filter((name) => !isMeasure(name))];
  return [
    ['entry', 'version', 'by', 'facts', ...names],
    ...all.map(({ entry, version, kind, suite, facts, checks }) => [
      String(entry),
      short(version),
      suite === undefined ? kind : `${kind}: ${suite}`,
      facts === 0 ? '' : String(facts),
      ...names.map((name) => {
        const check = checks.find((one) => one.name === name);
        return check === undefined ? '' : measured(name, check.value);
      }),
    ]),
  ];
}

function chanceRow({ entry, version, answer, probability }: ChanceOnce): string[] {
  const bar = '━'.repeat(Math.round(probability * BAR));
  return [String(entry), short(version), shorten(oneLine(answer), 40), percent(probability), bar];
}
