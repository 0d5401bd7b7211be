import * as v from 'valibot';
import { EditReportSchema, type EditReport } from '../../shared/contract/edits.ts';
import { EmendError } from '../../shared/errors.ts';
import { FactSchema, type Fact } from '../../shared/fact.ts';
import type { BlobRef, FactBrief } from '../ledger/bodies.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { partsOf, type Version } from '../ledger/versions.ts';

// What services read out of a ledger's blobs and entries.

/** The report that a blob holds. */
export async function readReport(ledger: Ledger, ref: BlobRef | undefined): Promise<EditReport> {
  if (!ref) throw new EmendError('not-found', 'There is no report with this.', 'Edits recorded by this release have one.');
  return v.parse(EditReportSchema, JSON.parse(Buffer.from(await ledger.blobs.read(ref)).toString('utf8')));
}

const FactSetSchema = v.object({ facts: v.array(FactSchema) });

/** The facts of an edit with all that they were checked by. */
export async function readFactSet(ledger: Ledger, ref: BlobRef): Promise<Fact[]> {
  return v.parse(FactSetSchema, JSON.parse(Buffer.from(await ledger.blobs.read(ref)).toString('utf8'))).facts;
}

/** The facts that an entry wrote, with what they are checked by; none where it is of a kind that writes none. */
export async function factSetOf(ledger: Ledger, seq: number): Promise<Fact[]> {
  const entry = ledger.entry(seq);
  return 'factSet' in entry.body ? readFactSet(ledger, entry.body.factSet) : [];
}

/** The facts that the edits of a version wrote. */
export async function factsOfVersion(ledger: Ledger, version: Version): Promise<Fact[]> {
  return (await Promise.all(partsOf(version).map((part) => factSetOf(ledger, part.entry)))).flat();
}

/** A fact with the entry of the edit that wrote it. */
export type WrittenFact = FactBrief & { readonly entry: number };

/** Facts that the edits of a version wrote, the later before the earlier; of the current version when none is named. */
export function factsInForce(ledger: Ledger, version?: Version): WrittenFact[] {
  if (ledger.history.isEmpty) return [];
  return partsOf(version ?? ledger.history.current)
    .reverse()
    .flatMap((part) => {
      const { body } = ledger.entry(part.entry);
      return 'facts' in body ? body.facts.map((fact) => ({ ...fact, entry: part.entry })) : [];
    });
}
