import type { Entry } from '../../ledger/entries.ts';
import { toldBy } from '../../ledger/kinds/index.ts';
import type { Row } from '../../ledger/log-index.ts';
import type { LogTable } from './log-html.ts';

/** The log as a table: one row an entry, one column a field that people ask for. */
export function logTable(rows: readonly Row[], entries: readonly Entry[]): LogTable {
  const columns = [
    'entry',
    'time',
    'author',
    'kind',
    'reason',
    'version',
    'method',
    'about',
    'facts',
    'checks',
    'result',
    'changed tensors',
    'app',
    'engine',
    'previous hash',
    'hash',
  ];
  return {
    columns,
    rows: rows.map((row, at) => {
      const entry = entries[at]!;
      const { body, prev, app, engine } = entry;
      const facts =
        'facts' in body
          ? body.facts.map(
              (fact) =>
                `${fact.prompt.replace('{}', () => fact.subject)} ` +
                `${fact.previousTarget === undefined ? '' : `${fact.previousTarget} → `}${fact.target}`,
            )
          : [];
      const checks = 'checks' in body ? body.checks.map((check) => `${check.name} ${Number(check.value.toPrecision(4))}`) : [];
      const changed = 'changed' in body ? body.changed.map((one) => `${one.tensor} ${one.after}`) : [];
      return [
        String(row.seq),
        row.time,
        row.author,
        row.kind,
        row.reason,
        row.version ?? '',
        row.method ?? '',
        toldBy(entry).about?.join(' → ') ?? '',
        facts.join('; '),
        checks.join('; '),
        row.verdict === 'none' ? '' : row.verdict,
        changed.join('; '),
        app,
        engine,
        prev,
        row.hash,
      ];
    }),
  };
}
