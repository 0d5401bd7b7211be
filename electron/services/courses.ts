import type { ChanceOnce, MeasuredOnce } from '../../shared/contract/courses.ts';
import { fillPrompt } from '../../shared/fact.ts';
import { given } from '../../shared/given.ts';
import { kindInfo } from '../../shared/kinds.ts';
import { addsPart, type Entry } from '../ledger/entries.ts';
import { toldBy } from '../ledger/kinds/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { chances } from './edit-report.ts';
import { readCheckReport } from './evidence/blobs.ts';
import { readReport } from './library-record.ts';
import type { Services, Surroundings } from './surroundings.ts';

/** What was measured over the versions of a model, as its record tells it. */
export function courseService({ models }: Surroundings): Pick<Services, 'courses.measures' | 'courses.fact'> {
  return {
    'courses.measures': async ({ model }) => ({ measured: measuredIn((await models.recorded(model)).ledger) }),
    'courses.fact': async ({ model, ...asked }) => {
      const { ledger } = await models.recorded(model);
      return { question: question(asked), chances: await chancesOf(ledger, asked) };
    },
  };
}

/** Every check that entries hold, the oldest first. */
export function measuredIn(ledger: Ledger): MeasuredOnce[] {
  return ledger.entries.flatMap((entry): MeasuredOnce[] => {
    const { checks = [] } = toldBy(entry);
    const { body } = entry;
    if (checks.length === 0 || !('version' in body)) return [];
    return [
      {
        entry: entry.seq,
        kind: entry.kind,
        version: body.version,
        // A part is held against the version that it was made for, everything else against the import.
        against: addsPart(entry) ? entry.body.parent : ledger.history.find('base').id,
        facts: measuredFacts(entry, ledger).length,
        ...given({ suite: 'suite' in body ? body.suite : undefined }),
        checks: checks.map((check) => ({ ...check })),
      },
    ];
  });
}

/** How likely answers to a question were, wherever an entry measured a fact that asks it. */
export async function chancesOf(ledger: Ledger, asked: Asked): Promise<ChanceOnce[]> {
  const isAsked = (fact: Asked) => question(fact) === question(asked);
  const entries = ledger.entries.filter((entry) => measuredFacts(entry, ledger).some(isAsked));
  return (await Promise.all(entries.map((entry) => measuredBy(entry, ledger, isAsked)))).flat();
}

interface Asked {
  readonly subject: string;
  readonly prompt: string;
}

function question({ prompt, subject }: Asked): string {
  return fillPrompt(prompt, subject).text;
}

/** The facts that an entry's checks are of: those that it names, and of a revert those of the edits above the one taken out. */
function measuredFacts(entry: Entry, ledger: Ledger): readonly Asked[] {
  const later = 'later' in entry.body ? entry.body.later.flatMap((seq) => toldBy(ledger.entry(seq)).facts ?? []) : [];
  return toldBy(entry).facts ?? later;
}

async function measuredBy({ seq, kind, body }: Entry, ledger: Ledger, isAsked: (fact: Asked) => boolean): Promise<ChanceOnce[]> {
  const report = 'evidence' in body ? body.evidence['report'] : undefined;
  if (!report || !('version' in body)) return [];
  const found = (
    version: string,
    { target, previousTarget }: { readonly target: string; readonly previousTarget?: string | undefined },
    { wanted, previous }: ReturnType<typeof chances>,
  ): ChanceOnce[] => [
    ...(wanted === undefined ? [] : [{ entry: seq, version, answer: target, probability: wanted }]),
    ...(previous === undefined || previousTarget === undefined
      ? []
      : [{ entry: seq, version, answer: previousTarget, probability: previous }]),
  ];
  if (kindInfo(kind).report === 'edit') {
    const { facts, parent } = await readReport(ledger, report);
    return facts
      .filter(({ fact }) => isAsked(fact))
      .flatMap(({ fact, rewrite }) => [...found(parent, fact, rewrite.before), ...found(body.version, fact, rewrite.after)]);
  }
  const { records } = await readCheckReport(ledger.blobs, report);
  return records.filter(({ fact }) => isAsked(fact)).flatMap(({ fact, rewrite }) => found(body.version, fact, chances(rewrite)));
}
