import type { FactChange, FactFilter } from '../../shared/contract/fact-history.ts';
import { verdictOf } from '../../shared/checks.ts';
import { EmendError } from '../../shared/errors.ts';
import { fillPrompt } from '../../shared/fact.ts';
import { given } from '../../shared/given.ts';
import { kindInfo } from '../../shared/kinds.ts';
import { reviewState, standing } from '../../shared/reviews.ts';
import { addsPart, type Entry } from '../ledger/entries.ts';
import { takenOutBy, toldBy } from '../ledger/kinds/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { partsOf } from '../ledger/versions.ts';
import { writeDurably } from '../storage/durable.ts';
import { explained } from '../storage/file-errors.ts';
import { disk } from '../storage/files.ts';
import { factsCsv, factsHtml } from './attest/facts-documents.ts';
import { filterWords } from './logged.ts';
import { version as appVersion } from './models.ts';
import type { Services, Surroundings } from './surroundings.ts';

/** Every fact that was ever changed, as an auditor asks for it. */
export function factHistoryService({ models, jobs, grants, print }: Surroundings): Pick<Services, 'facts.list' | 'facts.export'> {
  return {
    'facts.list': async ({ model: name, filter, offset, limit }) => {
      const all = factHistory((await models.recorded(name)).ledger);
      const found = all.filter(fits(filter)).reverse();
      return {
        total: found.length,
        all: all.length,
        authors: [...new Set(all.map(({ author }) => author))].sort(),
        facts: found.slice(offset, offset + limit),
      };
    },
    'facts.export': async ({ model: name, filter, format, destination }) => {
      const model = await models.recorded(name);
      const path = grants.target(destination);
      if (format === 'pdf' && !print)
        throw new EmendError('unsupported', 'This host cannot print a PDF.', 'Export HTML and print it, or use the desktop application.');
      return {
        job: jobs.start('facts.export', `Export the facts of ${model.name}`, model.id, async (control) => {
          const facts = factHistory(model.ledger).filter(fits(filter));
          const about = {
            model: model.name,
            filter: filterWords(filter),
            head: model.ledger.head,
            app: appVersion(),
            time: new Date().toISOString(),
          };
          const write: Readonly<Record<typeof format, () => string | Promise<Uint8Array>>> = {
            csv: () => factsCsv(facts),
            json: () => `${JSON.stringify(facts, null, 2)}\n`,
            html: () => factsHtml(facts, about),
            pdf: () => print!(factsHtml(facts, about)),
          };
          const content = await write[format]();
          const bytes = typeof content === 'string' ? Buffer.from(content) : content;
          control.check();
          await writeDurably(explained(disk), path, bytes);
          return { path, handle: destination, rows: facts.length, bytes: bytes.length };
        }),
      };
    },
  };
}

/** The facts that entries wrote, the oldest first. */
export function factHistory(ledger: Ledger): FactChange[] {
  const inForce = new Set(ledger.history.isEmpty ? [] : partsOf(ledger.history.current).map(({ entry }) => entry));
  const out = takenOut(ledger);
  const edits = ledger.entries.filter(addsPart).filter((entry) => (toldBy(entry).facts ?? []).length > 0);
  const later = laterChecks(ledger);
  /** The last fact in force that answers a question. */
  const last = new Map<string, number>();
  for (const entry of edits) if (inForce.has(entry.seq)) for (const fact of toldBy(entry).facts ?? []) last.set(question(fact), entry.seq);
  return edits.flatMap((entry) => {
    const { seq, hash, time, author, reason, body } = entry;
    const { facts = [], checks = [] } = toldBy(entry);
    const reviews = standing(ledger.history.reviews(body.version)).map((review) => ({ ...review }));
    return facts.map((fact): FactChange => {
      const newest = last.get(question(fact));
      const isIn = inForce.has(seq);
      const replacedBy = isIn && newest !== undefined && newest !== seq ? newest : undefined;
      return {
        subject: fact.subject,
        prompt: fact.prompt,
        ...given({ relation: fact.relation, from: fact.previousTarget }),
        to: fact.target,
        entry: seq,
        hash,
        time,
        author,
        reason,
        method: body.method,
        version: body.version,
        checks: verdictOf(checks),
        checkedLater: (later.get(answered(fact)) ?? []).filter((check) => check.entry > seq),
        review: reviewState(reviews),
        reviews,
        state: replacedBy !== undefined ? 'replaced' : isIn ? 'in force' : 'taken out',
        ...given({ by: replacedBy ?? (isIn ? undefined : out.get(seq)) }),
      };
    });
  });
}

interface Asked {
  readonly subject: string;
  readonly prompt: string;
}

function question({ prompt, subject }: Asked): string {
  return fillPrompt(prompt, subject).text;
}

/** A question with its answer: a check of another answer to it is none of this fact. */
function answered(fact: Asked & { readonly target: string }): string {
  return `${question(fact)}\n${fact.target}`;
}

/** Checks that were made of facts apart from the edit that wrote them. */
function laterChecks(ledger: Ledger): ReadonlyMap<string, FactChange['checkedLater']> {
  const found = new Map<string, FactChange['checkedLater']>();
  for (const entry of ledger.entries) {
    const { facts = [], checks = [] } = addsPart(entry) ? {} : toldBy(entry);
    for (const fact of checks.length > 0 ? facts : [])
      found.set(answered(fact), [...(found.get(answered(fact)) ?? []), { entry: entry.seq, verdict: verdictOf(checks) }]);
  }
  return found;
}

/** For each part that is out: the entry that took it out last. */
function takenOut(ledger: Ledger): ReadonlyMap<number, number> {
  const out = new Map<number, number>();
  let present = new Set<number>();
  for (const { entry: seq, version } of ledger.history.moments) {
    const entry: Entry = ledger.entry(seq);
    const taken = takenOutBy(entry);
    if (taken !== undefined) {
      present.delete(taken);
      out.set(taken, seq);
    } else if (kindInfo(entry.kind).version === 'goes back') {
      const next = new Set(partsOf(version).map((part) => part.entry));
      for (const part of present) if (!next.has(part)) out.set(part, seq);
      present = next;
    } else if (addsPart(entry)) present.add(seq);
  }
  return out;
}

function fits({ from, to, author, state, review, checks, text = '' }: FactFilter): (fact: FactChange) => boolean {
  const words = folded(text)
    .split(/\s+/)
    .filter((word) => word !== '');
  return (fact) => {
    const said = () => folded([question(fact), fact.from ?? '', fact.to, fact.relation ?? '', fact.reason, fact.author].join('\n'));
    return (
      (from === undefined || fact.time >= from) &&
      (to === undefined || fact.time < to) &&
      (author === undefined || folded(fact.author) === folded(author)) &&
      (state === undefined || fact.state === state) &&
      (review === undefined || fact.review === review) &&
      (checks === undefined || fact.checks === checks) &&
      words.every((word) => said().includes(word))
    );
  };
}

/** Without regard to case and to how accents are composed. */
function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
