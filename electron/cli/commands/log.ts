import { extname } from 'node:path';
import { type Filter, KindSchema, type Row } from '../../../shared/contract/audit.ts';
import { REVIEW_STATES } from '../../../shared/reviews.ts';
import { newFile } from '../../services/outputs.ts';
import { defineCommand } from '../command.ts';
import { counted, minute, short } from '../format/ids.ts';
import { size } from '../format/numbers.ts';
import { shorten } from '../format/table.ts';
import { oneLine } from '../format/text.ts';
import { LIBRARY_MODEL, libraryModel } from '../named.ts';
import { choice, choices, flag, integer, orElse, text, type Values } from '../options.ts';
import { timeOf } from '../times.ts';
import { UsageError } from '../usage.ts';

const FORMATS = ['csv', 'json', 'html'] as const;
type Format = (typeof FORMATS)[number];

const logOptions = {
  kind: choices(KindSchema.options, 'Only entries of these kinds'),
  author: text('NAME', 'Only entries of this author'),
  subject: text('TEXT', 'Only entries with facts about this, in whole or in part'),
  relation: text('TEXT', 'Only entries with facts of this relation'),
  method: text('NAME', 'Only entries by this method'),
  result: choice(['passed', 'failed', 'none'], 'Only entries whose checks passed, failed, or that have none'),
  review: choice(REVIEW_STATES, 'Only entries whose version was approved, rejected, or waits for a review'),
  from: text('TIME', 'Not before this time, such as 2026-03-01 or 2026-03-01T09:30 (UTC)'),
  to: text('TIME', 'Before this time'),
  text: text('WORDS', 'Only entries in which all these words occur'),
  limit: orElse(integer('N', 'How many to list', { min: 1, max: 1000 }), 50),
  oldest: flag('The oldest first'),
  csv: text('FILE', 'Also write all entries that fit to this file, as a table'),
  html: text('FILE', '… as a page to read or print'),
  export: text('FILE', '… in the format of its ending: .csv, .json or .html'),
  force: flag('Replace these files when they are there'),
};
type LogValues = Values<typeof logOptions>;

export const log = defineCommand({
  name: 'log',
  summary: 'List what happened to a model, and write the list to a file',
  positionals: [LIBRARY_MODEL],
  options: logOptions,
  examples: [
    ['emend log atlas', 'The newest entries'],
    ['emend log atlas --kind edit,revert --subject "Tower Bridge"', 'What was done about one subject'],
    ['emend log atlas --from 2026-01-01 --html audit.html', 'A report of this year'],
  ],
  async run(values, [name], context) {
    const { out, follow } = context;
    const files = filesAsked(values).map(({ format, file }) => ({ format, path: newFile(file, values.force) }));
    const filter = filterOf(values);
    const { app, model } = await libraryModel(context, name!, { readOnly: true });
    const listed = await app.call('audit.list', { model: model.id, filter, limit: values.limit });
    if (listed.rows.length === 0)
      out.line(listed.total === 0 && model.entries > 0 ? `No entry of ${model.name} fits.` : `${model.name} has no entry.`);
    else
      out.table(
        [['entry', 'time (UTC)', 'what', 'version', 'by', 'checks', 'review', 'about'], ...listed.rows.map((row) => rowOf(row, out.style))],
        { heading: true, right: [0] },
      );
    if (listed.total > listed.rows.length) out.line(out.style.dim(`${listed.rows.length} of ${listed.total}; --limit shows more.`));
    const exports = [];
    for (const { format, path } of files) {
      const written = await app.run(
        'audit.export',
        { model: model.id, format, filter, destination: app.grants.grant(path, 'write').handle },
        follow,
      );
      out.line(`${counted(written.rows, 'entry', 'entries')}, ${size(written.bytes)}, written to ${written.path}`);
      exports.push({ format, path: written.path, rows: written.rows, bytes: written.bytes });
    }
    return exports.length === 0 ? listed : { ...listed, exports };
  },
});

/** What the options ask for, as the contract has it. @throws UsageError for a time that is none */
export function filterOf({
  kind,
  author,
  subject,
  relation,
  method,
  result,
  review,
  from,
  to,
  text: words,
  oldest,
}: Pick<
  LogValues,
  'kind' | 'author' | 'subject' | 'relation' | 'method' | 'result' | 'review' | 'from' | 'to' | 'text' | 'oldest'
>): Filter {
  const given = {
    kinds: kind && [...kind],
    author,
    subject,
    relation,
    method,
    verdict: result,
    review,
    from: timeOf(from, '--from'),
    to: timeOf(to, '--to'),
    text: words,
    order: oldest ? ('oldest' as const) : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function filesAsked(values: LogValues): { format: Format; file: string }[] {
  return [
    ...(values.csv === undefined ? [] : [{ format: 'csv' as const, file: values.csv }]),
    ...(values.html === undefined ? [] : [{ format: 'html' as const, file: values.html }]),
    ...(values.export === undefined ? [] : [{ format: formatOf(values.export), file: values.export }]),
  ];
}

function formatOf(file: string): Format {
  const ending = extname(file).slice(1).toLowerCase();
  const format = FORMATS.find((one) => one === ending);
  if (format === undefined)
    throw new UsageError(
      `--export is ${JSON.stringify(file)}; expected a name that ends in ${FORMATS.map((one) => `.${one}`).join(', ')}.`,
      'Write --export audit.csv.',
    );
  return format;
}

function rowOf(row: Row, style: { good(text: string): string; bad(text: string): string }): string[] {
  const checks = { passed: style.good('passed'), failed: style.bad('failed'), none: '' }[row.verdict];
  const about = [row.about, row.reason].filter((part) => part !== '').join(': ');
  return [
    String(row.seq),
    minute(row.time),
    row.method === undefined ? row.kind : `${row.kind} (${row.method})`,
    row.version === undefined ? '' : short(row.version),
    oneLine(row.author),
    checks,
    row.review === undefined ? '' : { approved: style.good('approved'), rejected: style.bad('rejected'), none: 'not yet' }[row.review],
    shorten(oneLine(about), 80),
  ];
}
