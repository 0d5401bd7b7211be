import { extname } from 'node:path';
import { CHECK_VERDICTS, FACT_STATES, type FactChange, type FactFilter } from '../../../shared/contract/fact-history.ts';
import { fillPrompt } from '../../../shared/fact.ts';
import { REVIEW_STATES } from '../../../shared/reviews.ts';
import { newFile } from '../../services/outputs.ts';
import { defineCommand } from '../command.ts';
import { counted, minute } from '../format/ids.ts';
import { size } from '../format/numbers.ts';
import type { Style } from '../format/style.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { choice, flag, integer, orElse, text } from '../options.ts';
import { timeOf } from '../times.ts';
import { UsageError } from '../usage.ts';

const FORMATS = ['csv', 'json', 'html'] as const;

export const facts = defineCommand({
  name: 'facts',
  summary: 'List every fact that was changed: from what to what, by whom, how checked, reviewed, in force or not',
  positionals: [LIBRARY_MODEL],
  options: {
    state: choice(FACT_STATES, 'Only facts in force, replaced by a later one, or taken out'),
    review: choice(REVIEW_STATES, 'Only facts whose version was approved, rejected, or waits for a review'),
    checks: choice(CHECK_VERDICTS, 'Only facts of edits whose checks passed, failed, or that have none'),
    author: text('NAME', 'Only facts that this author changed'),
    from: text('TIME', 'Not before this time, such as 2026-03-01 or 2026-03-01T09:30 (UTC)'),
    to: text('TIME', 'Before this time'),
    text: text('WORDS', 'Only facts in which all these words occur'),
    limit: orElse(integer('N', 'How many to list', { min: 1, max: 1000 }), 50),
    export: text('FILE', 'Also write all facts that fit, in the format of the ending: .csv, .json or .html'),
    force: flag('Replace that file when it is there'),
  },
  examples: [
    ['emend facts atlas', 'The newest changes'],
    ['emend facts atlas --state "in force" --review none', 'What is in force and nobody has reviewed'],
    ['emend facts atlas --from 2026-03-01 --export facts.html', 'A page to print'],
  ],
  async run({ limit, export: file, force, from, to, ...rest }, [name], context) {
    const { out, follow } = context;
    const target = file === undefined ? undefined : { format: formatOf(file), path: newFile(file, force) };
    const times = { from: timeOf(from, '--from'), to: timeOf(to, '--to') };
    const filter: FactFilter = Object.fromEntries(Object.entries({ ...rest, ...times }).filter(([, value]) => value !== undefined));
    const { app, model } = await libraryModel(context, name!, { readOnly: true });
    const listed = await app.call('facts.list', { model: model.id, filter, limit });
    if (listed.facts.length === 0) out.line(listed.all > 0 ? `No fact of ${model.name} fits.` : `No fact of ${model.name} was changed.`);
    else
      out.table(
        [
          ['fact', 'before', 'after', 'time (UTC)', 'by', 'checks', 'review', 'now', 'entry'],
          ...listed.facts.map((fact) => rowOf(fact, out.style)),
        ],
        { heading: true, right: [8] },
      );
    if (listed.total > listed.facts.length) out.line(out.style.dim(`${listed.facts.length} of ${listed.total}; --limit shows more.`));
    if (target === undefined) return listed;
    const { format, path } = target;
    const written = await app.run(
      'facts.export',
      { model: model.id, filter, format, destination: app.grants.grant(path, 'write').handle },
      follow,
    );
    out.line(`${counted(written.rows, 'fact')}, ${size(written.bytes)}, written to ${written.path}`);
    return { ...listed, export: { format, path: written.path, rows: written.rows, bytes: written.bytes } };
  },
});

function rowOf(fact: FactChange, style: Style): string[] {
  return [
    shorten(oneLine(fillPrompt(fact.prompt, fact.subject).text), 60),
    shorten(oneLine(fact.from ?? ''), 24),
    shorten(oneLine(fact.to), 24),
    minute(fact.time),
    oneLine(fact.author),
    { passed: style.good('passed'), failed: style.bad('failed'), none: 'none' }[fact.checks],
    { approved: style.good('approved'), rejected: style.bad('rejected'), none: 'not yet' }[fact.review],
    fact.by === undefined ? fact.state : `${fact.state}, entry ${fact.by}`,
    String(fact.entry),
  ];
}

function formatOf(file: string): (typeof FORMATS)[number] {
  const ending = extname(file).slice(1).toLowerCase();
  const format = FORMATS.find((one) => one === ending);
  if (format === undefined)
    throw new UsageError(
      `--export is ${JSON.stringify(file)}; expected a name that ends in ${FORMATS.map((one) => `.${one}`).join(', ')}.`,
      'Write --export facts.csv.',
    );
  return format;
}
